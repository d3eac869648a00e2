//! What only group hooks hear of: members, subgroups, projects; and access tokens that end soon.

use serde_json::{Value, json};

use super::super::events::{last, merged};
use super::super::model::{Group, Membership, MembershipState, Place, level};
use super::{MOMENT, Sample, Stage};

pub(super) fn all(stage: &Stage<'_>) -> Vec<Sample> {
    let token = |name, body| {
        let (header, event) = ("Resource Access Token Hook", Some("resource_access_token_events"));
        Sample { name, header, event, body }
    };
    let of_project =
        token("project_access_token", expiring(json!({ "project": stage.project() }), stage.user.id));
    let of_group = stage.group.map(|group| {
        let about = json!({
            "group_name": last(&group.full_path), "group_path": last(&group.full_path), "group_id": group.id,
            "full_path": group.full_path,
        });
        token("group_access_token", expiring(json!({ "group": about }), stage.user.id))
    });
    let groups = stage.group.map(|group| [members(stage, group), below(stage, group)].concat());
    [of_project].into_iter().chain(of_group).chain(groups.into_iter().flatten()).collect()
}

fn members(stage: &Stage<'_>, group: &Group) -> Vec<Sample> {
    let row = membership(stage, Place::Group(group.id));
    let sample = |name| {
        let body = stage.world.group_hook_member(name, &row, group.id)?;
        Some(Sample { name, header: "Member Hook", event: Some("member_events"), body })
    };
    let names = [
        "user_add_to_group",
        "user_update_for_group",
        "user_remove_from_group",
        "user_access_request_to_group",
        "user_access_request_denied_for_group",
    ];
    names.into_iter().filter_map(sample).collect()
}

/// A membership as it might be: nobody has to be a member for a sample.
pub(super) fn membership(stage: &Stage<'_>, place: Place) -> Membership {
    Membership {
        id: 1,
        place,
        user: Some(stage.user.id),
        level: level::MAINTAINER,
        expires_at: Some("2030-01-01".to_owned()),
        state: MembershipState::Active,
        access_request: false,
        invite_email: None,
    }
}

fn below(stage: &Stage<'_>, group: &Group) -> Vec<Sample> {
    let subgroup = |name| {
        let body = stage.world.subgroup_event(group.id, name)?;
        Some(Sample { name, header: "Subgroup Hook", event: Some("subgroup_events"), body })
    };
    let project = |name, event| {
        let body = stage.world.project_event(stage.project.id, event, None)?;
        Some(Sample { name, header: "Project Hook", event: Some("project_events"), body })
    };
    let subgroups = ["subgroup_create", "subgroup_destroy"].into_iter().filter_map(subgroup);
    let projects =
        [("project_created_in_group", "project_create"), ("project_destroyed_in_group", "project_destroy")];
    subgroups.chain(projects.into_iter().filter_map(|(name, event)| project(name, event))).collect()
}

fn expiring(of: Value, user: u64) -> Value {
    let token = json!({
        "object_kind": "access_token", "event_name": "expiring_access_token", "object_attributes": {
            "id": 25, "name": "integration", "user_id": user, "created_at": MOMENT, "expires_at": "2026-03-09",
        },
    });
    merged([token, of])
}
