//! What happens in GitLab is in SonarQube a moment later: what a hook tells, and what a sweep finds that no hook tells.

use e2e::{
    Person, Project, Scene, Settings, grants,
    stories::grants::{DEVELOPER, MAINTAINER, REPORTER},
    wait,
};
use sandbox::gitlab::{Place, Visibility, level};

use super::{fleet, install_hook, until_granted, until_running};

/// A project that nobody has synchronised, with an owner.
async fn project(scene: &Scene, name: &str) -> (Project, Person) {
    let (project, owner) = (scene.project(name).await, scene.person("owner").await);
    scene.join(&project, &owner, level::MAINTAINER);
    (project, owner)
}

/// The group that the project lies in.
fn group_of(scene: &Scene, project: &Project) -> u64 {
    let (group, _) = project.path.rsplit_once('/').expect("a group");
    let world = scene.gitlab.world();
    world.groups.values().find(|known| known.full_path == group).expect("a group").id
}

/// Somebody who holds something in SonarQube that GitLab's memberships do not give.
async fn left_over(scene: &Scene, project: &Project, name: &str) -> Person {
    let person = scene.person(name).await;
    scene.admin.grant(&project.key, &person.login, "user").await;
    person
}

#[tokio::test]
async fn a_member_who_comes_changes_or_goes_is_followed_at_once() {
    let (scene, mut fleet) = fleet(Settings::default(), &[]).await;
    let (shop, owner) = project(&scene, "shop").await;
    let member = scene.person("member").await;
    until_running(&scene, &mut fleet, &[&shop]).await;
    install_hook(&scene);
    scene.join(&shop, &member, level::DEVELOPER);
    until_granted(&scene, &shop, &grants(&[(&owner, MAINTAINER), (&member, DEVELOPER)])).await;
    scene.change_level(&shop, &member, level::REPORTER);
    until_granted(&scene, &shop, &grants(&[(&owner, MAINTAINER), (&member, REPORTER)])).await;
    scene.leave(&shop, &member);
    until_granted(&scene, &shop, &grants(&[(&owner, MAINTAINER)])).await;
}

#[tokio::test]
async fn a_member_of_a_group_is_followed_in_the_projects_below_it() {
    let (scene, mut fleet) = fleet(Settings::default(), &[]).await;
    let (added, changed, removed) =
        (project(&scene, "added").await, project(&scene, "changed").await, project(&scene, "removed").await);
    let (newcomer, promoted) = (scene.person("newcomer").await, scene.person("promoted").await);
    let leaver = left_over(&scene, &removed.0, "leaver").await;
    let groups = [&added, &changed, &removed].map(|(project, _)| Place::Group(group_of(&scene, project)));
    scene.gitlab.change(|world| {
        world.add_member(groups[1], promoted.id, level::REPORTER);
        world.add_member(groups[2], leaver.id, level::REPORTER);
    });
    until_running(&scene, &mut fleet, &[&added.0, &changed.0, &removed.0]).await;
    install_hook(&scene);
    scene.gitlab.change(|world| {
        world.add_member(groups[0], newcomer.id, level::DEVELOPER);
        world.set_level(groups[1], promoted.id, level::DEVELOPER);
        world.remove_member(groups[2], leaver.id);
    });
    let (added, its, changed, whose) = (added.0, added.1, changed.0, changed.1);
    until_granted(&scene, &added, &grants(&[(&its, MAINTAINER), (&newcomer, DEVELOPER)])).await;
    until_granted(&scene, &changed, &grants(&[(&whose, MAINTAINER), (&promoted, DEVELOPER)])).await;
    until_granted(&scene, &removed.0, &grants(&[(&removed.1, MAINTAINER)])).await;
}

