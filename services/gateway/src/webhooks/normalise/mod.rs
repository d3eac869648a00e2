//! From a payload of GitLab to the one form of all events: [`proto::GitLabEvent`]. By the payloads that GitLab's pages on
//! webhooks and on system hooks show, of all versions that are known; leniently, so that another one is no error.

mod fields;
mod kind;
mod refs;

use proto::{
    EventGroup, EventProject, EventUser, GitLabEvent, GitLabEventKind as Kind, GroupId, HookSource, Original,
    ProjectId, UserId,
};

use self::{
    fields::Fields,
    refs::{moved, refs},
};
use super::Delivery;
use crate::problem::Problem;

/// How a system hook's header reads, whatever its events are about.
const SYSTEM: &str = "System Hook";

/// The event of a delivery.
///
/// # Errors
/// 400 when the body is no JSON object.
pub(super) fn normalise(delivery: Delivery) -> Result<GitLabEvent, Problem> {
    let Delivery { id, header, body, received_at, instance } = delivery;
    let json = str::from_utf8(&body).map_err(|_| no_object("it is no UTF-8"))?;
    let fields = Fields::of(json).map_err(|error| no_object(&error.to_string()))?;
    let source = if header.as_deref() == Some(SYSTEM) { HookSource::System } else { HookSource::Webhook };
    let (kind, action) = kind::named(source, header.as_deref(), &fields);
    let refs = refs(kind, &fields);
    Ok(GitLabEvent {
        action: told(&fields).or_else(|| action.map(str::to_owned)).or_else(|| moved(kind, &refs)),
        project: project(&fields),
        group: group(&fields),
        user: user(kind, &fields),
        role: fields.text(&["access_level", "group_access"]),
        actor: actor(kind, &fields),
        refs,
        happened_at: happened_at(&fields),
        original_bytes: body.len() as u64,
        original: Original::new(json.trim().to_owned()).ok(),
        id,
        kind,
        source,
        instance,
        received_at,
    })
}

fn no_object(why: &str) -> Problem {
    Problem::bad_request(format!(
        "the body is no JSON object ({why}): GitLab sends one, unless the hook has a custom template that makes none"
    ))
}

/// What GitLab itself says that happened.
fn told(fields: &Fields<'_>) -> Option<String> {
    fields.object("object_attributes").text(&["action"]).or_else(|| fields.text(&["action"]))
}

fn project(fields: &Fields<'_>) -> Option<EventProject> {
    let (inner, attributes) = (fields.object("project"), fields.object("object_attributes"));
    let id =
        fields.id(&["project_id"]).or_else(|| inner.id(&["id"])).or_else(|| attributes.id(&["project_id"]));
    let path = fields
        .text(&["project_path_with_namespace", "path_with_namespace"])
        .or_else(|| inner.text(&["path_with_namespace"]));
    let old_path = fields.text(&["old_path_with_namespace"]);
    let visibility = fields
        .text(&["project_visibility"])
        .or_else(|| fields.text(&["visibility"]))
        .map(|word| visibility(&word));
    let visibility = visibility.or_else(|| level(inner.number(&["visibility_level"])?));
    let project = EventProject { id: id.map(ProjectId), path, old_path, visibility };
    (project.id.is_some() || project.path.is_some()).then_some(project)
}

/// `private`, or as older versions write it `visibilitylevel|private`.
fn visibility(word: &str) -> String {
    word.rsplit('|').next().unwrap_or(word).to_owned()
}

/// Visibility as a number (GitLab's `Gitlab::VisibilityLevel`).
fn level(number: u64) -> Option<String> {
    let word = match number {
        0 => "private",
        10 => "internal",
        20 => "public",
        _ => return None,
    };
    Some(word.to_owned())
}

/// A group's `path` alone is the last part of its full path, so it names nothing.
fn group(fields: &Fields<'_>) -> Option<EventGroup> {
    let inner = fields.object("group");
    let id = fields.id(&["group_id"]).or_else(|| inner.id(&["id", "group_id"]));
    let path = fields
        .text(&["full_path", "group_full_path"])
        .or_else(|| inner.text(&["full_path", "group_full_path"]));
    let group = EventGroup { id: id.map(GroupId), path, old_path: fields.text(&["old_full_path"]) };
    (group != EventGroup::default()).then_some(group)
}

/// The person whom it is about.
fn user(kind: Kind, fields: &Fields<'_>) -> Option<EventUser> {
    let is_about_a_person = matches!(
        kind,
        Kind::ProjectMember | Kind::GroupMember | Kind::MemberApproval | Kind::User | Kind::Key
    );
    let user = EventUser {
        id: fields.id(&["user_id"]).map(UserId),
        username: fields.text(&["user_username", "username"]),
        old_username: fields.text(&["old_username"]),
        state: fields.text(&["state"]),
    };
    (is_about_a_person && user != EventUser::default()).then_some(user)
}

/// The person who did it.
fn actor(kind: Kind, fields: &Fields<'_>) -> Option<EventUser> {
    let inner = fields.object("user");
    let actor = match kind {
        Kind::Push | Kind::TagPush | Kind::RepositoryUpdate => {
            (fields.id(&["user_id"]), fields.text(&["user_username"]))
        }
        Kind::MemberApproval => (fields.id(&["reviewed_by_user_id", "requested_by_user_id"]), None),
        _ => (inner.id(&["id"]), inner.text(&["username"])),
    };
    let actor = EventUser { id: actor.0.map(UserId), username: actor.1, ..EventUser::default() };
    (actor != EventUser::default()).then_some(actor)
}

fn happened_at(fields: &Fields<'_>) -> Option<jiff::Timestamp> {
    let attributes = fields.object("object_attributes");
    attributes
        .time(&["finished_at", "updated_at", "created_at"])
        .or_else(|| fields.time(&["updated_at", "build_finished_at", "build_started_at", "build_created_at"]))
        .or_else(|| fields.time(&["status_changed_at", "released_at", "created_at"]))
}

#[cfg(test)]
mod tests;
