//! What an event is about, and what happened, by the names that GitLab has for it. An event of a system hook is told by
//! its `event_name`; others by `object_kind`, by `event_name`, or by the header, whatever they have of these.

use proto::{GitLabEventKind as Kind, HookSource};

use super::fields::Fields;

/// Kind, and the action that the name of the event says.
type Named = (Kind, Option<&'static str>);

/// What the payload is about.
pub(super) fn named(source: HookSource, header: Option<&str>, fields: &Fields<'_>) -> Named {
    let event = fields.text(&["event_name"]).and_then(|name| by_event(&name));
    let object = fields.text(&["object_kind"]).and_then(|name| by_object(&name));
    let header = header.and_then(by_header);
    let (kind, action) = match source {
        HookSource::System => event.or(object.map(bare)),
        HookSource::Webhook => object.map(bare).or(event).or(header.map(bare)),
    }
    .unwrap_or((Kind::Unknown, None));
    // Both may stand there, and only one says what happened.
    let action = action.or_else(|| event.filter(|(other, _)| *other == kind)?.1);
    (if is_confidential(header, fields) { confidential(kind) } else { kind }, action)
}

const fn bare(kind: Kind) -> Named {
    (kind, None)
}

/// By `event_name`.
fn by_event(name: &str) -> Option<Named> {
    Some(match name {
        "user_add_to_team" => (Kind::ProjectMember, Some("added")),
        "user_update_for_team" => (Kind::ProjectMember, Some("updated")),
        "user_remove_from_team" => (Kind::ProjectMember, Some("removed")),
        "user_access_request_to_project" => (Kind::ProjectMember, Some("requested")),
        "user_access_request_revoked_for_project" => (Kind::ProjectMember, Some("request_revoked")),
        "user_access_request_denied_for_project" => (Kind::ProjectMember, Some("request_denied")),
        "user_add_to_group" => (Kind::GroupMember, Some("added")),
        "user_update_for_group" => (Kind::GroupMember, Some("updated")),
        "user_remove_from_group" => (Kind::GroupMember, Some("removed")),
        "user_access_request_to_group" => (Kind::GroupMember, Some("requested")),
        "user_access_request_revoked_for_group" => (Kind::GroupMember, Some("request_revoked")),
        "user_access_request_denied_for_group" => (Kind::GroupMember, Some("request_denied")),
        "project_create" => (Kind::Project, Some("created")),
        "project_destroy" => (Kind::Project, Some("destroyed")),
        "project_rename" => (Kind::Project, Some("renamed")),
        "project_transfer" => (Kind::Project, Some("transferred")),
        "project_update" => (Kind::Project, Some("updated")),
        "group_create" | "subgroup_create" => (Kind::Group, Some("created")),
        "group_destroy" | "subgroup_destroy" => (Kind::Group, Some("destroyed")),
        "group_rename" => (Kind::Group, Some("renamed")),
        "user_create" => (Kind::User, Some("created")),
        "user_destroy" => (Kind::User, Some("destroyed")),
        "user_rename" => (Kind::User, Some("renamed")),
        "user_failed_login" => (Kind::User, Some("failed_login")),
        "key_create" => (Kind::Key, Some("created")),
        "key_destroy" => (Kind::Key, Some("destroyed")),
        "expiring_access_token" => (Kind::AccessToken, Some("expiring")),
        "repository_update" => bare(Kind::RepositoryUpdate),
        other => bare(by_object(other)?),
    })
}

/// By `object_kind`.
fn by_object(name: &str) -> Option<Kind> {
    Some(match name {
        "push" => Kind::Push,
        "tag_push" => Kind::TagPush,
        "repository_update" => Kind::RepositoryUpdate,
        "issue" | "work_item" | "incident" => Kind::Issue,
        "confidential_issue" => Kind::ConfidentialIssue,
        "note" => Kind::Note,
        "confidential_note" => Kind::ConfidentialNote,
        "merge_request" => Kind::MergeRequest,
        "wiki_page" => Kind::WikiPage,
        "pipeline" => Kind::Pipeline,
        "build" | "job" => Kind::Job,
        "deployment" => Kind::Deployment,
        "feature_flag" => Kind::FeatureFlag,
        "release" => Kind::Release,
        "milestone" => Kind::Milestone,
        "emoji" => Kind::Emoji,
        "access_token" => Kind::AccessToken,
        "vulnerability" => Kind::Vulnerability,
        "gitlab_subscription_member_approval" | "gitlab_subscription_member_approvals" => {
            Kind::MemberApproval
        }
        _ => return None,
    })
}

/// By `X-Gitlab-Event`: `Merge Request Hook`.
fn by_header(header: &str) -> Option<Kind> {
    let name = header.trim().strip_suffix(" Hook")?.to_lowercase().replace(' ', "_");
    match name.as_str() {
        "member" => Some(Kind::GroupMember),
        "project" => Some(Kind::Project),
        "subgroup" => Some(Kind::Group),
        "resource_access_token" => Some(Kind::AccessToken),
        name => by_object(name),
    }
}

/// A confidential issue is told as such by the header, and in the payload in different places.
fn is_confidential(header: Option<Kind>, fields: &Fields<'_>) -> bool {
    let told = fields.text(&["event_type"]).is_some_and(|name| name.starts_with("confidential_"));
    let object = |name| fields.object(name).is("confidential").unwrap_or_default();
    let header = matches!(header, Some(Kind::ConfidentialIssue | Kind::ConfidentialNote));
    header || told || object("object_attributes") || object("issue")
}

const fn confidential(kind: Kind) -> Kind {
    match kind {
        Kind::Issue => Kind::ConfidentialIssue,
        Kind::Note => Kind::ConfidentialNote,
        kind => kind,
    }
}
