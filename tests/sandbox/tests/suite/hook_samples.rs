//! There is a sample of every payload that GitLab documents.

use std::collections::BTreeSet;

use sandbox::gitlab::{Sample, World, samples};
use serde_json::Value;

fn world() -> World {
    let mut world = World::default();
    world.add_group(10, "acme");
    world.add_group(11, "acme/team");
    world.add_project(7, "acme/team/shop");
    world.add_user(101, "ann");
    world
}

fn all() -> Vec<Sample> {
    samples(&world(), 7, 101)
}

fn text<'a>(sample: &'a Sample, key: &str) -> &'a str {
    sample.body[key].as_str().unwrap_or_default()
}

#[test]
fn every_event_of_a_system_hook_has_a_sample() {
    let all = all();
    let system = all.iter().filter(|sample| sample.header == "System Hook");
    let names: BTreeSet<&str> = system.map(|sample| text(sample, "event_name")).collect();
    let documented = "project_create project_destroy project_rename project_transfer project_update user_add_to_team \
        user_remove_from_team user_update_for_team user_add_to_group user_remove_from_group user_update_for_group \
        user_access_request_to_project user_access_request_revoked_for_project user_access_request_to_group \
        user_access_request_revoked_for_group group_create group_destroy group_rename user_create user_destroy \
        user_rename user_failed_login key_create key_destroy repository_update push tag_push";
    let missing: Vec<&str> = documented.split_whitespace().filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let nameless: BTreeSet<&str> = all
        .iter()
        .filter(|sample| sample.header == "System Hook" && sample.body.get("event_name").is_none())
        .map(|sample| text(sample, "object_kind"))
        .collect();
    let expected = [
        "gitlab_subscription_member_approval",
        "gitlab_subscription_member_approvals",
        "merge_request",
        "something_new",
    ];
    assert_eq!(nameless, expected.into());
}

#[test]
fn every_kind_of_webhook_has_a_sample() {
    let headers: BTreeSet<&str> = all().iter().map(|sample| sample.header).collect();
    let kinds = [
        "Push",
        "Tag Push",
        "Issue",
        "Confidential Issue",
        "Note",
        "Confidential Note",
        "Merge Request",
        "Wiki Page",
        "Pipeline",
        "Job",
        "Deployment",
        "Member",
        "Subgroup",
        "Project",
        "Feature Flag",
        "Release",
        "Emoji",
        "Resource Access Token",
        "Milestone",
        "Vulnerability",
        "System",
    ];
    let expected: Vec<String> = kinds.iter().map(|kind| format!("{kind} Hook")).collect();
    assert_eq!(headers, expected.iter().map(String::as_str).collect());
    let all = all();
    let notes: BTreeSet<&str> =
        all.iter().filter_map(|sample| sample.body["object_attributes"]["noteable_type"].as_str()).collect();
    assert_eq!(notes, ["Commit", "Issue", "MergeRequest", "Snippet"].into());
    let token_of = |key| {
        all.iter().any(|sample| {
            sample.header == "Resource Access Token Hook"
                && sample.body.get(key).is_some_and(Value::is_object)
        })
    };
    assert!(token_of("project") && token_of("group"));
    assert!(all.iter().any(|sample| text(sample, "object_kind") == "work_item"));
}

#[test]
fn samples_tell_of_what_the_world_has_under_names_of_their_own() {
    let all = all();
    let names: BTreeSet<&str> = all.iter().map(|sample| sample.name).collect();
    assert_eq!(names.len(), all.len());
    let project = |sample: &Sample| {
        let body = &sample.body;
        body["project"]["id"].as_u64().or(body["project_id"].as_u64())
    };
    let about: BTreeSet<u64> = all.iter().filter_map(project).collect();
    assert_eq!(about, [7].into());
    let paths: BTreeSet<&str> =
        all.iter().filter_map(|sample| sample.body["project"]["path_with_namespace"].as_str()).collect();
    assert_eq!(paths, ["acme/team/shop"].into());
}

#[test]
fn without_a_project_or_a_person_there_is_none() {
    assert!(samples(&world(), 8, 101).is_empty() && samples(&world(), 7, 102).is_empty());
}
