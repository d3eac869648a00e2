//! Sweeps: what nobody tells of is noticed all the same, at little cost, and whatever fails meanwhile.
//!
//! The time of the services stands still, and each sweep begins because a test lets it pass.

mod budget;
mod noticed;
mod trouble;

use std::time::Duration;

use e2e::{Person, Project, Scene, Settings, Target, Time, wait};
use jiff::SignedDuration;
use proto::{Cause, Event, ProjectId};
use sandbox::gitlab::{Place, level};

/// From one sweep to the next.
const EVERY: Duration = Duration::from_millis(200);

/// A scene in which a sweep begins when a test says so.
struct Ground {
    scene: Scene,
    time: Time,
    /// A group, and its owner.
    group: u64,
    owner: Person,
}

impl Ground {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// Nothing is kept of groups, unless `settings` say so: a change of a group is seen at once.
    async fn with(settings: Settings) -> Self {
        let time = Time::standing();
        let settings = Settings { sweep_every: EVERY, clock: time.clock(), ..settings };
        let scene = Scene::with(&Target::Model, settings).await;
        let (group, owner) = (scene.id(), scene.person("owner").await);
        scene.gitlab.world().add_group(group, &format!("c{group}"));
        scene.gitlab.world().add_member(Place::Group(group), owner.id, level::REPORTER);
        let ground = Self { scene, time, group, owner };
        // The first sweep comes as soon as SonarQube's projects are known, and there are none.
        ground.until_swept().await;
        ground
    }

    /// A bound project of the group, which was never synchronised.
    async fn fresh(&self, name: &str) -> Project {
        let project = self.scene.project(name).await;
        let path = format!("c{}/{name}-{}", self.group, project.id);
        self.scene.gitlab.world().move_project(project.id, &path);
        Project { path, ..project }
    }

    /// A bound project of the group, which was synchronised once.
    async fn project(&self, name: &str) -> Project {
        let project = self.fresh(name).await;
        self.scene.sync(&project).await;
        project
    }

    /// It becomes time for a sweep.
    fn pass(&self) {
        self.time.pass(SignedDuration::try_from(EVERY).expect("short"));
    }

    /// A whole sweep, and the end of what came of it for the projects.
    async fn sweep(&self, projects: &[&Project]) {
        self.pass();
        self.until_swept().await;
        for project in projects {
            self.scene.quiet(project).await;
        }
    }

    async fn until_begun(&self) {
        wait::until("the beginning of a sweep", async || self.has_begun().await.then_some(())).await;
    }

    async fn until_swept(&self) {
        let jetstream = &self.scene.stack.runtime.jetstream;
        let ended = async || {
            let is_over = self.has_begun().await && !jetstream.is_sweeping().await.ok()?;
            is_over.then_some(())
        };
        wait::until("the end of a sweep", ended).await;
    }

    /// Whether the sweep for which it is time has begun.
    async fn has_begun(&self) -> bool {
        let last = self.scene.stack.runtime.jetstream.projects.last_sweep().await;
        last.is_ok_and(|last| last.began == self.time.now())
    }

    /// How many tasks ended that sweeps had made.
    async fn caused(&self, project: &Project) -> usize {
        let is_caused =
            |event: &Event| matches!(event, Event::TaskEnded(end) if end.cause == Cause::Reconcile);
        self.scene.events(project).await.iter().filter(|event| is_caused(event)).count()
    }

    /// How many requests were made to GitLab.
    fn asked(&self) -> usize {
        self.scene.gitlab.requests().len()
    }

    /// How many of them were for the first page of all projects: as many as there were sweeps, but for the very first.
    fn lists(&self) -> usize {
        let is_first = |query: &str| query.contains("id_after=0");
        let lists = self.scene.gitlab.requests().iter().filter(|request| is_first(&request.query)).count();
        lists - 1
    }

    async fn until_in_catalogue(&self, project: &Project) {
        let catalog = &self.scene.stack.runtime.jetstream.catalog;
        let has = async || catalog.has(ProjectId(project.id)).await.ok()?.then_some(());
        wait::until("the catalogue", has).await;
    }
}
