//! Which account is whose, from one reading.

use access::Owner;
use proto::{LeftOut, LeftOutReason, UserId};

use super::stage::{
    OWN_LOGIN, Stage, config, directory, logins, member, owner, resolve, set_external_id, set_provider,
};
use crate::people::{Config, Mapping, Matched};
use crate::sonarqube::SonarQubeError;

#[tokio::test]
async fn a_person_is_found_by_gitlabs_id_whatever_the_login_and_the_username() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane-doe48213", "Jane Doe", 101, "jane");
        // A local account whose login is the username, and a GitLab account that goes by the new username's look.
        world.add_local_user("jane", "Jane Doe", Some("secret"));
    })
    .await;
    let matched = resolve(&directory(&stage, config()), &[member(101, "jane-renamed")]).await;
    assert_eq!(logins(&matched), ["jane-doe48213"]);
    assert_eq!(matched.user_of["jane-doe48213"], UserId(101));
    assert!(matched.pending.is_empty() && matched.ambiguous.is_empty());
}

#[tokio::test]
async fn a_username_that_went_to_somebody_else_does_not_carry_the_account_along() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane-doe48213", "Jane Doe", 101, "jane");
    })
    .await;
    // Person 101 was renamed in GitLab and has not signed in since; person 202 took the name.
    let matched = resolve(&directory(&stage, config()), &[member(202, "jane")]).await;
    assert!(logins(&matched).is_empty());
    assert_eq!(matched.pending[0].id, UserId(202));
    assert_eq!(owner(&matched, "jane-doe48213"), Owner::Ours, "101 has left and loses its grants");
}

#[tokio::test]
async fn an_account_without_gitlabs_id_is_found_by_username() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("old-timer1", "Old Timer", 0, "timer");
        set_external_id(world, "old-timer1", "old-timer1");
    })
    .await;
    let matched = resolve(&directory(&stage, config()), &[member(7, "timer")]).await;
    assert_eq!(logins(&matched), ["old-timer1"]);
    assert_eq!(matched.user_of["old-timer1"], UserId(7));
}

#[tokio::test]
async fn an_external_id_that_is_no_number_of_gitlabs_fits_nobody() {
    for id in ["", " ", "007", "+7", "99999999999999999999999"] {
        let stage = Stage::with(|world| {
            world.add_gitlab_user("odd1", "Odd", 0, "odd");
            set_external_id(world, "odd1", id);
        })
        .await;
        let matched = resolve(&directory(&stage, config()), &[member(7, "odd")]).await;
        assert!(logins(&matched).is_empty(), "{id:?}");
        assert_eq!(owner(&matched, "odd1"), Owner::Foreign, "{id:?}: nothing of it is taken, either");
    }
}

#[tokio::test]
async fn two_accounts_for_one_person_are_both_left_alone() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane1", "Jane", 101, "jane");
        world.add_gitlab_user("jane2", "Jane", 102, "jane2");
        set_external_id(world, "jane2", "101");
    })
    .await;
    let matched = resolve(&directory(&stage, config()), &[member(101, "jane")]).await;
    assert!(logins(&matched).is_empty());
    assert!(matched.ambiguous[0].contains("jane1, jane2"), "{:?}", matched.ambiguous);
    assert_eq!((owner(&matched, "jane1"), owner(&matched, "jane2")), (Owner::Foreign, Owner::Foreign));
}

#[tokio::test]
async fn two_people_for_one_account_leave_it_alone() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("jane1", "Jane", 0, "jane");
        set_external_id(world, "jane1", "jane1");
    })
    .await;
    let three = [member(1, "jane"), member(2, "jane"), member(3, "jane")];
    let matched = resolve(&directory(&stage, config()), &three).await;
    assert!(logins(&matched).is_empty() && matched.user_of.is_empty());
    assert_eq!(matched.ambiguous.len(), 2);
    assert_eq!(owner(&matched, "jane1"), Owner::Foreign);
}

