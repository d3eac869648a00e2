//! Which change makes which event, for whom; and which make none.

use sandbox::gitlab::{HookOwner, Place, Ref, Visibility, level};
use serde_json::{Value, json};

use crate::ground::{ACME, ANN, Ground, SHOP, TEAM};
use crate::receiver::{deliveries, heard};

#[tokio::test]
async fn projects_are_told_of_with_their_old_path_where_it_is_their_own() {
    let ground = Ground::new().await;
    let names = ground.names(|world| {
        world.add_project(8, "acme/cart");
        world.set_visibility(8, Visibility::Internal);
        world.archive_project(8);
        world.archive_project(8);
        world.unarchive_project(8);
        world.mark_for_deletion(8, "2030-01-01");
        world.delete_project(8);
    });
    let updates = ["project_update"; 4];
    let expected: Vec<&str> = [&["project_create"][..], &updates, &["project_destroy"]].concat();
    assert_eq!(names.await, expected);
    let told = ground.told(|world| {
        world.rename_project(SHOP, "store");
        world.transfer_project(SHOP, "acme");
        world.move_project(SHOP, "acme/team/shop");
    });
    let part = |body: &Value| {
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        [text("event_name"), text("old_path_with_namespace"), text("path_with_namespace")]
    };
    let expected = [
        ["project_rename", "acme/team/shop", "acme/team/store"],
        ["project_transfer", "acme/team/store", "acme/store"],
        ["project_transfer", "acme/store", "acme/team/store"],
        ["project_rename", "acme/team/store", "acme/team/shop"],
    ];
    assert_eq!(told.await.iter().map(part).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_beginning_and_an_end_below_a_group_is_told_to_its_hooks() {
    let ground = Ground::new().await;
    let group = ground.hook(HookOwner::Group(ACME));
    ground.gitlab.change(|world| {
        world.add_group(12, "acme/team/crew");
        world.add_project(8, "acme/team/crew/cart");
        world.delete_group(12);
    });
    let names = ["subgroup_create", "project_create", "project_destroy", "subgroup_destroy"];
    assert_eq!(heard(&ground.gitlab, &group).await, names);
    let all = deliveries(&ground.gitlab).await;
    let headers: Vec<&str> = all.iter().map(|delivery| delivery.header).collect();
    assert_eq!(headers, ["Subgroup Hook", "Project Hook", "Project Hook", "Subgroup Hook"]);
    assert_eq!(all[0].body["parent_full_path"], "acme/team");
}

#[tokio::test]
async fn a_group_is_told_of_when_its_own_path_changes_and_nothing_of_what_lies_below() {
    let ground = Ground::new().await;
    let told = ground.told(|world| world.rename_group(ACME, "apex")).await;
    assert_eq!(told.len(), 1);
    let body = |key: &str| told[0][key].as_str().unwrap();
    assert_eq!((body("event_name"), body("full_path")), ("group_rename", "apex"));
    assert_eq!((body("old_path"), body("old_full_path")), ("acme", "acme"));
    assert_eq!(ground.gitlab.world().projects[&SHOP].path_with_namespace, "apex/team/shop");
}

#[tokio::test]
async fn gitlab_tells_nobody_of_shares_transfers_of_groups_blocking_and_settings() {
    let ground = Ground::new().await;
    ground.gitlab.change(|world| world.add_group(20, "partners"));
    let names = ground.names(|world| {
        world.invite_group(Place::Project(SHOP), 20, level::DEVELOPER);
        world.remove_link(Place::Project(SHOP), 20);
        world.move_group(TEAM, Some(20));
        world.move_group(TEAM, None);
        world.set_group_visibility(ACME, Visibility::Public);
        world.set_share_lock(ACME, true);
        world.block_user(ANN);
        world.unblock_user(ANN);
    });
    assert_eq!(names.await.len(), 0);
    assert_eq!(ground.gitlab.world().projects[&SHOP].path_with_namespace, "team/shop");
}

#[tokio::test]
async fn a_deleted_person_leaves_one_place_after_the_other() {
    let ground = Ground::new().await;
    ground.gitlab.change(|world| {
        world.add_member(Place::Project(SHOP), ANN, level::DEVELOPER);
        world.add_member(Place::Group(ACME), ANN, level::GUEST);
        world.add_project(9, "ann/notes");
    });
    let names = ground.names(|world| world.delete_user(ANN)).await;
    assert_eq!(names, ["user_remove_from_team", "user_remove_from_group", "project_destroy", "user_destroy"]);
    let world = ground.gitlab.world();
    assert!(!world.users.contains_key(&ANN) && world.memberships.iter().all(|row| row.user != Some(ANN)));
}

#[tokio::test]
async fn people_and_their_keys_are_told_of() {
    let ground = Ground::new().await;
    ground.gitlab.change(|world| world.add_project(9, "ann/notes"));
    let told = ground.told(|world| {
        world.rename_user(ANN, "anna");
        world.fail_login(ANN);
        world.block_user(ANN);
        world.fail_login(ANN);
        let key = world.add_key(ANN, "ssh-ed25519 AAAA");
        world.remove_key(ANN, key, "ssh-ed25519 AAAA");
    });
    let told = told.await;
    let names: Vec<&str> = told.iter().map(|body| body["event_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["user_rename", "user_failed_login", "key_create", "key_destroy"]);
    assert_eq!((&told[0]["old_username"], &told[0]["username"]), (&json!("ann"), &json!("anna")));
    assert_eq!(told[1]["state"], "blocked");
    assert_eq!(ground.gitlab.world().projects[&9].path_with_namespace, "anna/notes");
}

#[tokio::test]
async fn code_is_told_to_hooks_that_are_switched_on_for_it() {
    let ground = Ground::new().await;
    let (project, group) = (ground.hook(HookOwner::Project(SHOP)), ground.hook(HookOwner::Group(ACME)));
    let quiet =
        ground.gitlab.change(|world| world.add_hook(HookOwner::Instance, &ground.receiver.url).clone());
    ground.gitlab.change(|world| {
        world.push(SHOP, ANN, &[Ref::Branch("main"), Ref::Tag("v1")]);
        world.open_merge_request(SHOP, ANN, "cart");
    });
    let names = ["push", "tag_push", "merge_request"];
    assert_eq!(heard(&ground.gitlab, &project).await, names);
    assert_eq!(heard(&ground.gitlab, &group).await, names);
    assert_eq!(heard(&ground.gitlab, &quiet).await, ["repository_update"], "as a new system hook is set");
}

#[tokio::test]
async fn a_push_of_more_than_three_branches_is_no_push_event() {
    let ground = Ground::new().await;
    let refs = ["a", "b", "c", "d"].map(Ref::Branch);
    let told = ground.told(|world| world.push(SHOP, ANN, &refs)).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["event_name"], &told[0]["changes"][3]["ref"]),
        (&json!("repository_update"), &json!("refs/heads/d"))
    );
}

#[tokio::test]
async fn below_premium_and_in_silent_mode_nothing_is_sent() {
    let ground = Ground::new().await;
    let (system, group) = (ground.hook(HookOwner::Instance), ground.hook(HookOwner::Group(ACME)));
    ground.gitlab.world().premium = false;
    ground.gitlab.world().add_member(Place::Group(ACME), ANN, level::GUEST);
    assert_eq!(heard(&ground.gitlab, &group).await.len(), 0);
    assert_eq!(heard(&ground.gitlab, &system).await.len(), 1);
    ground.gitlab.world().hooks.silent = true;
    ground.gitlab.world().remove_member(Place::Group(ACME), ANN);
    assert_eq!(heard(&ground.gitlab, &system).await.len(), 1);
}
