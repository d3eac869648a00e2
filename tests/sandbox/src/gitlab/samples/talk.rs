//! Issues, notes, pages of the wiki, milestones, reactions.

use serde_json::{Value, json};

use super::super::events::merged;
use super::{COMMIT, DAY, Sample, Stage};

pub(super) fn all(stage: &Stage<'_>) -> Vec<Sample> {
    let sample = |name, header, event, body| Sample { name, header, event: Some(event), body };
    let (issues, secret) = ("issues_events", "confidential_issues_events");
    let request = super::code::attributes(stage, 1, "cart");
    let snippet =
        json!({ "id": 53, "title": "A snippet", "content": "let cart = 1;", "author_id": stage.user.id });
    let notes =
        |name, kind, about| sample(name, "Note Hook", "note_events", note(stage, "note", kind, about));
    vec![
        sample("issue", "Issue Hook", issues, issue(stage, "issue", false)),
        sample(
            "confidential_issue",
            "Confidential Issue Hook",
            secret,
            issue(stage, "confidential_issue", true),
        ),
        sample("work_item", "Issue Hook", issues, work_item(stage)),
        notes("note_on_issue", "Issue", json!({ "issue": attributes(stage, false) })),
        notes("note_on_merge_request", "MergeRequest", json!({ "merge_request": request })),
        notes("note_on_commit", "Commit", json!({ "commit": stage.commit() })),
        notes("note_on_snippet", "Snippet", json!({ "snippet": snippet })),
        sample("confidential_note", "Confidential Note Hook", "confidential_note_events", {
            note(stage, "confidential_note", "Issue", json!({ "issue": attributes(stage, true) }))
        }),
        sample("wiki_page", "Wiki Page Hook", "wiki_page_events", wiki_page(stage)),
        sample("milestone", "Milestone Hook", "milestone_events", milestone(stage)),
        sample("emoji", "Emoji Hook", "emoji_events", emoji(stage)),
    ]
}

fn issue(stage: &Stage<'_>, event_type: &str, confidential: bool) -> Value {
    let doing = json!({ "action": "open", "url": stage.link("issues/23"), "labels": [] });
    json!({
        "object_kind": "issue", "event_type": event_type, "user": stage.user(), "project": stage.project(),
        "object_attributes": merged([attributes(stage, confidential), doing]), "repository": stage.repository(),
        "assignees": [stage.user()], "labels": [], "changes": {},
    })
}

/// Newer kinds of issues, such as tasks.
fn work_item(stage: &Stage<'_>) -> Value {
    let task = json!({ "type": "Task", "action": "open", "url": stage.link("work_items/23"), "labels": [] });
    let attributes = merged([attributes(stage, false), task]);
    let kind = json!({ "object_kind": "work_item", "object_attributes": attributes });
    merged([issue(stage, "work_item", false), kind])
}

fn attributes(stage: &Stage<'_>, confidential: bool) -> Value {
    json!({
        "id": 301, "iid": 23, "title": "The cart is empty", "description": "", "author_id": stage.user.id,
        "project_id": stage.project.id, "assignee_ids": [stage.user.id], "created_at": DAY, "updated_at": DAY,
        "confidential": confidential, "state": "opened", "state_id": 1, "milestone_id": null, "due_date": null,
        "severity": "unknown", "type": "Issue",
    })
}

fn note(stage: &Stage<'_>, event_type: &str, noteable: &str, about: Value) -> Value {
    let commit = (noteable == "Commit").then_some(COMMIT);
    let note = json!({
        "object_kind": "note", "event_type": event_type, "user": stage.user(), "project_id": stage.project.id,
        "project": stage.project(), "repository": stage.repository(), "object_attributes": {
            "id": 1243, "note": "Have a look", "noteable_type": noteable, "author_id": stage.user.id,
            "created_at": DAY, "updated_at": DAY, "project_id": stage.project.id, "commit_id": commit,
            "noteable_id": if commit.is_some() { Value::Null } else { 301.into() }, "system": false,
            "internal": event_type == "confidential_note", "action": "create", "url": stage.link("issues/23#note_1243"),
        },
    });
    merged([note, about])
}

fn wiki_page(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "wiki_page", "user": stage.user(), "project": stage.project(),
        "wiki": { "web_url": stage.link("wikis/home"), "default_branch": "main",
            "path_with_namespace": format!("{}.wiki", stage.project.path_with_namespace) },
        "object_attributes": { "title": "Home", "content": "Welcome", "format": "markdown", "message": "begin",
            "slug": "home", "url": stage.link("wikis/home"), "action": "create", "version_id": COMMIT },
    })
}

fn milestone(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "milestone", "event_type": "milestone", "project": stage.project(), "action": "create",
        "object_attributes": { "id": 61, "iid": 10, "title": "v1.0", "description": "", "state": "active",
            "created_at": DAY, "updated_at": DAY, "due_date": null, "start_date": null, "group_id": null,
            "project_id": stage.project.id },
    })
}

fn emoji(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "emoji", "event_type": "award", "user": stage.user(), "project_id": stage.project.id,
        "project": stage.project(), "issue": attributes(stage, false), "object_attributes": {
            "id": 1, "name": "thumbsup", "user_id": stage.user.id, "awardable_type": "Issue", "awardable_id": 301,
            "created_at": DAY, "updated_at": DAY, "action": "award", "awarded_on_url": stage.link("issues/23"),
        },
    })
}
