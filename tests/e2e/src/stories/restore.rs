//! A project is put back as it was.

use proto::{Cause, Event, TaskId};
use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, GUEST, MAINTAINER, REPORTER};
use crate::{Scene, Target, grants};

pub async fn what_a_sync_took_is_put_back_exactly_until_the_project_is_resumed(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("restored").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    let (lowered, guest) = (scene.person("lowered").await, scene.person("guest").await);
    for (person, level) in [(&owner, 50), (&leaver, 40), (&lowered, 30), (&guest, 10)] {
        scene.join(&project, person, level);
    }
    scene.sync(&project).await;
    let before = [(&owner, MAINTAINER), (&leaver, MAINTAINER), (&lowered, DEVELOPER), (&guest, GUEST)];
    assert_eq!(scene.grants(&project).await, grants(&before));
    let groups = scene.admin.group_grants(&project.key).await;
    scene.leave(&project, &leaver);
    scene.change_level(&project, &lowered, 20);
    let wrong = scene.sync(&project).await;
    scene.publish(&project, Visibility::Public);
    scene.sync(&project).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "public");

    let (code, reason) = scene.put_back(&project, wrong.id).await.expect_err("not paused");
    assert!(code == 409 && reason.contains("not paused"), "{code} {reason}");
    scene.pause(&project).await;
    let (code, reason) = scene.put_back(&project, TaskId::new()).await.expect_err("no such task");
    assert!(code == 404 && reason.contains("holds no change"), "{code} {reason}");
    let task = scene.is_put_back(&project, wrong.id).await;
    assert_eq!(scene.grants(&project).await, grants(&before));
    assert_eq!(scene.admin.visibility(&project.key).await, "private");
    assert_eq!(scene.admin.group_grants(&project.key).await, groups);
    let because = Cause::Restore { by: "ops".to_owned(), before: wrong.id };
    let events = scene.events(&project).await;
    let told = |event: &&Event| matches!(event, Event::Grant(change) if change.task == task && change.cause == because);
    assert!(events.iter().filter(told).count() > 0, "{events:?}");
    let flipped = |event: &Event| matches!(event, Event::Visibility(change) if change.cause == because);
    assert!(events.iter().any(flipped));

    scene.resume(&project).await;
    scene.publish(&project, Visibility::Private);
    scene.sync(&project).await;
    let wanted = [(&owner, MAINTAINER), (&lowered, REPORTER), (&guest, GUEST)];
    assert_eq!(scene.grants(&project).await, grants(&wanted), "the ordinary sync goes on");
}
