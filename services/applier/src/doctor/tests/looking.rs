//! What a look finds.

use runtime::{
    doctor::{Report, State},
    secret::Secret,
};
use sandbox::sonarqube::{Mode, SONAR_USERS, TokenKind};

use super::stage::{OWN_LOGIN, Stage, TOKEN, check, config, healthy, ill, report, report_of};
use crate::{people::Mapping, rules::Exposed};

#[tokio::test]
async fn a_sonarqube_that_is_well_has_nothing_to_mend_and_is_not_changed() {
    let stage = healthy(|_| ()).await;
    let report = report_of(&stage).await;
    assert!(report.complete && ill(&report).is_empty(), "{report:?}");
    assert!(report.checks.iter().all(|check| check.mend.is_none()));
    assert_eq!(check(&report, "GitLab integration").found, "gl (https://gitlab.example.com/api/v4)");
    assert!(check(&report, "token").found.contains(OWN_LOGIN));
    assert!(check(&report, "global permissions").found.contains("sonar-users: scan, provisioning"));
    assert!(stage.written().is_empty());
}

#[tokio::test]
async fn what_the_server_is_not_is_told_first_and_alone() {
    for (mode, version, name) in [
        (Mode::Starting, "26.8.0.126808", "server"),
        (Mode::MigrationNeeded, "26.8.0.126808", "server"),
        (Mode::Down, "26.8.0.126808", "server"),
        (Mode::Up, "9.9.8.100196", "version"),
    ] {
        let stage = healthy(|world| {
            world.mode = mode;
            version.clone_into(&mut world.version);
        })
        .await;
        let report = report_of(&stage).await;
        assert_eq!((ill(&report), report.complete), (vec![(name, State::Fail)], false), "{mode:?} {version}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_told() {
    let stage = healthy(|_| ()).await;
    let mut wrong = config(&stage);
    wrong.sonarqube.token = Secret::from("squ_wrong");
    let report = report(&wrong).await;
    assert_eq!((ill(&report), report.complete), (vec![("token", State::Fail)], false));
    assert!(!format!("{report:?}").contains("squ_wrong"), "{report:?}");
    assert!(check(&report, "token").mend.as_ref().unwrap().contains("SONARQUBE_TOKEN"));
}

#[tokio::test]
async fn an_analysis_token_lacks_nearly_everything() {
    let stage = healthy(|world| {
        let own = world.user_by_login(OWN_LOGIN).unwrap().id.clone();
        world.add_token("sqa_analysis", &own, TokenKind::GlobalAnalysis);
    })
    .await;
    let mut analysis = config(&stage);
    analysis.sonarqube.token = Secret::from("sqa_analysis");
    let report = report(&analysis).await;
    assert_eq!(ill(&report), [("token", State::Fail), ("Administer System", State::Fail)]);
}

#[tokio::test]
async fn rights_are_told_one_by_one() {
    for (right, name) in [("admin", "Administer System"), ("provisioning", "Create Projects")] {
        let stage = healthy(|world| {
            let own = world.user_by_login(OWN_LOGIN).unwrap().id.clone();
            world.global.remove(&sandbox::sonarqube::Grantee::User(own), right);
            // The default group has it as well.
            let users = world.group_by_name(SONAR_USERS).unwrap().id.clone();
            world.global.remove(&sandbox::sonarqube::Grantee::Group(users), right);
        })
        .await;
        let report = report_of(&stage).await;
        assert_eq!((ill(&report), report.complete), (vec![(name, State::Fail)], false));
        assert!(check(&report, name).mend.as_ref().unwrap().contains(OWN_LOGIN));
    }
}

#[tokio::test]
async fn a_token_that_ends_soon_is_told() {
    for (end, state) in [("2026-12-21T00:00:00+0000", State::Warn), ("2027-12-21T00:00:00+0000", State::Ok)] {
        let stage =
            healthy(|world| world.tokens.get_mut(TOKEN).unwrap().expires_at = Some(end.to_owned())).await;
        let report = report_of(&stage).await;
        let check = check(&report, "token's end");
        assert_eq!(check.state, state, "{check:?}");
        assert!(check.found.starts_with(&end[..10]), "{check:?}");
    }
}

#[tokio::test]
async fn the_gitlab_must_be_clear() {
    let stage = healthy(|world| drop(world.add_setting("other", "https://gitlab.example.org/api/v4"))).await;
    let found = report_of(&stage).await;
    assert_eq!(ill(&found), [("GitLab integration", State::Fail)]);
    assert!(check(&found, "GitLab integration").mend.as_ref().unwrap().contains("(gl, other)"));
    for (key, wrong) in [("gl", false), ("nothing", true)] {
        let mut named = config(&stage);
        named.sonarqube.alm_key = Some(key.to_owned());
        assert_eq!(ill(&report(&named).await).is_empty(), !wrong, "{key}");
    }
    let without = healthy(|world| world.settings.clear()).await;
    assert_eq!(ill(&report_of(&without).await), [("GitLab integration", State::Warn)]);
}

#[tokio::test]
async fn a_group_that_settings_misspell_is_told() {
    let stage = healthy(|world| drop(world.add_group("ops"))).await;
    let mut misspelt = config(&stage);
    misspelt.people.skip_groups = vec!["ops".to_owned(), "Ops".to_owned()];
    misspelt.close_groups.insert("sonar-user".to_owned());
    let found = report(&misspelt).await;
    assert_eq!(ill(&found), [("skipped groups", State::Fail), ("closed groups", State::Fail)]);
    assert_eq!(check(&found, "skipped groups").found, "not in SonarQube: Ops");
    assert_eq!(check(&found, "closed groups").found, "not in SonarQube: sonar-user");
    misspelt.exposure = Exposed::Report;
    assert_eq!(check(&report(&misspelt).await, "closed groups").state, State::Warn);
}

#[tokio::test]
async fn lines_of_the_user_mapping_lead_to_accounts_of_gitlab() {
    let stage = healthy(|world| drop(world.add_local_user("bob", "Bob", Some("secret")))).await;
    let mut mapped = config(&stage);
    mapped.people.mapping =
        Mapping::parse("101,jane1@example.com\n102,bob\n103,carol@example.com\n").unwrap();
    let report = report(&mapped).await;
    assert_eq!(ill(&report), [("user mapping", State::Warn)]);
    let found = &check(&report, "user mapping").found;
    assert!(found.contains("no account: GitLab id 103"), "{found}");
    assert!(found.contains("another identity provider: GitLab id 102"), "{found}");
    assert!(!found.contains("carol") && !found.contains("101"), "{found}");
}

#[tokio::test]
async fn nobody_of_the_identity_provider_is_told_with_who_is_there() {
    let stage = healthy(|_| ()).await;
    let mut other = config(&stage);
    other.people.provider = "saml".to_owned();
    let report = report(&other).await;
    assert_eq!(ill(&report), [("identity provider", State::Warn)]);
    assert!(check(&report, "identity provider").found.contains("gitlab 1"));
}

#[tokio::test]
async fn accounts_that_cannot_be_told_are_named() {
    let external = |login: &'static str, id: &'static str| {
        move |world: &mut sandbox::sonarqube::World| {
            world.add_gitlab_user(login, "Joe", 7, "joe");
            let user = world.users.values_mut().find(|user| user.login == login).unwrap();
            id.clone_into(&mut user.external_id);
        }
    };
    for (login, id, says) in [
        ("jane2", "101", "101: jane1, jane2"),
        ("joe1", "007", "joe1"),
        ("joe2", "joe2", "1 only a username"),
    ] {
        let report = report_of(&healthy(external(login, id)).await).await;
        assert_eq!(ill(&report), [("GitLab ids", State::Warn)], "{login}");
        assert!(check(&report, "GitLab ids").found.contains(says), "{report:?}");
    }
}

async fn exposed(stage: &Stage) -> Report {
    let report = report_of(stage).await;
    assert_eq!(check(&report, "default template").state, State::Warn, "{report:?}");
    report
}

#[tokio::test]
async fn a_fresh_installation_lets_everybody_into_new_projects() {
    let stage = Stage::with(|world| drop(world.add_gitlab_user("jane1", "Jane", 101, "jane"))).await;
    let report = exposed(&stage).await;
    let found = check(&report, "default template");
    assert!(found.found.contains("lets 3 of 3 people"), "{found:?}");
    assert!(found.found.contains("sonar-users: user, codeviewer, issueadmin"), "{found:?}");
    assert!(found.mend.as_ref().unwrap().contains("--mend default-template"), "{found:?}");
    assert_eq!(check(&report, "new projects").state, State::Warn);
}

#[tokio::test]
async fn a_group_that_opens_new_projects_is_counted_by_its_members() {
    let stage = healthy(|world| {
        let group = world.add_group("auditors");
        let jane = world.user_by_login("jane1").unwrap().id.clone();
        world.add_membership(&jane, &group);
        let grants = &mut world.templates.first_mut().unwrap().grants;
        grants.insert(sandbox::sonarqube::Grantee::Group(group), "user");
    })
    .await;
    let report = exposed(&stage).await;
    let found = check(&report, "default template");
    assert!(found.found.contains("lets 1 of 3 people"), "{found:?}");
    let mend = found.mend.as_ref().unwrap();
    assert!(mend.contains("auditors") && !mend.contains("--mend"), "{mend}");
}

#[tokio::test]
async fn temporary_templates_are_told_when_they_are_old() {
    let stage = healthy(|world| {
        world.add_template("guassp temporary 7 1.1", "2026-11-22T11:59:00+0000");
    })
    .await;
    assert!(ill(&report_of(&stage).await).is_empty(), "one in use");
    stage.sonarqube.world().add_template("guassp temporary 8 1.1", "2026-11-20T09:00:00+0000");
    let report = report_of(&stage).await;
    assert_eq!(ill(&report), [("temporary templates", State::Warn)]);
    assert!(check(&report, "temporary templates").found.starts_with("1 left"));
}
