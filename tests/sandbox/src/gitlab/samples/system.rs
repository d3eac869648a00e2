//! Every event of a system hook; the header is the same for all, the body tells which.

use serde_json::{Value, json};

use super::super::events::{GroupEvent, Ref, merged};
use super::super::model::Place;
use super::people::membership;
use super::{MOMENT, Sample, Stage, code};

pub(super) fn all(stage: &Stage<'_>) -> Vec<Sample> {
    let mut samples = [projects(stage), teams(stage), groups(stage), users(stage)].concat();
    samples.extend([
        always("system_member_approval", member_approval(stage)),
        always("system_member_approvals", member_approvals(stage)),
        always(
            "system_without_event_name",
            json!({ "object_kind": "something_new", "object_attributes": {} }),
        ),
    ]);
    samples.extend(repository(stage));
    samples
}

fn always(name: &'static str, body: Value) -> Sample {
    Sample { name, header: "System Hook", event: None, body }
}

/// The names of the events are the names of the samples, with a word in front where a webhook has the same.
fn projects(stage: &Stage<'_>) -> Vec<Sample> {
    let old = Some("elsewhere/before");
    let kinds = [
        ("project_create", None),
        ("project_destroy", None),
        ("project_update", None),
        ("project_rename", old),
        ("project_transfer", old),
    ];
    let sample = |(name, old)| Some(always(name, stage.world.project_event(stage.project.id, name, old)?));
    kinds.into_iter().filter_map(sample).collect()
}

fn teams(stage: &Stage<'_>) -> Vec<Sample> {
    let row = membership(stage, Place::Project(stage.project.id));
    let names = [
        "user_add_to_team",
        "user_remove_from_team",
        "user_update_for_team",
        "user_access_request_to_project",
        "user_access_request_revoked_for_project",
    ];
    let sample = |name| Some(always(name, stage.world.project_member(name, &row, stage.project.id)?));
    names.into_iter().filter_map(sample).collect()
}

fn groups(stage: &Stage<'_>) -> Vec<Sample> {
    let Some(group) = stage.group else { return Vec::new() };
    let row = membership(stage, Place::Group(group.id));
    let member = |(name, event)| Some(always(name, stage.world.group_member(event, &row, group.id)?));
    let members = [
        ("system_user_add_to_group", "user_add_to_group"),
        ("system_user_remove_from_group", "user_remove_from_group"),
        ("system_user_update_for_group", "user_update_for_group"),
        ("system_user_access_request_to_group", "user_access_request_to_group"),
        ("user_access_request_revoked_for_group", "user_access_request_revoked_for_group"),
    ];
    let own = [
        ("group_create", GroupEvent::Create),
        ("group_destroy", GroupEvent::Destroy),
        ("group_rename", GroupEvent::Rename { from: "elsewhere/before" }),
    ];
    let group_sample = |(name, event)| Some(always(name, stage.world.group_event(group.id, event)?));
    own.into_iter().filter_map(group_sample).chain(members.into_iter().filter_map(member)).collect()
}

fn users(stage: &Stage<'_>) -> Vec<Sample> {
    let with = |name, more| Some(always(name, merged([stage.world.user_event(stage.user.id, name)?, more])));
    let key = json!({ "username": stage.user.username, "key": "ssh-ed25519 AAAAC3Nza", "id": 4 });
    let of_key = |name| {
        always(
            name,
            merged([json!({ "event_name": name, "created_at": MOMENT, "updated_at": MOMENT }), key.clone()]),
        )
    };
    let accounts = [
        with("user_create", json!({})),
        with("user_destroy", json!({})),
        with("user_rename", json!({ "old_username": "before" })),
        with("user_failed_login", json!({ "state": "blocked" })),
    ];
    accounts.into_iter().flatten().chain(["key_create", "key_destroy"].map(of_key)).collect()
}

fn repository(stage: &Stage<'_>) -> Vec<Sample> {
    let (project, user) = (stage.project.id, stage.user.id);
    let sample = |name, event, body| Sample { name, header: "System Hook", event: Some(event), body };
    let main = Ref::Branch("main");
    let update = code::repository_update(stage.world, project, user, &[main]);
    vec![
        sample("repository_update", "repository_update_events", update.unwrap_or_default()),
        sample("system_push", "push_events", code::pushed(stage, main)),
        sample("system_tag_push", "tag_push_events", code::pushed(stage, Ref::Tag("v1.0.0"))),
        sample("system_merge_request", "merge_requests_events", code::requested(stage, 1, "cart")),
    ]
}

/// Newer events have no `event_name`, but a kind and an action.
fn member_approval(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "gitlab_subscription_member_approval", "action": "enqueue",
        "object_attributes": { "new_access_level": 30, "old_access_level": 10, "existing_member_id": 123 },
        "user_id": stage.user.id, "requested_by_user_id": stage.user.id, "promotion_namespace_id": 789,
        "created_at": MOMENT, "updated_at": MOMENT,
    })
}

fn member_approvals(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "gitlab_subscription_member_approvals", "action": "approve",
        "object_attributes": { "promotion_request_ids_that_failed_to_apply": [], "status": "success" },
        "reviewed_by_user_id": stage.user.id, "user_id": stage.user.id, "updated_at": MOMENT,
    })
}
