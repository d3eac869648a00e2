//! What a sweep notices, and what it leaves alone.

use std::time::Duration;

use access::{Policy, Scope};
use e2e::{Settings, grants};
use proto::{ProjectId, Verdict};
use sandbox::gitlab::{Place, Visibility, level};

use super::{EVERY, Ground};

const REPORTER: &str = "user codeviewer";

#[tokio::test]
async fn where_nothing_has_changed_a_sweep_costs_a_call_a_project_and_makes_nothing() {
    const PROJECTS: usize = 10;
    let ground = Ground::new().await;
    let mut projects = Vec::new();
    for nth in 0..PROJECTS {
        let project = ground.fresh("p").await;
        if nth % 2 == 0 {
            ground.scene.join(&project, &ground.owner, level::OWNER);
        }
        assert_eq!(ground.scene.sync(&project).await.verdict(), Verdict::Done);
        projects.push(project);
    }
    let all: Vec<_> = projects.iter().collect();
    let (asked, writes) = (ground.asked(), ground.scene.model().writes().len());
    ground.sweep(&all).await;
    // The list of projects, and that of the group's members.
    assert_eq!(ground.asked() - asked, PROJECTS + 2);
    ground.sweep(&all).await;
    assert_eq!(ground.asked() - asked, 2 * PROJECTS + 3, "the group is known");
    for project in all {
        assert_eq!(ground.caused(project).await, 0);
    }
    assert_eq!(ground.scene.model().writes().len(), writes);
}

#[tokio::test]
async fn what_gitlab_tells_nobody_of_is_noticed_by_the_next_sweep() {
    let unkept = Settings { cache_age: Duration::from_millis(1), ..Settings::default() };
    let ground = Ground::with(unkept).await;
    let scene = &ground.scene;
    let (blocked, gone, left) =
        (scene.person("blocked").await, scene.person("gone").await, scene.person("left").await);
    let (partner, guest) = (scene.id(), scene.person("guest").await);
    scene.gitlab.world().add_group(partner, &format!("partner-{partner}"));
    scene.gitlab.world().add_member(Place::Group(partner), guest.id, level::OWNER);
    for person in [&blocked, &gone] {
        scene.gitlab.world().add_member(Place::Group(ground.group), person.id, level::REPORTER);
    }
    let (project, other) = (ground.fresh("shop").await, ground.project("other").await);
    scene.join(&project, &left, level::REPORTER);
    scene.sync(&project).await;
    let mut held = vec![&ground.owner, &blocked, &gone, &left];
    let mut noticed = 0;
    let mut check = async |held: &[&e2e::Person]| {
        ground.sweep(&[&project]).await;
        noticed += 1;
        assert_eq!(ground.caused(&project).await, noticed);
        let wanted: Vec<_> = held.iter().map(|person| (*person, REPORTER)).collect();
        assert_eq!(scene.grants(&project).await, grants(&wanted), "{noticed}");
    };

    scene.gitlab.world().invite_group(Place::Project(project.id), partner, level::REPORTER);
    held.push(&guest);
    check(&held).await;
    scene.block(&blocked);
    held.retain(|person| *person != &blocked);
    check(&held).await;
    scene.leave(&project, &left);
    held.retain(|person| *person != &left);
    check(&held).await;
    scene.gitlab.world().remove_member(Place::Group(ground.group), gone.id);
    held.retain(|person| *person != &gone);
    check(&held).await;
    scene.publish(&project, Visibility::Public);
    ground.sweep(&[&project, &other]).await;
    assert_eq!(scene.admin.visibility(&project.key).await, "public");
    ground.sweep(&[&project, &other]).await;
    assert_eq!(ground.caused(&project).await, 5, "each once");
    // The blocked person, and the one who left the group.
    assert_eq!(ground.caused(&other).await, 2);
    assert_eq!(scene.grants(&other).await, grants(&[(&ground.owner, REPORTER)]));
}

#[tokio::test]
async fn only_what_sonarqube_has_and_no_setting_leaves_alone_gets_a_task() {
    let (skip, catalog_refresh) = ("alone".parse::<Scope>().expect("a path"), EVERY);
    let policy = Policy { skip: [skip].into(), ..Policy::default() };
    let ground = Ground::with(Settings { policy, catalog_refresh, ..Settings::default() }).await;
    let scene = &ground.scene;
    let (changed, alone) = (ground.project("changed").await, scene.project("alone").await);
    let newcomer = scene.person("newcomer").await;
    scene.join(&changed, &newcomer, level::REPORTER);
    scene.gitlab.world().add_group(scene.id(), "alone");
    scene.gitlab.world().move_project(alone.id, &format!("alone/p{}", alone.id));
    let elsewhere = scene.gitlab_project("elsewhere");
    ground.sweep(&[]).await;
    for project in [&changed, &alone] {
        ground.until_in_catalogue(project).await;
    }
    ground.sweep(&[&changed, &alone, &elsewhere]).await;
    assert_eq!(scene.grants(&changed).await, grants(&[(&ground.owner, REPORTER), (&newcomer, REPORTER)]));
    assert_eq!(ground.caused(&changed).await, 1);
    for project in [&alone, &elsewhere] {
        let started = scene.stack.runtime.jetstream.projects.started(ProjectId(project.id)).await;
        assert_eq!(started.expect("an answer"), None, "{}", project.key);
    }
}

#[tokio::test]
async fn a_plan_that_may_have_lacked_people_is_made_anew_once_the_token_sees_everybody() {
    let ground = Ground::new().await;
    let scene = &ground.scene;
    let project = ground.fresh("unsure").await;
    scene.publish(&project, Visibility::Public);
    let token = scene.gitlab.change(|world| {
        let root = world.users.values_mut().find(|user| user.admin).expect("an administrator");
        root.admin = false;
        root.id
    });
    scene.sync(&project).await;
    ground.sweep(&[&project]).await;
    assert_eq!(ground.caused(&project).await, 0, "GitLab does not list it for somebody who is no member");
    scene.gitlab.world().add_member(Place::Project(project.id), token, level::GUEST);
    for _ in 0..2 {
        ground.sweep(&[&project]).await;
        assert_eq!(ground.caused(&project).await, 1);
    }
}

#[tokio::test]
async fn what_cannot_be_synchronised_is_not_tried_by_every_sweep() {
    let ground = Ground::with(Settings { attempts: 1, ..Settings::default() }).await;
    let (managed, gone) = (ground.fresh("managed").await, ground.project("gone").await);
    ground.scene.model().world().projects.get_mut(&managed.key).expect("a project").managed = true;
    assert_eq!(ground.scene.sync(&managed).await.verdict(), Verdict::Skipped);
    ground.scene.gitlab.world().projects.remove(&gone.id);
    for _ in 0..3 {
        ground.sweep(&[&managed, &gone]).await;
        for project in [&managed, &gone] {
            assert_eq!(ground.caused(project).await, 0, "{}", project.key);
        }
    }
}
