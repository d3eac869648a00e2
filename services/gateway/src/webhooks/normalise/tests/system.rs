//! Every system hook, and the same names in the webhooks of groups.

use proto::{GroupId, ProjectId, UserId};
use serde_json::json;

use super::*;

fn member(name: &str, place: &str) -> Value {
    let mut payload = json!({
        "event_name": name, "created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T10:30:00Z",
        "user_id": 41, "user_username": "johnsmith", "user_name": "John Smith", "user_email": "john@example.com",
    });
    let more = match place {
        "project" => json!({ "access_level": "Maintainer", "project_id": 74, "project_name": "StoreCloud",
            "project_path": "storecloud", "project_path_with_namespace": "jsmith/storecloud",
            "project_visibility": "visibilitylevel|private" }),
        _ => {
            json!({ "group_access": "Developer", "group_id": 78, "group_name": "StoreCloud", "group_path": "storecloud",
            "group_plan": null, "expires_at": "2027-01-01T00:00:00Z" })
        }
    };
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    payload
}

#[test]
fn members_of_projects() {
    for (name, action) in [
        ("user_add_to_team", "added"),
        ("user_update_for_team", "updated"),
        ("user_remove_from_team", "removed"),
        ("user_access_request_to_project", "requested"),
        ("user_access_request_revoked_for_project", "request_revoked"),
    ] {
        let event = event("System Hook", &member(name, "project"));
        let subject = "guassp.gitlab.project_member.project.74".to_owned();
        assert_eq!(about(&event), (Kind::ProjectMember, Some(action), subject));
        let (project, user) = (event.project.unwrap(), event.user.unwrap());
        assert_eq!(
            (project.path.as_deref(), project.visibility.as_deref()),
            (Some("jsmith/storecloud"), Some("private"))
        );
        assert_eq!((user.id, user.username.as_deref()), (Some(UserId(41)), Some("johnsmith")));
        assert_eq!((event.role.as_deref(), event.source), (Some("Maintainer"), HookSource::System));
        assert_eq!(event.happened_at, "2026-11-22T10:30:00Z".parse().ok());
        assert_eq!((event.actor, event.group), (None, None));
    }
}

#[test]
fn members_of_groups_told_by_either_kind_of_hook() {
    for (header, source) in [("System Hook", HookSource::System), ("Member Hook", HookSource::Webhook)] {
        for (name, action) in [
            ("user_add_to_group", "added"),
            ("user_update_for_group", "updated"),
            ("user_remove_from_group", "removed"),
            ("user_access_request_to_group", "requested"),
            ("user_access_request_revoked_for_group", "request_revoked"),
            ("user_access_request_denied_for_group", "request_denied"),
        ] {
            let event = event(header, &member(name, "group"));
            let subject = "guassp.gitlab.group_member.group.78".to_owned();
            assert_eq!(about(&event), (Kind::GroupMember, Some(action), subject), "{header}");
            assert_eq!((event.role.as_deref(), event.source), (Some("Developer"), source));
            let group = event.group.unwrap();
            assert_eq!((group.id, group.path), (Some(GroupId(78)), None), "group_path is no full path");
        }
    }
}

#[test]
fn projects() {
    for (name, action) in [
        ("project_create", "created"),
        ("project_destroy", "destroyed"),
        ("project_rename", "renamed"),
        ("project_transfer", "transferred"),
        ("project_update", "updated"),
    ] {
        let event = event(
            "System Hook",
            &json!({
                "event_name": name, "created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T10:30:00Z",
                "name": "Underscore", "path": "underscore", "path_with_namespace": "scores/underscore", "project_id": 73,
                "project_namespace_id": 23, "owner_name": "John Smith", "owner_email": "john@example.com",
                "owners": [{ "name": "John", "email": "john@example.com" }], "project_visibility": "internal",
                "old_path_with_namespace": "jsmith/overscore",
            }),
        );
        assert_eq!(
            about(&event),
            (Kind::Project, Some(action), "guassp.gitlab.project.project.73".to_owned())
        );
        assert_eq!(
            event.project,
            Some(EventProject {
                id: Some(ProjectId(73)),
                path: Some("scores/underscore".into()),
                old_path: Some("jsmith/overscore".into()),
                visibility: Some("internal".into()),
            })
        );
        assert_eq!((event.user, event.group), (None, None));
    }
    let told = event(
        "Project Hook",
        &json!({ "event_name": "project_destroy", "project_id": 73,
        "path_with_namespace": "scores/underscore" }),
    );
    assert_eq!((told.kind, told.action.as_deref()), (Kind::Project, Some("destroyed")));
}

