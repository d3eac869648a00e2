//! Which change of a membership makes which event, and for whom.

use sandbox::gitlab::{Hook, HookOwner, Place, level};
use serde_json::json;

use crate::ground::{ACME, ANN, Ground, SHOP, TEAM};
use crate::receiver::{deliveries, heard};

#[tokio::test]
async fn members_of_a_project_are_told_to_system_hooks_alone_and_in_words() {
    let ground = Ground::new().await;
    let (system, group) = (ground.hook(HookOwner::Instance), ground.hook(HookOwner::Group(ACME)));
    let project = ground.hook(HookOwner::Project(SHOP));
    let shop = Place::Project(SHOP);
    ground.gitlab.change(|world| {
        world.add_member(shop, ANN, level::DEVELOPER);
        world.set_level(shop, ANN, level::MAINTAINER);
        world.set_level(shop, ANN, level::MAINTAINER);
        world.remove_member(shop, ANN);
    });
    assert_eq!(
        heard(&ground.gitlab, &system).await,
        ["user_add_to_team", "user_update_for_team", "user_remove_from_team"],
        "the level that it has already is no change"
    );
    assert_eq!(heard(&ground.gitlab, &group).await.len() + heard(&ground.gitlab, &project).await.len(), 0);
    let mut body = deliveries(&ground.gitlab).await[1].body.clone();
    let updated = body["updated_at"].take();
    assert!(updated.as_str().unwrap().ends_with('Z'));
    assert_eq!(
        body,
        json!({
            "event_name": "user_update_for_team", "created_at": "2025-01-15T09:00:00Z", "updated_at": null,
            "access_level": "Maintainer", "project_id": SHOP, "project_name": "shop", "project_path": "shop",
            "project_path_with_namespace": "acme/team/shop", "project_visibility": "private", "user_id": ANN,
            "user_username": "ann", "user_name": "Ann", "user_email": "ann@example.com",
        })
    );
}

#[tokio::test]
async fn members_of_a_group_are_told_to_its_hooks_and_those_above_with_an_end() {
    let ground = Ground::new().await;
    let (system, top) = (ground.hook(HookOwner::Instance), ground.hook(HookOwner::Group(ACME)));
    let (own, project) = (ground.hook(HookOwner::Group(TEAM)), ground.hook(HookOwner::Project(SHOP)));
    ground.gitlab.change(|world| {
        world.add_member_until(Place::Group(TEAM), ANN, level::OWNER, Some("2030-01-01"));
        world.add_member(Place::Group(ACME), ANN, level::GUEST);
    });
    assert_eq!(heard(&ground.gitlab, &system).await, ["user_add_to_group"; 2]);
    assert_eq!(heard(&ground.gitlab, &top).await, ["user_add_to_group"; 2]);
    assert_eq!(heard(&ground.gitlab, &own).await.len(), 1, "not what happens above");
    assert_eq!(heard(&ground.gitlab, &project).await.len(), 0);
    let all = deliveries(&ground.gitlab).await;
    let of = |hook: &Hook| all.iter().find(|delivery| delivery.hook == hook.id).unwrap();
    assert_eq!((of(&system).header, of(&own).header), ("System Hook", "Member Hook"));
    assert_eq!(of(&system).body["group_access"], "Owner");
    assert_eq!(of(&own).body["expires_at"], "2030-01-01T00:00:00Z");
    assert_eq!((of(&system).body.get("expires_at"), of(&system).body.get("access_level")), (None, None));
}

#[tokio::test]
async fn a_seat_is_told_to_system_hooks_alone() {
    let ground = Ground::new().await;
    let row = ground.gitlab.change(|world| world.add_awaiting(Place::Group(ACME), ANN, level::OWNER));
    let (system, group) = (ground.hook(HookOwner::Instance), ground.hook(HookOwner::Group(ACME)));
    let active = sandbox::gitlab::MembershipState::Active;
    ground.gitlab.change(|world| world.change_membership(row, |row| row.state = active));
    assert_eq!(heard(&ground.gitlab, &system).await, ["user_update_for_group"]);
    assert_eq!(heard(&ground.gitlab, &group).await.len(), 0);
}

#[tokio::test]
async fn what_is_pending_is_told_when_it_is_accepted() {
    let ground = Ground::new().await;
    let shop = Place::Project(SHOP);
    let mut invited = 0;
    let names =
        ground.names(|world| invited = world.invite_by_email(shop, "ann@example.com", None, 30)).await;
    assert_eq!(names.len(), 0, "nobody is behind it yet");
    let accepted = ground.names(|world| world.change_membership(invited, |row| row.user = Some(ANN))).await;
    assert_eq!(accepted, ["user_add_to_team"]);
    let group = ground.hook(HookOwner::Group(ACME));
    let denied = ground.names(|world| {
        world.request_access(Place::Group(ACME), ANN);
        world.remove_member(Place::Group(ACME), ANN);
    });
    assert_eq!(denied.await, ["user_access_request_to_group", "user_access_request_revoked_for_group"]);
    let of_group = ["user_access_request_to_group", "user_access_request_denied_for_group"];
    assert_eq!(heard(&ground.gitlab, &group).await, of_group);
}

#[tokio::test]
async fn expired_memberships_go_at_night_with_an_event_and_expired_shares_without() {
    let ground = Ground::new().await;
    ground.gitlab.change(|world| {
        world.add_member_until(Place::Project(SHOP), ANN, level::DEVELOPER, Some("2030-01-02"));
        world.invite_group(Place::Project(SHOP), ACME, level::GUEST);
        world.links[0].expires_at = Some("2030-01-02".to_owned());
    });
    assert_eq!(ground.names(|world| world.remove_expired("2030-01-01")).await.len(), 0);
    assert_eq!(ground.names(|world| world.remove_expired("2030-01-02")).await, ["user_remove_from_team"]);
    assert!(ground.gitlab.world().links.is_empty());
}
