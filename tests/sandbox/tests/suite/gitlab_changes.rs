//! Projects and groups that move, and what finds them afterwards.

use reqwest::Method;
use sandbox::GitLab;
use sandbox::gitlab::{HookOwner, Place, level};
use serde_json::{Value, json};

use crate::support::{Api, gitlab};

async fn ground() -> (GitLab, Api) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_group(11, "acme/team");
        world.add_group(20, "acmeist");
        world.add_project(7, "acme/team/shop");
        world.add_project(8, "acmeist/shop");
        world.add_user(101, "ann");
    });
    (gitlab, api)
}

async fn project(api: &Api, path: &str) -> (u16, String) {
    let reply = api.get(&format!("/api/v4/projects/{}", path.replace('/', "%2F"))).await;
    let place = reply.header("location").and_then(|place| place.rsplit('/').next());
    let found = place.map_or_else(|| reply.json()["id"].to_string(), str::to_owned);
    (reply.status, found)
}

#[tokio::test]
async fn all_below_a_group_moves_with_it_and_old_paths_lead_on() {
    let (gitlab, api) = ground().await;
    gitlab.world().rename_group(10, "apex");
    assert_eq!(project(&api, "apex/team/shop").await, (200, "7".to_owned()));
    assert_eq!(project(&api, "acme/team/shop").await, (301, "7".to_owned()));
    assert_eq!(project(&api, "acmeist/shop").await, (200, "8".to_owned()), "only begins alike");
    assert_eq!(project(&api, "Apex/Team/Shop").await, (200, "7".to_owned()), "in any case");
    assert_eq!(project(&api, "ACME/team/shop").await, (301, "7".to_owned()));
    assert_eq!(api.get("/api/v4/groups/11").await.json()["full_path"], "apex/team");
    assert_eq!(api.get("/api/v4/groups/acme").await.status, 404, "groups are not redirected");
    gitlab.world().move_group(11, Some(20));
    assert_eq!(api.get("/api/v4/groups/11").await.json()["parent_id"], 20);
    for old in ["acme/team/shop", "apex/team/shop"] {
        assert_eq!(project(&api, old).await, (301, "7".to_owned()), "{old}");
    }
}

#[tokio::test]
async fn whoever_takes_an_old_path_has_it() {
    let (gitlab, api) = ground().await;
    gitlab.world().rename_project(7, "store");
    assert_eq!(project(&api, "acme/team/shop").await, (301, "7".to_owned()));
    gitlab.world().add_project(9, "acme/team/shop");
    assert_eq!(project(&api, "acme/team/shop").await, (200, "9".to_owned()));
    gitlab.world().delete_project(9);
    assert_eq!(project(&api, "acme/team/shop").await.0, 404, "the redirect does not come back");
}

#[tokio::test]
async fn a_group_does_not_move_below_itself() {
    let (gitlab, _) = ground().await;
    gitlab.world().move_group(10, Some(11));
    assert_eq!(gitlab.world().groups[&10].full_path, "acme");
}

#[tokio::test]
async fn what_is_deleted_takes_all_of_it_along() {
    let (gitlab, api) = ground().await;
    gitlab.change(|world| {
        world.add_member(Place::Project(7), 101, level::DEVELOPER);
        world.add_member(Place::Group(11), 101, level::DEVELOPER);
        world.invite_group(Place::Project(8), 11, level::GUEST);
        world.add_hook(HookOwner::Project(7), "http://127.0.0.1:9/");
        world.start_job_with(7, 101, "glcbt-x");
        world.delete_group(10);
    });
    let world = gitlab.world();
    assert_eq!(world.projects.keys().collect::<Vec<_>>(), [&8]);
    assert_eq!(world.groups.keys().collect::<Vec<_>>(), [&20]);
    assert!(world.memberships.is_empty() && world.links.is_empty() && world.hooks.by_id.is_empty());
    drop(world);
    assert_eq!(api.get("/api/v4/projects/7").await.status, 404);
    assert_eq!(Api::new(gitlab.url(), "glcbt-x").get("/api/v4/job").await.status, 401);
}

#[tokio::test]
async fn a_project_shows_its_namespace_and_what_becomes_of_it() {
    let (gitlab, api) = ground().await;
    gitlab.change(|world| {
        world.archive_project(7);
        world.mark_for_deletion(7, "2030-01-01");
        world.add_project(9, "ann/notes");
    });
    let shop = api.get("/api/v4/projects/7").await.json();
    assert_eq!((&shop["archived"], &shop["marked_for_deletion_on"]), (&json!(true), &json!("2030-01-01")));
    let namespace = |project: &Value| {
        let field = |name: &str| project["namespace"][name].clone();
        [field("id"), field("kind"), field("full_path"), field("parent_id")]
    };
    assert_eq!(namespace(&shop), [json!(11), json!("group"), json!("acme/team"), json!(10)]);
    let notes = api.get("/api/v4/projects/9").await.json();
    assert_eq!(namespace(&notes)[1..], [json!("user"), json!("ann"), Value::Null]);
}

#[tokio::test]
async fn another_end_of_a_membership_is_taken_by_the_api() {
    let (gitlab, api) = ground().await;
    gitlab.world().add_member_until(Place::Group(10), 101, level::DEVELOPER, Some("2030-01-01"));
    let put = async |body: Value| api.json(Method::PUT, "/api/v4/groups/10/members/101", &body).await.json();
    let kept = put(json!({ "access_level": 40 })).await;
    assert_eq!((&kept["access_level"], &kept["expires_at"]), (&json!(40), &json!("2030-01-01")));
    assert_eq!(
        put(json!({ "access_level": 40, "expires_at": "2031-01-01" })).await["expires_at"],
        "2031-01-01"
    );
}
