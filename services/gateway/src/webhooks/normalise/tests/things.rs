//! The webhooks of groups and projects about what lies in a project.

use proto::{EventRefs, UserId};
use serde_json::json;

use super::*;

/// What every payload of a project has, and this.
fn payload(kind: &str, more: &Value) -> Value {
    let mut payload = json!({
        "object_kind": kind,
        "user": { "id": 1, "name": "Administrator", "username": "root", "email": "admin@example.com" },
        "project": { "id": 5, "name": "Test", "path_with_namespace": "acme/test", "visibility_level": 0 },
    });
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    payload
}

#[track_caller]
fn check(header: &str, object: &str, more: &Value, kind: Kind, action: Option<&str>, refs: &EventRefs) {
    let event = event(header, &payload(object, more));
    let subject = format!("guassp.gitlab.{}.project.5", kind.key());
    assert_eq!(about(&event), (kind, action, subject));
    assert_eq!(&event.refs, refs);
    let actor = event.actor.as_ref().unwrap();
    assert_eq!((actor.id, actor.username.as_deref()), (Some(UserId(1)), Some("root")));
    let project = event.project.as_ref().unwrap();
    assert_eq!(
        (project.path.as_deref(), project.visibility.as_deref()),
        (Some("acme/test"), Some("private"))
    );
    assert_eq!((event.source, event.user), (HookSource::Webhook, None));
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const ZEROS: &str = "0000000000000000000000000000000000000000";

#[test]
fn pushes_of_branches_and_tags() {
    for (header, kind, name, before, after, action) in [
        ("Push Hook", "push", "refs/heads/feature/a", "95790bf8", "da1560886", None),
        ("Push Hook", "push", "refs/heads/feature/a", ZEROS, "da1560886", Some("created")),
        ("Push Hook", "push", "refs/heads/feature/a", "95790bf8", ZEROS, Some("removed")),
        ("Tag Push Hook", "tag_push", "refs/tags/v1.0", ZEROS, "82b3d5ae", Some("created")),
        ("Tag Push Hook", "tag_push", "refs/tags/v1.0", "82b3d5ae", ZEROS, Some("removed")),
    ] {
        let expected = if kind == "push" { Kind::Push } else { Kind::TagPush };
        let refs = EventRefs {
            branch: name.strip_prefix("refs/heads/").map(str::to_owned),
            tag: name.strip_prefix("refs/tags/").map(str::to_owned),
            before: text(before),
            commit: text(after),
            ..EventRefs::default()
        };
        let more = json!({ "event_name": kind, "ref": name, "before": before, "after": after, "project_id": 5,
            "user_id": 1, "user_username": "root", "commits": [], "total_commits_count": 4 });
        check(header, kind, &more, expected, action, &refs);
    }
}

#[test]
fn issues_and_work_items() {
    let refs = EventRefs {
        issue: Some(23),
        state: text("opened"),
        title: text("New"),
        url: text("https://g/23"),
        ..EventRefs::default()
    };
    let more = |confidential: bool, event_type: &str| {
        json!({ "event_type": event_type, "object_attributes": {
        "id": 301, "iid": 23, "title": "New", "state": "opened", "action": "open", "url": "https://g/23",
        "confidential": confidential, "updated_at": "2026-11-22 10:00:00 UTC", "project_id": 5 } })
    };
    check("Issue Hook", "issue", &more(false, "issue"), Kind::Issue, Some("open"), &refs);
    check("Issue Hook", "work_item", &more(false, "issue"), Kind::Issue, Some("open"), &refs);
    let confidential = Kind::ConfidentialIssue;
    check("Confidential Issue Hook", "issue", &more(false, "issue"), confidential, Some("open"), &refs);
    check("Issue Hook", "issue", &more(true, "issue"), confidential, Some("open"), &refs);
    check("Issue Hook", "issue", &more(false, "confidential_issue"), confidential, Some("open"), &refs);
}

#[test]
fn comments_on_each_kind_of_thing() {
    let note = |target: &str, more: &Value| {
        let mut payload = json!({ "event_type": "note", "project_id": 5, "object_attributes": { "id": 1,
            "note": "Hm", "noteable_type": target, "url": "https://g/#note_1", "action": "create" } });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    let url = text("https://g/#note_1");
    let on_commit = EventRefs { commit: text("cfe32cf6"), url: url.clone(), ..EventRefs::default() };
    let more = note("Commit", &json!({ "commit": { "id": "cfe32cf6", "message": "m" } }));
    check("Note Hook", "note", &more, Kind::Note, Some("create"), &on_commit);
    let on_issue = EventRefs {
        issue: Some(17),
        title: text("test"),
        state: text("closed"),
        url: url.clone(),
        ..EventRefs::default()
    };
    let more = note("Issue", &json!({ "issue": { "iid": 17, "title": "test", "state": "closed" } }));
    check("Note Hook", "note", &more, Kind::Note, Some("create"), &on_issue);
    check("Confidential Note Hook", "note", &more, Kind::ConfidentialNote, Some("create"), &on_issue);
    let secret = note(
        "Issue",
        &json!({ "issue": { "iid": 17, "title": "test", "state": "closed", "confidential": true } }),
    );
    check("Note Hook", "note", &secret, Kind::ConfidentialNote, Some("create"), &on_issue);
    let on_merge = EventRefs {
        merge_request: Some(1),
        branch: text("main"),
        source_branch: text("fix"),
        commit: text("562e173b"),
        title: text("Fix"),
        state: text("merged"),
        url,
        ..EventRefs::default()
    };
    let more = note(
        "MergeRequest",
        &json!({ "merge_request": { "iid": 1, "target_branch": "main", "source_branch": "fix",
        "title": "Fix", "state": "merged", "last_commit": { "id": "562e173b" } } }),
    );
    check("Note Hook", "note", &more, Kind::Note, Some("create"), &on_merge);
    let on_snippet = EventRefs { url: text("https://g/#note_1"), ..EventRefs::default() };
    let more = note("Snippet", &json!({ "snippet": { "id": 53, "title": "s" } }));
    check("Note Hook", "note", &more, Kind::Note, Some("create"), &on_snippet);
}

#[test]
fn merge_requests() {
    let refs = EventRefs {
        merge_request: Some(16),
        branch: text("main"),
        source_branch: text("fix"),
        state: text("opened"),
        title: text("Fix"),
        commit: text("e59094b8"),
        url: text("https://g/16"),
        ..EventRefs::default()
    };
    let more = json!({ "event_type": "merge_request", "object_attributes": { "id": 93, "iid": 16, "target_branch": "main",
        "source_branch": "fix", "title": "Fix", "state": "opened", "action": "update", "url": "https://g/16",
        "last_commit": { "id": "e59094b8" } }, "assignees": [], "labels": [] });
    check("Merge Request Hook", "merge_request", &more, Kind::MergeRequest, Some("update"), &refs);
}

#[test]
fn pipelines_jobs_and_deployments() {
    let refs = EventRefs {
        pipeline: Some(31),
        branch: text("main"),
        commit: text("bcbb5ec3"),
        before: text("cfe32cf6"),
        state: text("success"),
        title: text("Nightly"),
        url: text("https://g/31"),
        merge_request: Some(1),
        ..EventRefs::default()
    };
    let mut more = json!({ "object_attributes": { "id": 31, "iid": 3, "name": "Nightly", "ref": "main", "tag": false,
        "sha": "bcbb5ec3", "before_sha": "cfe32cf6", "status": "success", "url": "https://g/31",
        "finished_at": "2026-11-22 10:00:00 UTC" }, "merge_request": { "id": 1, "iid": 1 }, "builds": [] });
    check("Pipeline Hook", "pipeline", &more, Kind::Pipeline, None, &refs);
    more["object_attributes"]["tag"] = true.into();
    let tagged = EventRefs { tag: refs.branch.clone(), branch: None, ..refs };
    check("Pipeline Hook", "pipeline", &more, Kind::Pipeline, None, &tagged);

    let refs = EventRefs {
        job: Some(1977),
        pipeline: Some(2366),
        branch: text("fix"),
        commit: text("2293ada6"),
        before: text("2293ada5"),
        state: text("created"),
        title: text("test"),
        ..EventRefs::default()
    };
    let more = json!({ "ref": "fix", "tag": false, "before_sha": "2293ada5", "sha": "2293ada6", "build_id": 1977,
        "build_name": "test", "build_status": "created", "pipeline_id": 2366, "project_id": 5,
        "commit": { "id": 2366, "name": null, "sha": "2293ada6" } });
    check("Job Hook", "build", &more, Kind::Job, None, &refs);

    let refs = EventRefs {
        job: Some(796),
        branch: text("main"),
        state: text("success"),
        title: text("staging"),
        url: text("https://g/jobs/796"),
        ..EventRefs::default()
    };
    let more = json!({ "status": "success", "status_changed_at": "2026-11-22 10:00:00 +0200", "deployment_id": 15,
        "deployable_id": 796, "deployable_url": "https://g/jobs/796", "environment": "staging", "ref": "main",
        "short_sha": "279484c0" });
    check("Deployment Hook", "deployment", &more, Kind::Deployment, None, &refs);
}

#[test]
fn wikis_flags_releases_milestones_reactions_and_vulnerabilities() {
    let titled =
        |title: &str| EventRefs { title: text(title), url: text("https://g/x"), ..EventRefs::default() };
    let about = |attributes: Value| json!({ "object_attributes": attributes });
    let more =
        about(json!({ "title": "Home", "action": "create", "url": "https://g/x", "version_id": "78ee4a6" }));
    check("Wiki Page Hook", "wiki_page", &more, Kind::WikiPage, Some("create"), &titled("Home"));
    let more = about(json!({ "id": 6, "name": "flag", "active": true }));
    let refs = EventRefs { title: text("flag"), state: text("active"), ..EventRefs::default() };
    check("Feature Flag Hook", "feature_flag", &more, Kind::FeatureFlag, None, &refs);
    let more = json!({ "id": 1, "tag": "v1.1", "name": "New", "url": "https://g/x", "action": "create",
        "released_at": "2026-11-22 10:00:00 UTC", "commit": { "id": "ee0a3fb3" } });
    let refs = EventRefs { tag: text("v1.1"), commit: text("ee0a3fb3"), ..titled("New") };
    check("Release Hook", "release", &more, Kind::Release, Some("create"), &refs);
    let more = json!({ "event_type": "milestone", "action": "close", "object_attributes": { "id": 61, "iid": 10,
        "title": "v1.0", "state": "closed" } });
    let refs = EventRefs { title: text("v1.0"), state: text("closed"), ..EventRefs::default() };
    check("Milestone Hook", "milestone", &more, Kind::Milestone, Some("close"), &refs);
    let more = json!({ "event_type": "award", "project_id": 5, "issue": { "iid": 3, "state": "opened" },
        "object_attributes": { "name": "thumbsup", "action": "award", "awarded_on_url": "https://g/x" } });
    let refs = EventRefs { issue: Some(3), state: text("opened"), ..titled("thumbsup") };
    check("Emoji Hook", "emoji", &more, Kind::Emoji, Some("award"), &refs);
    let more = about(json!({ "title": "CVE", "state": "confirmed", "severity": "high", "url": "https://g/x",
        "project_id": 5 }));
    let refs = EventRefs { state: text("confirmed"), ..titled("CVE") };
    check("Vulnerability Hook", "vulnerability", &more, Kind::Vulnerability, None, &refs);
}

#[test]
fn access_tokens_of_projects_and_groups_that_end_soon() {
    let token = |place: Value| {
        let mut payload = json!({ "object_kind": "access_token", "event_name": "expiring_access_token",
            "object_attributes": { "user_id": 90, "name": "acd", "expires_at": "2026-11-26", "id": 25,
            "created_at": "2026-01-24T16:27:40Z" } });
        payload.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        event("Resource Access Token Hook", &payload)
    };
    let of_project = token(json!({ "project": { "id": 7, "path_with_namespace": "acme/shop" } }));
    let subject = "guassp.gitlab.access_token.project.7".to_owned();
    assert_eq!(about(&of_project), (Kind::AccessToken, Some("expiring"), subject));
    assert_eq!(of_project.refs.title.as_deref(), Some("acd"));
    let of_group = token(json!({ "group": { "group_name": "T", "group_path": "t", "group_id": 35 } }));
    assert_eq!(of_group.subject(), "guassp.gitlab.access_token.group.35");
}
