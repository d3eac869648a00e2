//! `GET /directory/…`: projects by id, by path and by a path that they had, and what lies below a group.

use jiff::{SignedDuration, Timestamp};
use proto::{DirectoryGroup, DirectoryProject, GroupId, ProjectId};
use runtime::jetstream::directory::News;
use serde_json::{Value, json};

use crate::{
    staff::Staffed,
    stage::{ACME, BLOG, SHOP, Stage},
};

/// A group below that of the projects.
const WEB: u64 = 11;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}

async fn project(stage: &Stage, id: u64, path: &str, group: u64, seconds: i64) {
    let shown = DirectoryProject {
        group: Some(GroupId(group)),
        ..DirectoryProject::shown(ProjectId(id), path, at(seconds))
    };
    let directory = &stage.runtime.jetstream.directory;
    directory.learn_project(ProjectId(id), &News::shown(shown)).await.unwrap();
}

async fn group(stage: &Stage, id: u64, path: &str, parent: Option<u64>) {
    let shown =
        DirectoryGroup { parent: parent.map(GroupId), ..DirectoryGroup::shown(GroupId(id), path, at(0)) };
    let directory = &stage.runtime.jetstream.directory;
    directory.learn_group(GroupId(id), &News::shown(shown)).await.unwrap();
}

/// Two groups, and projects in both.
pub(crate) async fn place(stage: &Stage) {
    group(stage, ACME, "acme", None).await;
    group(stage, WEB, "acme/web", Some(ACME)).await;
    project(stage, BLOG, "acme/web/blog", WEB, 0).await;
    project(stage, SHOP, "acme/shop", ACME, 0).await;
}

async fn placed() -> Staffed {
    let staffed = Staffed::start().await;
    place(&staffed.stage).await;
    staffed.until_seen("/directory/projects/7", |body| body["path"] == "acme/shop").await;
    staffed
}

fn ids(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_directory_is_for_people() {
    let staffed = Staffed::start().await;
    staffed.is_for_people("/directory/projects/7").await;
    staffed.is_for_people("/directory/groups/10/projects").await;
}

#[tokio::test]
async fn a_project_is_found_by_id_by_path_and_by_a_path_that_it_had() {
    let staffed = placed().await;
    let body = staffed.see("/directory/projects/7").await.body;
    assert_eq!(
        body,
        json!({
            "id": 7, "path": "acme/shop", "group": 10, "group_path": "acme", "visibility": "private",
            "archived": false, "presence": "present", "previous": [], "as_of": at(0), "missed": null,
            "destroyed": false, "found_by": "id",
        })
    );
    assert_eq!(staffed.see("/directory/projects/Acme%2FShop").await.body["found_by"], "path");
    project(&staffed.stage, SHOP, "acme/web/store", WEB, 1).await;
    let moved = staffed
        .until_seen("/directory/projects/acme%2Fshop", |body| body["found_by"] == "previous_path")
        .await;
    assert_eq!(
        (&moved.body["path"], &moved.body["group_path"]),
        (&"acme/web/store".into(), &"acme/web".into())
    );
    assert_eq!(moved.body["previous"], json!([{ "path": "acme/shop", "until": at(1) }]));
    for nothing in ["9", "acme", "acme%2Fshop%2F..", "-1"] {
        staffed
            .see(&format!("/directory/projects/{nothing}"))
            .await
            .is_problem(404, "nothing is known of a project");
    }
}

#[tokio::test]
async fn what_gitlab_does_not_show_any_more_is_told_with_its_last_path() {
    let staffed = placed().await;
    let directory = &staffed.stage.runtime.jetstream.directory;
    let missed = News { destroyed: true, ..News::missed(at(5), None) };
    directory.learn_project(ProjectId(SHOP), &missed).await.unwrap();
    let gone = staffed.until_seen("/directory/projects/7", |body| body["presence"] == "gone").await.body;
    assert_eq!((&gone["path"], &gone["missed"]), (&"acme/shop".into(), &json!(at(5))));
}

#[tokio::test]
async fn the_projects_of_a_group_come_in_pages_with_or_without_those_below() {
    let staffed = placed().await;
    let own = staffed.see("/directory/groups/acme/projects").await.body;
    assert_eq!((ids(&own), &own["next"], &own["group"]["path"]), (vec![7], &Value::Null, &"acme".into()));
    let first = staffed.see("/directory/groups/10/projects?below=true&limit=1").await.body;
    assert_eq!((ids(&first), &first["next"]), (vec![7], &7.into()));
    let second = staffed.see("/directory/groups/10/projects?below=true&limit=1&after=7").await.body;
    assert_eq!((ids(&second), &second["next"]), (vec![8], &Value::Null));
    assert_eq!(ids(&staffed.see("/directory/groups/acme%2Fweb/projects").await.body), [8]);
    staffed.see("/directory/groups/12/projects").await.is_problem(404, "nothing is known of a group");
    staffed.see("/directory/groups/10/projects?limit=101").await.is_problem(400, "limit");
    staffed.see("/directory/groups/10/projects?page=1").await.is_problem(400, "unknown field `page`");
}

#[tokio::test]
async fn while_nats_server_is_away_what_is_in_memory_is_told_and_what_comes_after_it_is_seen() {
    let mut staffed = placed().await;
    staffed.stage.stop_nats().await;
    assert_eq!(staffed.see("/directory/projects/7").await.body["path"], "acme/shop");
    staffed.stage.start_nats().await;
    project(&staffed.stage, SHOP, "acme/store", ACME, 1).await;
    staffed.until_seen("/directory/projects/7", |body| body["path"] == "acme/store").await;
}
