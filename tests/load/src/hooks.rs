//! Deliveries of webhooks: each tells of another member of a project, one project after the other.

use anyhow::Result;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use crate::post::{Kind, Post};

/// The first project's id.
const FIRST: usize = 1_000_000;

/// So many deliveries about so many projects.
pub(crate) fn posts(secret: &str, count: usize, projects: usize) -> Result<Vec<Post>> {
    (0..count).map(|number| post(secret, number, FIRST + number % projects.max(1))).collect()
}

fn post(secret: &str, number: usize, project: usize) -> Result<Post> {
    let id = format!("hook-{number}");
    let headers = [("x-gitlab-token", secret), ("idempotency-key", &id), ("x-gitlab-event", "System Hook")];
    let header = |(name, value)| anyhow::Ok((HeaderName::from_static(name), HeaderValue::from_str(value)?));
    let body = json!({
        "event_name": "user_add_to_team",
        "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:00Z",
        "access_level": "Developer",
        "project_id": project,
        "project_name": "Shop",
        "project_path": "shop",
        "project_path_with_namespace": format!("acme/shop-{project}"),
        "project_visibility": "private",
        "user_id": number,
        "user_username": format!("person-{number}"),
        "user_name": "A Person",
        "user_email": "person@example.com",
    });
    let headers = headers.into_iter().map(header).collect::<Result<_>>()?;
    Ok(Post { headers, body: body.to_string().into(), kind: Kind::Hook(id) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_delivery_has_an_id_of_its_own_and_the_projects_take_turns() {
        let posts = posts("secret", 10, 3).unwrap();
        let ids: BTreeSet<String> = posts.iter().map(|post| format!("{:?}", post.kind)).collect();
        assert_eq!(ids.len(), 10);
        let text: Vec<String> =
            posts.iter().map(|post| String::from_utf8(post.body.to_vec()).unwrap()).collect();
        let of =
            |id: &str| text.iter().filter(|body| body.contains(&format!("\"project_id\":{id},"))).count();
        assert_eq!(["1000000", "1000001", "1000002", "1000003"].map(of), [4, 3, 3, 0]);
    }
}
