//! Every project is read whole now and then, whatever anybody told. The time of the services stands still, and passes
//! because a test lets it.

use std::time::Duration;

use e2e::{Project, Scene, Settings, Target, Time, wait};
use jiff::SignedDuration;
use proto::{Cause, Event, ProjectId, Verdict};
use sandbox::gitlab::{Place, Visibility, level};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

struct Ground {
    scene: Scene,
    time: Time,
}

impl Ground {
    /// Each project comes once an hour.
    async fn with(settings: Settings) -> Self {
        let time = Time::standing();
        let reconcile_every = Duration::from_secs(3600);
        let settings = Settings { reconcile_every, clock: time.clock(), ..settings };
        Self { scene: Scene::with(&Target::Model, settings).await, time }
    }

    /// A bound project with an owner.
    async fn project(&self, name: &str) -> Project {
        let (project, owner) = (self.scene.project(name).await, self.scene.person("owner").await);
        self.scene.join(&project, &owner, level::MAINTAINER);
        project
    }

    /// The hours are counted from here.
    async fn until_counting(&self) {
        let projects = &self.scene.stack.runtime.jetstream.projects;
        let counting = async || projects.reconciled().await.ok()?.value.map(|_| ());
        wait::until("the first turn", counting).await;
    }

    /// How many tasks ended that came because the project was the stalest.
    async fn caused(&self, project: &Project) -> usize {
        let is_caused =
            |event: &Event| matches!(event, Event::TaskEnded(end) if end.cause == Cause::Reconcile);
        self.scene.events(project).await.iter().filter(|event| is_caused(event)).count()
    }

    async fn until_caused(&self, project: &Project, count: usize) {
        let caused = async || (self.caused(project).await == count).then_some(());
        wait::until("a sync of the stalest", caused).await;
        self.scene.quiet(project).await;
    }
}

#[tokio::test]
async fn a_change_of_which_the_hook_was_lost_is_healed_within_the_period() {
    let ground = Ground::with(Settings::default()).await;
    let project = ground.project("shop").await;
    ground.scene.sync(&project).await;
    ground.until_counting().await;
    let newcomer = ground.scene.person("newcomer").await;
    ground.scene.join(&project, &newcomer, level::DEVELOPER);
    for nth in 1..=2 {
        ground.time.pass(HOUR);
        ground.until_caused(&project, nth).await;
        assert!(ground.scene.grants(&project).await.contains_key(&newcomer.login));
    }
}

#[tokio::test]
async fn a_project_that_no_list_shows_comes_due_all_the_same() {
    let ground = Ground::with(Settings::default()).await;
    let project = ground.project("public").await;
    {
        // The token's user sees what is public, and is a member of nothing.
        let mut world = ground.scene.gitlab.world();
        world.users.values_mut().for_each(|user| user.admin = false);
        world.groups.values_mut().for_each(|group| group.visibility = Visibility::Public);
    }
    ground.scene.publish(&project, Visibility::Public);
    ground.scene.sync(&project).await;
    ground.until_counting().await;
    let newcomer = ground.scene.person("newcomer").await;
    ground.scene.join(&project, &newcomer, level::DEVELOPER);
    ground.time.pass(HOUR);
    ground.until_caused(&project, 1).await;
    assert!(ground.scene.grants(&project).await.contains_key(&newcomer.login));
}

#[tokio::test]
async fn a_new_project_of_sonarqube_gets_its_sync_without_any_trigger() {
    let settings = Settings { catalog_refresh: Duration::from_millis(200), ..Settings::default() };
    let ground = Ground::with(settings).await;
    let owner = ground.scene.person("owner").await;
    let project = ground.scene.gitlab_project("fresh");
    ground.scene.gitlab.world().add_member(Place::Project(project.id), owner.id, level::MAINTAINER);
    ground.scene.admin.bound_project(&project.key, project.id, false).await;
    ground.time.pass(SignedDuration::from_secs(11));
    let listed = async || {
        ground.time.pass(SignedDuration::from_secs(11));
        let catalog = &ground.scene.stack.runtime.jetstream.catalog;
        catalog.entry(ProjectId(project.id)).await.ok()?.map(|_| ())
    };
    wait::until("the catalogue", listed).await;
    ground.time.pass(SignedDuration::from_secs(11));
    ground.until_caused(&project, 1).await;
    assert!(ground.scene.grants(&project).await.contains_key(&owner.login));
}

#[tokio::test]
async fn a_new_project_that_only_its_name_leads_to_gets_its_sync_without_any_trigger() {
    let (catalog_refresh, sweep_every) = (Duration::from_millis(200), Duration::from_secs(10));
    let ground = Ground::with(Settings { catalog_refresh, sweep_every, ..Settings::default() }).await;
    let owner = ground.scene.person("owner").await;
    let project = ground.scene.gitlab_project("named");
    ground.scene.gitlab.world().add_member(Place::Project(project.id), owner.id, level::MAINTAINER);
    ground.scene.admin.project(&project.key, &project.path).await;
    // The directory has its path with the next sweep, and then the next listing of SonarQube finds its name there.
    let granted = async || {
        ground.time.pass(SignedDuration::from_secs(11));
        ground.scene.grants(&project).await.contains_key(&owner.login).then_some(())
    };
    wait::until("the first sync", granted).await;
    ground.scene.quiet(&project).await;
    let events = ground.scene.events(&project).await;
    let cause = |event: &Event| match event {
        Event::TaskEnded(end) => Some(end.cause.clone()),
        _ => None,
    };
    assert_eq!(events.iter().find_map(cause), Some(Cause::Appeared));
}

#[tokio::test]
async fn what_cannot_be_synchronised_is_tried_once_a_period() {
    let ground = Ground::with(Settings { attempts: 1, ..Settings::default() }).await;
    let managed = ground.project("managed").await;
    ground.scene.sync(&managed).await;
    ground.scene.model().world().projects.get_mut(&managed.key).expect("a project").managed = true;
    assert_eq!(ground.scene.sync(&managed).await.verdict(), Verdict::Skipped);
    ground.until_counting().await;
    for nth in 1..=2 {
        ground.time.pass(HOUR);
        ground.until_caused(&managed, nth).await;
    }
}