#[tokio::test]
async fn an_account_that_is_blocked_or_deleted_loses_everything() {
    let (scene, mut fleet) = fleet(Settings::default(), &[]).await;
    let (shop, owner) = project(&scene, "shop").await;
    let (blog, author) = project(&scene, "blog").await;
    let blocked = left_over(&scene, &shop, "blocked").await;
    let deleted = left_over(&scene, &blog, "deleted").await;
    scene.join(&shop, &blocked, level::DEVELOPER);
    scene.join(&blog, &deleted, level::DEVELOPER);
    until_running(&scene, &mut fleet, &[&shop, &blog]).await;
    install_hook(&scene);
    // GitLab tells nobody of the block; it does when the person tries to sign in.
    scene.block(&blocked);
    scene.gitlab.world().fail_login(blocked.id);
    until_granted(&scene, &shop, &grants(&[(&owner, MAINTAINER)])).await;
    scene.gitlab.world().delete_user(deleted.id);
    until_granted(&scene, &blog, &grants(&[(&author, MAINTAINER)])).await;
}

#[tokio::test]
async fn a_project_that_is_opened_renamed_or_moved_is_followed() {
    let (scene, mut fleet) = fleet(Settings::default(), &[]).await;
    let (opened, renamed, moved) =
        (project(&scene, "opened").await, project(&scene, "renamed").await, project(&scene, "moved").await);
    let (elsewhere, resident) = (scene.id(), scene.person("resident").await);
    scene.gitlab.change(|world| {
        world.add_group(elsewhere, "elsewhere");
        world.add_member(Place::Group(elsewhere), resident.id, level::REPORTER);
    });
    scene.admin.set_visibility(&opened.0.key, "private").await;
    until_running(&scene, &mut fleet, &[&opened.0, &renamed.0, &moved.0]).await;
    install_hook(&scene);
    scene.publish(&opened.0, Visibility::Public);
    let public = async || (scene.admin.visibility(&opened.0.key).await == "public").then_some(());
    wait::until("a public project", public).await;
    scene.gitlab.world().rename_project(renamed.0.id, "other-name");
    until_granted(&scene, &renamed.0, &grants(&[(&renamed.1, MAINTAINER)])).await;
    scene.gitlab.world().transfer_project(moved.0.id, "elsewhere");
    until_granted(&scene, &moved.0, &grants(&[(&moved.1, MAINTAINER), (&resident, REPORTER)])).await;
}

#[tokio::test]
async fn what_gitlab_tells_nobody_is_found_by_the_next_sweep() {
    let often = [("GUASSP_RESOLVER__SWEEP__EVERY", "1s"), ("GUASSP_GITLAB__CACHE_AGE", "1s")];
    let (scene, mut fleet) = fleet(Settings::default(), &often).await;
    let (shop, owner) = (scene.project("shop").await, scene.person("owner").await);
    let (guest, guests) = (scene.person("guest").await, scene.id());
    scene.gitlab.change(|world| {
        world.add_group(guests, "guests");
        world.add_member(Place::Group(guests), guest.id, level::DEVELOPER);
    });
    until_running(&scene, &mut fleet, &[&shop]).await;
    install_hook(&scene);
    let (alone, both) =
        (grants(&[(&owner, MAINTAINER)]), grants(&[(&owner, MAINTAINER), (&guest, REPORTER)]));
    // A sweep compares with what was synchronised before.
    scene.join(&shop, &owner, level::MAINTAINER);
    until_granted(&scene, &shop, &alone).await;
    let place = Place::Project(shop.id);
    scene.gitlab.world().invite_group(place, guests, level::REPORTER);
    until_granted(&scene, &shop, &both).await;
    scene.block(&guest);
    until_granted(&scene, &shop, &alone).await;
    scene.gitlab.world().unblock_user(guest.id);
    until_granted(&scene, &shop, &both).await;
    scene.gitlab.world().remove_link(place, guests);
    until_granted(&scene, &shop, &alone).await;
    assert_eq!(scene.gitlab.deliveries().len(), 1, "nothing was told but the first");
}