#[test]
fn groups() {
    for (name, action) in
        [("group_create", "created"), ("group_destroy", "destroyed"), ("group_rename", "renamed")]
    {
        let event = event(
            "System Hook",
            &json!({ "event_name": name, "name": "Better", "path": "better-name",
            "full_path": "parent/better-name", "group_id": 64, "old_path": "old", "old_full_path": "parent/old" }),
        );
        assert_eq!(about(&event), (Kind::Group, Some(action), "guassp.gitlab.group.group.64".to_owned()));
        let group = event.group.unwrap();
        assert_eq!(
            (group.path.as_deref(), group.old_path.as_deref()),
            (Some("parent/better-name"), Some("parent/old"))
        );
    }
    for (name, action) in [("subgroup_create", "created"), ("subgroup_destroy", "destroyed")] {
        let event = event(
            "Subgroup Hook",
            &json!({ "event_name": name, "name": "sub", "path": "sub",
            "full_path": "parent/sub", "group_id": 10, "parent_group_id": 7, "parent_full_path": "parent" }),
        );
        assert_eq!(about(&event), (Kind::Group, Some(action), "guassp.gitlab.group.group.10".to_owned()));
        assert_eq!(event.group.unwrap().path.as_deref(), Some("parent/sub"));
    }
}

#[test]
fn accounts_and_keys() {
    for (name, action) in [
        ("user_create", "created"),
        ("user_destroy", "destroyed"),
        ("user_rename", "renamed"),
        ("user_failed_login", "failed_login"),
    ] {
        let event = event(
            "System Hook",
            &json!({ "event_name": name, "user_id": 58, "username": "new-name",
            "old_username": "old-name", "name": "A", "email": "a@example.com", "state": "blocked" }),
        );
        assert_eq!(about(&event), (Kind::User, Some(action), "guassp.gitlab.user.user.58".to_owned()));
        assert_eq!(
            event.user,
            Some(EventUser {
                id: Some(UserId(58)),
                username: Some("new-name".into()),
                old_username: Some("old-name".into()),
                state: Some("blocked".into()),
            })
        );
    }
    for (name, action) in [("key_create", "created"), ("key_destroy", "destroyed")] {
        let event = event(
            "System Hook",
            &json!({ "event_name": name, "username": "root", "key": "ssh-rsa AAAA",
            "id": 4 }),
        );
        assert_eq!(about(&event), (Kind::Key, Some(action), "guassp.gitlab.key.instance.0".to_owned()));
        assert_eq!(event.user.unwrap().username.as_deref(), Some("root"));
    }
}

#[test]
fn what_a_system_hook_tells_of_repositories() {
    let told = |payload: Value| event("System Hook", &payload);
    let push = told(
        json!({ "event_name": "push", "object_kind": "push", "ref": "refs/heads/main", "project_id": 15,
        "before": "95790bf8", "after": "da1560886d", "user_id": 4, "user_username": "jsmith" }),
    );
    assert_eq!(about(&push), (Kind::Push, None, "guassp.gitlab.push.project.15".to_owned()));
    let update = told(json!({ "event_name": "repository_update", "user_id": 1, "project_id": 1,
        "project": { "path_with_namespace": "jsmith/example", "visibility_level": 20 },
        "changes": [{ "before": "a", "after": "b", "ref": "refs/heads/main" }], "refs": ["refs/heads/main"] }));
    assert_eq!(
        about(&update),
        (Kind::RepositoryUpdate, None, "guassp.gitlab.repository_update.project.1".to_owned())
    );
    assert_eq!(update.project.unwrap().visibility.as_deref(), Some("public"));
    let merge =
        told(json!({ "object_kind": "merge_request", "event_type": "merge_request", "project": { "id": 1 },
        "object_attributes": { "iid": 3, "action": "open" } }));
    assert_eq!(
        about(&merge),
        (Kind::MergeRequest, Some("open"), "guassp.gitlab.merge_request.project.1".to_owned())
    );
}

#[test]
fn who_waits_for_a_seat() {
    let one = event(
        "System Hook",
        &json!({ "object_kind": "gitlab_subscription_member_approval", "action": "enqueue",
        "object_attributes": { "new_access_level": 30, "old_access_level": 10, "existing_member_id": 7 },
        "user_id": 42, "requested_by_user_id": 99, "promotion_namespace_id": 789 }),
    );
    assert_eq!(
        about(&one),
        (Kind::MemberApproval, Some("enqueue"), "guassp.gitlab.member_approval.user.42".to_owned())
    );
    assert_eq!(one.actor.unwrap().id, Some(UserId(99)));
    let all = event(
        "System Hook",
        &json!({ "object_kind": "gitlab_subscription_member_approvals", "action": "approve",
        "object_attributes": { "promotion_request_ids_that_failed_to_apply": [], "status": "success" },
        "reviewed_by_user_id": 1, "user_id": 42 }),
    );
    assert_eq!((all.kind, all.action.as_deref()), (Kind::MemberApproval, Some("approve")));
}
