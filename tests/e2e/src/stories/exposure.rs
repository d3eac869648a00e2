//! Groups that let in everybody.

use applier::rules::Rules;
use proto::{Event, Grantee, PermissionSet};
use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Scene, Settings, Target, grants};

const EVERYBODY: &str = "sonar-users";
const ADMINISTRATORS: &str = "sonar-administrators";

pub async fn a_group_that_lets_everybody_into_a_private_project_is_told(target: &Target) {
    let scene = Scene::start(target).await;
    let (project, open) = (scene.project("exposed").await, scene.project("open").await);
    let owner = scene.person("owner").await;
    scene.person("outside").await;
    scene.person("elsewhere").await;
    scene.join(&project, &owner, 40);
    scene.join(&open, &owner, 40);
    scene.publish(&open, Visibility::Public);
    let task = scene.sync(&project).await;
    let exposure = task.only().exposure.iter().find(|exposure| exposure.group == EVERYBODY);
    let exposure = exposure.unwrap_or_else(|| panic!("{task:?}"));
    // The model's own administrator is one more; a real server knows whom other stories have made.
    let expected = if *target == Target::Model { exposure.lets_in == 3 } else { exposure.lets_in >= 2 };
    assert!(expected, "{exposure:?}");
    assert!(exposure.permissions.contains(proto::Permission::User), "{exposure:?}");
    assert!(scene.admin.group_grants(&project.key).await.contains_key(EVERYBODY), "it is only told");
    let task = scene.sync(&open).await;
    assert!(task.only().exposure.is_empty(), "a public project is everybody's: {task:?}");
}

pub async fn a_private_project_is_closed_to_the_groups_and_a_public_one_is_not(target: &Target) {
    let closed_groups = [EVERYBODY, "Anyone", ADMINISTRATORS].map(str::to_owned).into();
    let rules = Rules { closed_groups, ..Settings::default().rules };
    let scene = Scene::with(target, Settings { rules, ..Settings::default() }).await;
    let (project, open) = (scene.project("closed").await, scene.project("stays-open").await);
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    scene.join(&project, &owner, 40);
    scene.join(&project, &developer, 30);
    scene.join(&open, &owner, 40);
    scene.publish(&open, Visibility::Public);
    scene.admin.grant_group(&project.key, "Anyone", "issueadmin").await;
    let (before, opened) =
        (scene.admin.group_grants(&project.key).await, scene.admin.group_grants(&open.key).await);
    assert!(before.contains_key(EVERYBODY) && before.contains_key("Anyone"));
    assert_eq!(scene.admin.visibility(&project.key).await, "public");

    let task = scene.sync(&project).await;
    let open_to: Vec<_> = task.only().exposure.iter().map(|exposure| exposure.group.as_str()).collect();
    // On the real server nobody but this system's own account may be in that group; then it lets nobody in.
    let lets_in = *target == Target::Model || !open_to.is_empty();
    let wanted: &[&str] = if lets_in { &[ADMINISTRATORS] } else { &[] };
    assert_eq!(open_to, wanted, "told, and never closed");
    let groups = scene.admin.group_grants(&project.key).await;
    assert_eq!(groups.keys().collect::<Vec<_>>(), [ADMINISTRATORS]);
    let members = grants(&[(&owner, MAINTAINER), (&developer, DEVELOPER)]);
    assert_eq!(scene.grants(&project).await, members);
    let closing = |event: &Event| match event {
        Event::Grant(told) if told.change.grantee == Grantee::Group(EVERYBODY.to_owned()) => {
            (!told.before.is_empty() && told.after == PermissionSet::EMPTY).then_some(told.task)
        }
        _ => None,
    };
    let told: Vec<_> = scene.events(&project).await.iter().filter_map(closing).collect();
    assert!(told.len() >= 4 && told.iter().all(|by| *by == task.id), "{told:?}");
    assert_eq!(scene.sync(&project).await.writes(), 0, "a closed project stays as it is");
    scene.sync(&open).await;
    assert_eq!(scene.admin.group_grants(&open.key).await, opened, "a public project is left");

    scene.is_put_back(&project, task.id).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "public");
    assert_eq!(scene.admin.group_grants(&project.key).await, before, "the groups have everything back");
    assert!(scene.grants(&project).await.is_empty());
}
