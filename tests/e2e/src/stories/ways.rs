//! Both ways of writing lead to the same.

use applier::rules::Ways;
use proto::{Verdict, Way};
use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, GUEST, MAINTAINER, REPORTER};
use crate::{Project, Scene, Settings, Target, TaskView, grants};

pub async fn single_calls_write_what_is_planned(target: &Target) {
    written(target, Ways::Single, Way::Single).await;
}

pub async fn templates_write_what_is_planned(target: &Target) {
    written(target, Ways::Template, Way::Template).await;
}

/// Syncs, and tells in which way it was written.
async fn sync(scene: &Scene, project: &Project) -> (TaskView, Option<Way>) {
    let task = scene.sync(project).await;
    assert_eq!(task.verdict(), Verdict::Done, "{task:?}");
    let way = task.only().writing.map(|writing| writing.way);
    (task, way)
}

async fn written(target: &Target, ways: Ways, way: Way) {
    let scene = Scene::with(target, Settings { ways, ..Settings::default() }).await;
    let project = scene.project("written").await;
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    let (reporter, guest) = (scene.person("reporter").await, scene.person("guest").await);
    for (person, level) in [(&owner, 50), (&developer, 30), (&reporter, 20), (&guest, 10)] {
        scene.join(&project, person, level);
    }
    let (local, group) = (format!("local-{}", scene.id()), format!("auditors-{}", scene.id()));
    scene.admin.local_person(&local).await;
    scene.admin.group(&group, &[]).await;
    scene.admin.set_visibility(&project.key, "private").await;
    scene.admin.grant(&project.key, &local, "user").await;
    scene.admin.grant_group(&project.key, &group, "codeviewer").await;
    let groups = scene.admin.group_grants(&project.key).await;
    let with_local = |held: &[(&crate::Person, &str)], permissions: &[&str]| {
        let mut wanted = grants(held);
        wanted.insert(local.clone(), permissions.iter().map(|key| (*key).to_owned()).collect());
        wanted
    };

    let (task, by) = sync(&scene, &project).await;
    assert_eq!((task.writes(), by), (14, Some(way)));
    let all = [(&owner, MAINTAINER), (&developer, DEVELOPER), (&reporter, REPORTER), (&guest, GUEST)];
    assert_eq!(scene.grants(&project).await, with_local(&all, &["user"]));
    scene.leave(&project, &developer);
    scene.change_level(&project, &reporter, 30);
    let (task, by) = sync(&scene, &project).await;
    assert_eq!((task.only().granted, task.only().revoked, by), (3, 5, Some(way)));
    let fewer = [(&owner, MAINTAINER), (&reporter, DEVELOPER), (&guest, GUEST)];
    assert_eq!(scene.grants(&project).await, with_local(&fewer, &["user"]));
    assert_eq!(scene.admin.group_grants(&project.key).await, groups, "groups are kept");
    assert_eq!(sync(&scene, &project).await.1, None, "nothing to write, and no way");

    scene.admin.grant(&project.key, &local, "scan").await;
    scene.publish(&project, Visibility::Public);
    scene.change_level(&project, &guest, 40);
    assert_eq!(sync(&scene, &project).await.1, Some(way));
    let (admin, develops) =
        ("issueadmin securityhotspotadmin scan admin", "issueadmin securityhotspotadmin scan");
    let public = [(&owner, admin), (&reporter, develops), (&guest, admin)];
    assert_eq!(scene.grants(&project).await, with_local(&public, &["scan"]));
}

pub async fn what_a_crash_left_of_templates_is_removed_and_nobody_elses(target: &Target) {
    let scene = Scene::with(target, Settings { ways: Ways::Template, ..Settings::default() }).await;
    let project = scene.project("crashed").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 40);
    let left = format!("guassp temporary {} of a crash", project.id);
    let others = [format!("guassp temporary {}0 in use", project.id), format!("Template of {}", project.id)];
    for name in others.iter().chain([&left]) {
        scene.admin.template(name).await;
    }
    assert_eq!(sync(&scene, &project).await.1, Some(Way::Template));
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
    let mut stay = scene.admin.templates_about(&project.id.to_string()).await;
    stay.sort();
    let mut wanted = others.to_vec();
    wanted.sort();
    assert_eq!(stay, wanted);
    for name in others {
        scene.admin.delete_template(&name).await;
    }
}
