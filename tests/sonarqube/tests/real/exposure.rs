//! A group that everybody is in opens projects to people whom GitLab keeps out, and closing it shuts them out.

use std::collections::BTreeSet;

use e2e::stories::grants::DEVELOPER;
use e2e::{Scene, Settings, Target, grants};
use reqwest::StatusCode;

use super::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_no_member_sees_a_private_project_until_its_groups_are_closed() {
    let mut settings = Settings::default();
    settings.rules.closed_groups = BTreeSet::from(["sonar-users".to_owned(), "Anyone".to_owned()]);
    let scene = Scene::with(&Target::Real, settings).await;
    let server = Server::named().await;
    let project = scene.project("exposed").await;
    scene.admin.set_visibility(&project.key, "private").await;
    let (outsider, member) = (scene.person("outsider").await, scene.person("member").await);
    scene.join(&project, &member, 30);
    let tokens = [server.token_of(&outsider.login).await, server.token_of(&member.login).await];
    for token in &tokens {
        assert_eq!(server.shown(&project.key, token).await, StatusCode::OK, "sonar-users lets everybody in");
    }

    scene.sync(&project).await;
    let [outsider, of_member] = tokens.each_ref();
    assert_eq!(server.shown(&project.key, outsider).await, StatusCode::FORBIDDEN);
    assert_eq!(server.shown(&project.key, of_member).await, StatusCode::OK);
    assert_eq!(scene.grants(&project).await, grants(&[(&member, DEVELOPER)]));
    let groups = scene.admin.group_grants(&project.key).await;
    assert!(!groups.contains_key("sonar-users") && groups.contains_key("sonar-administrators"), "{groups:?}");
}
