//! A group changed: what it reaches is synchronised, whatever fails or is killed, and what SonarQube has is known.

use std::time::Duration;

use e2e::{Person, Project, Scene, Settings, Target, grants, wait};
use proto::{FanOut, GroupId, ProjectId, subject};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Place, level},
};

/// A group with a project in it and in each of two subgroups, all synchronised; then somebody joined the group.
struct Company {
    scene: Scene,
    group: u64,
    subgroups: [u64; 2],
    projects: Vec<Project>,
    owner: Person,
    newcomer: Person,
}

impl Company {
    async fn found() -> Self {
        let scene = Scene::with(&Target::Model, settings()).await;
        let (group, subgroups) = (scene.id(), [scene.id(), scene.id()]);
        let (owner, newcomer) = (scene.person("owner").await, scene.person("newcomer").await);
        let company = format!("c{group}");
        scene.gitlab.world().add_group(group, &company);
        scene.gitlab.world().add_member(Place::Group(group), owner.id, level::REPORTER);
        let mut projects = Vec::new();
        let below = [format!("{company}/one"), format!("{company}/two")];
        for (id, path) in
            [group, subgroups[0], subgroups[1]].into_iter().zip([&company, &below[0], &below[1]])
        {
            scene.gitlab.world().add_group(id, path);
            projects.push(project_in(&scene, path).await);
        }
        scene.gitlab.world().add_member(Place::Group(group), newcomer.id, level::REPORTER);
        Self { scene, group, subgroups, projects, owner, newcomer }
    }

    async fn fan_out(&self) {
        let begin = FanOut::begin(GroupId(self.group), Some("ops".to_owned()));
        self.scene.stack.runtime.jetstream.publish_fan_out(&begin).await.expect("a fan-out");
    }

    async fn has(&self, project: &Project, people: &[&Person]) -> bool {
        let wanted: Vec<_> = people.iter().map(|person| (*person, "user codeviewer")).collect();
        self.scene.grants(project).await == grants(&wanted)
    }

    /// Waits until the newcomer has what the owner has.
    async fn until_granted(&self, project: &Project) {
        let granted = async || self.has(project, &[&self.owner, &self.newcomer]).await.then_some(());
        wait::until("the newcomer's grants", granted).await;
    }

    async fn until_no_step_is_left(&self) {
        let context = self.scene.stack.runtime.jetstream.context();
        let none = async || {
            let stream = context.get_stream(subject::FAN_OUTS).await.ok()?;
            (stream.cached_info().state.messages == 0).then_some(())
        };
        wait::until("the end of the fan-out", none).await;
    }
}

fn settings() -> Settings {
    Settings { ack_wait: Duration::from_secs(2), attempts: 2, ..Settings::default() }
}

/// A bound project below this path, which was synchronised once.
async fn project_in(scene: &Scene, path: &str) -> Project {
    let project = scene.project("p").await;
    scene.gitlab.world().move_project(project.id, &format!("{path}/p{}", project.id));
    scene.sync(&project).await;
    project
}

#[tokio::test]
async fn what_a_group_reaches_is_synchronised_and_nothing_else() {
    let company = Company::found().await;
    let scene = &company.scene;
    let (partner, alone) = (scene.project("partner").await, scene.project("alone").await);
    for project in [&partner, &alone] {
        scene.join(project, &company.owner, level::REPORTER);
        scene.sync(project).await;
        scene.join(project, &company.newcomer, level::REPORTER);
    }
    scene.gitlab.world().invite_group(Place::Project(partner.id), company.group, level::REPORTER);
    let elsewhere = scene.gitlab_project("elsewhere");
    scene.gitlab.world().move_project(elsewhere.id, &format!("c{}/elsewhere", company.group));
    company.fan_out().await;
    for project in company.projects.iter().chain([&partner]) {
        company.until_granted(project).await;
    }
    company.until_no_step_is_left().await;
    scene.quiet(&alone).await;
    assert!(company.has(&alone, &[&company.owner]).await, "out of reach");
    let started = scene.stack.runtime.jetstream.projects.started(ProjectId(elsewhere.id)).await.unwrap();
    assert_eq!(started, None, "SonarQube does not have it");
}

#[tokio::test]
async fn one_group_that_fails_stops_no_other_and_is_replayed_alone() {
    let company = Company::found().await;
    let scene = &company.scene;
    let lists = format!("/groups/{}/projects", company.subgroups[0]);
    scene.gitlab.faults().add(Fault::on("GET", &lists).always().then(FaultKind::Status(500)));
    company.fan_out().await;
    for project in [&company.projects[0], &company.projects[2]] {
        company.until_granted(project).await;
    }
    company.until_no_step_is_left().await;
    let jetstream = &scene.stack.runtime.jetstream;
    let [letter] = jetstream.dead_letters(0, 9).await.unwrap().try_into().unwrap();
    assert_eq!(letter.group, Some(GroupId(company.subgroups[0])));
    assert!(letter.reason.contains("500"), "{}", letter.reason);
    assert!(company.has(&company.projects[1], &[&company.owner]).await);
    scene.gitlab.faults().clear();
    let step = jetstream.dead_message::<FanOut>(letter.number).await.unwrap().expect("a step").afresh();
    jetstream.publish_fan_out(&step).await.unwrap();
    company.until_granted(&company.projects[1]).await;
}

#[tokio::test]
async fn a_fan_out_goes_on_where_a_kill_left_it() {
    let mut company = Company::found().await;
    for call in ["groups/shared", "descendant_groups", "projects"] {
        let path = format!("/groups/{}/{call}", company.group);
        let gate = company.scene.gitlab.faults().hold("GET", &path, 1);
        company.fan_out().await;
        wait::at(&gate).await;
        company.scene.stack.runtime.lifecycle.abort();
        company.scene.stack = company.scene.another_stack().await;
        gate.release();
        for project in &company.projects {
            company.until_granted(project).await;
        }
        company.until_no_step_is_left().await;
        // The next round has something to do again.
        company.scene.gitlab.world().remove_member(Place::Group(company.group), company.newcomer.id);
        for project in &company.projects {
            company.scene.sync(project).await;
        }
        company.scene.gitlab.world().add_member(
            Place::Group(company.group),
            company.newcomer.id,
            level::REPORTER,
        );
    }
}

#[tokio::test]
async fn the_catalogue_follows_sonarqube_without_any_task_and_two_appliers_keep_it_in_peace() {
    let catalog_refresh = Duration::from_millis(200);
    let scene = Scene::with(&Target::Model, Settings { catalog_refresh, ..Settings::default() }).await;
    let second = scene.another_stack().await;
    let (project, other) = (scene.project("shop").await, scene.project("blog").await);
    let catalog = &second.runtime.jetstream.catalog;
    let until = async |project: &Project, wanted: bool| {
        let look = async || (catalog.has(ProjectId(project.id)).await.ok()? == wanted).then_some(());
        wait::until("the catalogue", look).await;
    };
    until(&project, true).await;
    until(&other, true).await;
    {
        let mut world = scene.model().world();
        let deleted = world.projects.remove(&project.key).expect("a project");
        world.bindings.retain(|binding| binding.project_uuid != deleted.uuid);
    }
    until(&project, false).await;
    assert!(catalog.has(ProjectId(other.id)).await.unwrap());
}
