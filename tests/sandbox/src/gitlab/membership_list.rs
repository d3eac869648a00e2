//! Where a person is a member, for administrators: direct memberships alone, not what they amount to.

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::app::{Answer, App, Refusal};
use super::auth::Caller;
use super::events::last;
use super::model::{Membership, Place};
use super::page::{page, param};
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/users/{id}/memberships", get(list))
}

/// The filter `type` takes `Project` or `Namespace`, which is a group.
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<u64>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let world = app.world();
    if !world.is_admin(caller.user) {
        return Err(Refusal::forbidden("403 Forbidden"));
    }
    if !world.users.contains_key(&id) {
        return Err(Refusal::not_found("User"));
    }
    let kind = param(&uri, "type");
    let of_kind =
        |row: &Value| kind.as_ref().is_none_or(|kind| row.get("source_type").is_some_and(|of| *of == **kind));
    let own = world.memberships.iter().filter(|row| row.user == Some(id) && !row.access_request);
    let rows: Vec<Value> = own.filter_map(|row| world.membership_json(row)).filter(of_kind).collect();
    Ok(page(rows, &uri, app.context(&world), Some))
}

impl World {
    fn membership_json(&self, row: &Membership) -> Option<Value> {
        let (id, kind, path) = match row.place {
            Place::Project(id) => (id, "Project", &self.projects.get(&id)?.path_with_namespace),
            Place::Group(id) => (id, "Namespace", &self.groups.get(&id)?.full_path),
        };
        Some(json!({
            "source_id": id, "source_name": last(path), "source_type": kind, "access_level": row.level,
        }))
    }
}