#[tokio::test]
async fn other_identity_providers_are_foreign() {
    let stage = Stage::with(|world| {
        world.add_local_user("build-bot", "Build bot", Some("secret"));
        world.add_gitlab_user("saml-jane", "Jane", 101, "jane");
        set_provider(world, "saml-jane", "saml");
    })
    .await;
    let matched = resolve(&directory(&stage, config()), &[member(101, "jane")]).await;
    assert_eq!(matched.pending.len(), 1);
    for login in ["build-bot", "saml-jane", "admin", "nobody-knows"] {
        assert_eq!(owner(&matched, login), Owner::Foreign, "{login}");
    }
    let other = Config { provider: "saml".to_owned(), ..config() };
    assert_eq!(logins(&resolve(&directory(&stage, other), &[member(101, "jane")]).await), ["saml-jane"]);
}

/// Every member has an account that is left alone.
fn nobody_is_wanted_waited_for_or_in_doubt(matched: &Matched) -> bool {
    logins(matched).is_empty() && matched.pending.is_empty() && matched.ambiguous.is_empty()
}

#[tokio::test]
async fn exempt_people_are_neither_granted_nor_foreign_to_be_revoked() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("root1", "Root", 1, "root");
        let auditor = world.add_gitlab_user("auditor1", "Auditor", 2, "auditor");
        world.add_gitlab_user("legacy1", "Legacy", 0, "legacy");
        set_external_id(world, "legacy1", "legacy1");
        let group = world.add_group("auditors");
        world.add_membership(&auditor, &group);
    })
    .await;
    let exempting =
        Config { exempt: [UserId(1)].into(), skip_groups: vec!["auditors".to_owned()], ..config() };
    let directory = directory(&stage, exempting);
    let exempt = LeftOut { id: UserId(3), username: "legacy".to_owned(), reason: LeftOutReason::Exempt };
    let members = [member(1, "root"), member(2, "auditor")];
    let matched = directory.resolve(&members, &[exempt], &[]).await.unwrap();
    assert!(nobody_is_wanted_waited_for_or_in_doubt(&matched), "{matched:?}");
    for login in ["root1", "auditor1", "legacy1"] {
        assert_eq!(owner(&matched, login), Owner::Foreign, "{login}");
    }
}

#[tokio::test]
async fn who_is_exempt_is_so_by_the_user_mapping_too() {
    let stage = Stage::with(|world| {
        world.add_gitlab_user("legacy1", "Legacy", 0, "legacy");
        set_external_id(world, "legacy1", "legacy1");
    })
    .await;
    let mapping = Mapping::parse("3,legacy1").unwrap();
    let exempting = Config { exempt: [UserId(3)].into(), mapping, ..config() };
    // GitLab does not list the person.
    let matched = resolve(&directory(&stage, exempting), &[]).await;
    assert_eq!(owner(&matched, "legacy1"), Owner::Foreign);
}

#[tokio::test]
async fn the_own_account_is_left_alone_even_if_it_came_from_gitlab() {
    let stage = Stage::with(|world| {
        set_provider(world, OWN_LOGIN, "gitlab");
        set_external_id(world, OWN_LOGIN, "55");
    })
    .await;
    let directory = directory(&stage, config());
    let matched = resolve(&directory, &[member(55, "sync")]).await;
    assert!(nobody_is_wanted_waited_for_or_in_doubt(&matched), "{matched:?}");
    assert_eq!(owner(&matched, OWN_LOGIN), Owner::Foreign);
    assert_eq!(directory.own_account().await.unwrap().login, OWN_LOGIN);
}

#[tokio::test]
async fn a_group_to_skip_that_is_not_there_stops_the_sync() {
    let stage = Stage::new().await;
    let misspelt = Config { skip_groups: vec!["auditors".to_owned()], ..config() };
    let error = directory(&stage, misspelt).resolve(&[], &[], &[]).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Misconfigured { .. }), "{error}");
}
