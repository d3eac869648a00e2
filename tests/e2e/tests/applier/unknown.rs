//! Permissions that this build does not know stay what they are, in both ways of writing.

use std::collections::BTreeSet;

use applier::rules::Ways;
use e2e::{Scene, Settings, Target};
use proto::{Verdict, Way};
use sandbox::{
    Fault, FaultKind,
    gitlab::level,
    sonarqube::{ARCHITECTURE_ADMIN, SONAR_USERS},
};

fn set(permissions: &str) -> BTreeSet<String> {
    permissions.split_whitespace().map(str::to_owned).collect()
}

/// A server that knows one permission more, which a member, a leaver and a group hold.
async fn written(ways: Ways, refused: bool) -> Way {
    let scene = Scene::with(&Target::Model, Settings { ways, ..Settings::default() }).await;
    scene.model().world().project_permissions.push(ARCHITECTURE_ADMIN.to_owned());
    let project = scene.project("newer").await;
    let (member, leaver) = (scene.person("member").await, scene.person("leaver").await);
    scene.join(&project, &member, level::REPORTER);
    scene.admin.set_visibility(&project.key, "private").await;
    for login in [&member.login, &leaver.login] {
        scene.admin.grant(&project.key, login, ARCHITECTURE_ADMIN).await;
        scene.admin.grant(&project.key, login, "scan").await;
    }
    scene.admin.grant_group(&project.key, SONAR_USERS, ARCHITECTURE_ADMIN).await;
    let groups = scene.admin.group_grants(&project.key).await;
    if refused {
        let fill = Fault::on("POST", "/api/permissions/add_user_to_template");
        scene.model().faults().add(fill.then(FaultKind::Status(400)));
    }
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.writes()), (Verdict::Done, 4), "{task:?}");
    let held = scene.grants(&project).await;
    assert_eq!(held[&member.login], set("user codeviewer architectureadmin"));
    assert_eq!(held[&leaver.login], set("architectureadmin"), "it is not this system's to take");
    assert_eq!(scene.admin.group_grants(&project.key).await, groups);
    assert!(groups[SONAR_USERS].contains(ARCHITECTURE_ADMIN));
    assert!(scene.admin.templates_about("guassp").await.is_empty(), "no template is left");
    task.only().writing.expect("something is written").way
}

#[tokio::test]
async fn they_survive_single_calls() {
    assert_eq!(written(Ways::Single, false).await, Way::Single);
}

#[tokio::test]
async fn they_survive_a_template_and_where_it_refuses_them_single_calls_are_made() {
    assert_eq!(written(Ways::Template, false).await, Way::Template);
    assert_eq!(written(Ways::Template, true).await, Way::Single);
}
