//! What people hold, follows their level.

use crate::{Scene, Target, grants};

pub const GUEST: &str = "user";
pub const REPORTER: &str = "user codeviewer";
pub const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
pub const MAINTAINER: &str = "user codeviewer issueadmin securityhotspotadmin scan admin";

pub async fn a_mixed_project_gets_the_grants_of_its_levels(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("mixed").await;
    let people = [
        ("guest", 10),
        ("planner", 15),
        ("reporter", 20),
        ("developer", 30),
        ("maintainer", 40),
        ("owner", 50),
    ];
    let mut members = Vec::new();
    for (name, level) in people {
        let person = scene.person(name).await;
        scene.join(&project, &person, level);
        members.push(person);
    }
    let task = scene.sync(&project).await;
    assert_eq!(task.outcome().members, 6);
    let [guest, planner, reporter, developer, maintainer, owner] = members.as_slice() else { panic!("six") };
    let wanted = [
        (guest, GUEST),
        (planner, GUEST),
        (reporter, REPORTER),
        (developer, DEVELOPER),
        (maintainer, MAINTAINER),
        (owner, MAINTAINER),
    ];
    assert_eq!(scene.grants(&project).await, grants(&wanted));
}

pub async fn a_second_sync_writes_nothing(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("settled").await;
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &developer, 30);
    assert!(scene.sync(&project).await.writes() > 0);
    let (written, held) = (scene.calls("sonarqube", "POST"), scene.grants(&project).await);
    assert_eq!(scene.sync(&project).await.writes(), 0);
    assert_eq!(scene.calls("sonarqube", "POST"), written);
    assert_eq!(scene.grants(&project).await, held);
}

pub async fn a_lowered_role_loses_what_the_higher_one_had(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("lowered").await;
    let (owner, person) = (scene.person("owner").await, scene.person("changes").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &person, 40);
    scene.sync(&project).await;
    scene.change_level(&project, &person, 20);
    let task = scene.sync(&project).await;
    assert_eq!(task.writes(), 4, "only what differs is written");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&person, REPORTER)]));
}

pub async fn a_level_between_two_known_ones_counts_as_the_lower(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("between").await;
    let (owner, security) = (scene.person("owner").await, scene.person("security").await);
    let future = scene.person("future").await;
    scene.join(&project, &owner, 50);
    scene.join(&project, &security, 25);
    scene.join(&project, &future, 35);
    scene.sync(&project).await;
    let wanted = [(&owner, MAINTAINER), (&security, REPORTER), (&future, DEVELOPER)];
    assert_eq!(scene.grants(&project).await, grants(&wanted));
}

pub async fn a_leaver_loses_everything(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("left").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &leaver, 40);
    scene.sync(&project).await;
    assert!(scene.grants(&project).await.contains_key(&leaver.login));
    scene.leave(&project, &leaver);
    let task = scene.sync(&project).await;
    assert_eq!(task.outcome().projects.first().map(|p| p.revoked), Some(6));
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}

pub async fn a_leaver_who_was_the_last_administrator_keeps_admin_and_nothing_else(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("orphan").await;
    let (leaver, developer) = (scene.person("leaver").await, scene.person("developer").await);
    scene.join(&project, &leaver, 50);
    scene.join(&project, &developer, 30);
    scene.sync(&project).await;
    // A project is born with a group that administers it; without it the leaver is the last one.
    scene.admin.revoke_group(&project.key, "sonar-administrators", "admin").await;
    scene.leave(&project, &leaver);
    let task = scene.sync(&project).await;
    let kept = task.outcome().projects.first().map(|project| project.kept.clone()).unwrap_or_default();
    assert!(kept.iter().any(|line| line.starts_with(&leaver.login)), "{kept:?}");
    assert_eq!(scene.grants(&project).await, grants(&[(&leaver, "admin"), (&developer, DEVELOPER)]));
}
