//! Pushes, tags, merge requests.

use serde_json::{Value, json};

use super::super::events::{Ref, merged};
use super::super::world::World;
use super::{COMMIT, DAY, PARENT, Sample, Stage, ZEROS};

pub(super) fn all(stage: &Stage<'_>) -> Vec<Sample> {
    let sample = |name, header, event, body| Sample { name, header, event: Some(event), body };
    vec![
        sample("push", "Push Hook", "push_events", pushed(stage, Ref::Branch("main"))),
        sample("tag_push", "Tag Push Hook", "tag_push_events", pushed(stage, Ref::Tag("v1.0.0"))),
        sample("merge_request", "Merge Request Hook", "merge_requests_events", requested(stage, 1, "cart")),
    ]
}

pub(in super::super) fn push(world: &World, project: u64, user: u64, to: Ref<'_>) -> Option<Value> {
    Some(pushed(&Stage::of(world, project, user)?, to))
}

pub(in super::super) fn merge_request(
    world: &World,
    project: u64,
    user: u64,
    number: u64,
    branch: &str,
) -> Option<Value> {
    Some(requested(&Stage::of(world, project, user)?, number, branch))
}

/// One event for all branches and tags of a push.
pub(in super::super) fn repository_update(
    world: &World,
    project: u64,
    user: u64,
    refs: &[Ref<'_>],
) -> Option<Value> {
    let stage = Stage::of(world, project, user)?;
    let user = stage.user;
    let change = |to: &Ref<'_>| json!({ "before": before(*to), "after": COMMIT, "ref": to.full() });
    let names: Vec<String> = refs.iter().map(|to| to.full()).collect();
    Some(json!({
        "event_name": "repository_update", "user_id": user.id, "user_name": user.name, "user_email": user.email,
        "user_avatar": null, "project_id": project, "project": stage.project(),
        "changes": refs.iter().map(change).collect::<Vec<_>>(), "refs": names,
    }))
}

/// A tag is new, a branch goes on.
fn before(to: Ref<'_>) -> &'static str {
    match to {
        Ref::Branch(_) => PARENT,
        Ref::Tag(_) => ZEROS,
    }
}

pub(super) fn pushed(stage: &Stage<'_>, to: Ref<'_>) -> Value {
    let user = stage.user;
    let kind = match to {
        Ref::Branch(_) => "push",
        Ref::Tag(_) => "tag_push",
    };
    let mut commit = stage.commit();
    if let Some(fields) = commit.as_object_mut() {
        for (name, files) in [("added", json!(["cart.rs"])), ("modified", json!([])), ("removed", json!([]))]
        {
            fields.insert(name.to_owned(), files);
        }
    }
    json!({
        "object_kind": kind, "event_name": kind, "before": before(to), "after": COMMIT, "ref": to.full(),
        "ref_protected": true, "checkout_sha": COMMIT, "message": null, "user_id": user.id, "user_name": user.name,
        "user_username": user.username, "user_email": "", "user_avatar": null, "project_id": stage.project.id,
        "project": stage.project(), "repository": stage.repository(), "commits": [commit],
        "total_commits_count": 1, "push_options": {},
    })
}

pub(super) fn requested(stage: &Stage<'_>, number: u64, branch: &str) -> Value {
    let doing =
        json!({ "url": stage.link(&format!("merge_requests/{number}")), "labels": [], "action": "open" });
    json!({
        "object_kind": "merge_request", "event_type": "merge_request", "user": stage.user(),
        "project": stage.project(), "repository": stage.repository(), "labels": [], "changes": {}, "assignees": [],
        "reviewers": [], "object_attributes": merged([attributes(stage, number, branch), doing]),
    })
}

/// The merge request itself, as notes on it show it as well.
pub(super) fn attributes(stage: &Stage<'_>, number: u64, branch: &str) -> Value {
    json!({
        "id": number + 9_000, "iid": number, "target_branch": "main", "source_branch": branch,
        "source_project_id": stage.project.id, "target_project_id": stage.project.id,
        "author_id": stage.user.id, "assignee_ids": [], "reviewer_ids": [], "title": "Add the cart",
        "description": "", "created_at": DAY, "updated_at": DAY, "milestone_id": null, "state": "opened",
        "state_id": 1, "merge_status": "unchecked", "detailed_merge_status": "checking", "draft": false,
        "source": stage.project(), "target": stage.project(), "last_commit": stage.commit(),
    })
}
