//! Four resolvers and one limit: sweeps and triggers together never ask GitLab too often, and where no budget is set
//! its refusals drop nothing.
//!
//! The limit's window is four seconds in place of a minute, and holds fewer calls than GitLab's. The part that stays
//! unused is the same three hundredths, so what calls may come too early by is a fifteenth of what it is for a minute.

use std::time::Duration;

use e2e::{Person, Project, Scene, Settings, Stack, Target, TaskView, grants, wait};
use futures::future::join_all;
use proto::{CatalogEntry, Event, ProjectId, Verdict};
use resolver::gitlab::Budget;
use sandbox::gitlab::{LimitStyle, Place, RateLimit, level};

const WINDOW: Duration = Duration::from_secs(4);
const PROJECTS: usize = 60;
/// How many of them change, and how many others are triggered at that time.
const SOME: usize = 20;

/// Sixty projects of one group, and four resolvers that sweep every second.
struct Company {
    scene: Scene,
    others: Vec<Stack>,
    projects: Vec<Project>,
    owner: Person,
}

impl Company {
    /// From the end on GitLab allows so many calls in [`WINDOW`], and SonarQube is known to have the projects.
    async fn found(budget: Budget, calls: usize, style: LimitStyle) -> Self {
        let sweep_every = Duration::from_secs(1);
        // What was never read is asked for by gateways.
        let reconcile_every = Duration::from_secs(86_400);
        let settings = Settings { attempts: 8, sweep_every, reconcile_every, budget, ..Settings::default() };
        let scene = Scene::with(&Target::Model, settings).await;
        let (group, owner) = (scene.id(), scene.person("owner").await);
        scene.gitlab.world().add_group(group, "company");
        scene.gitlab.world().add_member(Place::Group(group), owner.id, level::REPORTER);
        let mut projects = Vec::new();
        for _ in 0..PROJECTS {
            let project = scene.project("p").await;
            scene.gitlab.world().move_project(project.id, &format!("company/p{}", project.id));
            projects.push(project);
        }
        let others = join_all((0..3).map(|_| scene.another_stack())).await;
        scene.gitlab.world().rate_limit = Some(RateLimit { calls, within: WINDOW, style });
        let company = Self { scene, others, projects, owner };
        company.list().await;
        company
    }

    /// The catalogue gets all projects at once.
    async fn list(&self) {
        let at = jiff::Timestamp::now();
        for project in &self.projects {
            let entry = CatalogEntry { keys: vec![project.key.clone()], by_name: false, path: None, at };
            let catalog = &self.scene.stack.runtime.jetstream.catalog;
            catalog.note(ProjectId(project.id), Some(entry)).await.expect("an entry");
        }
    }

    /// Sweeps synchronise all projects for the first time; then some change, and others are triggered.
    async fn work(&self) {
        let scene = &self.scene;
        for project in &self.projects {
            self.until_granted(project, &[&self.owner]).await;
        }
        let newcomer = scene.person("newcomer").await;
        let (changed, others) = self.projects.split_at(SOME);
        for project in changed {
            scene.join(project, &newcomer, level::REPORTER);
        }
        let triggered: Vec<TaskView> =
            join_all(others.iter().take(SOME).map(|project| scene.sync(project))).await;
        assert!(triggered.iter().all(|task| matches!(task.verdict(), Verdict::Done | Verdict::Superseded)));
        for project in changed {
            self.until_granted(project, &[&self.owner, &newcomer]).await;
        }
        let before = self.sweeps();
        wait::until("one more sweep", async || (self.sweeps() > before).then_some(())).await;
    }

    async fn until_granted(&self, project: &Project, people: &[&Person]) {
        let wanted: Vec<_> = people.iter().map(|person| (*person, "user codeviewer")).collect();
        let wanted = grants(&wanted);
        let granted = async || (self.scene.grants(project).await == wanted).then_some(());
        wait::until("the grants", granted).await;
    }

    /// How many sweeps have ended.
    fn sweeps(&self) -> u64 {
        let ended = |stack: &Stack| -> u64 {
            let text = stack.runtime.metrics.render().expect("metrics");
            let line = text.lines().find_map(|line| line.strip_prefix("guassp_sweeps_total "));
            line.and_then(|count| count.parse().ok()).expect("a count")
        };
        self.others.iter().chain([&self.scene.stack]).map(ended).sum()
    }

    /// Every task that ended was done, or another one did it; no message was given up.
    async fn check(&self) {
        for project in &self.projects {
            self.scene.quiet(project).await;
            for event in self.scene.events(project).await {
                let Event::TaskEnded(end) = event else { continue };
                let verdict = end.outcome.verdict;
                assert!(matches!(verdict, Verdict::Done | Verdict::Superseded), "{:?}", end.outcome);
            }
        }
        let letters = self.scene.stack.runtime.jetstream.dead_letters(0, 9).await.expect("letters");
        assert!(letters.is_empty(), "{letters:?}");
    }

    /// How many calls there were of this kind, and how many were too many.
    fn calls(&self, is_meant: impl Fn(&str) -> bool) -> (usize, usize) {
        let requests = self.scene.gitlab.requests();
        let calls: Vec<_> = requests.iter().filter(|request| is_meant(&request.path)).collect();
        (calls.len(), calls.iter().filter(|request| request.status == Some(429)).count())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_resolvers_with_a_budget_are_never_told_that_it_was_too_much() {
    let budget = Budget { requests_per_minute: 3000, member_lists_per_minute: 0 };
    let company = Company::found(budget, 200, LimitStyle::RackAttack).await;
    company.work().await;
    company.check().await;
    let (calls, refused) = company.calls(|_| true);
    assert_eq!(refused, 0, "of {calls}");
    assert!(calls > 300, "the limit was not in the way: {calls}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lists_of_members_keep_within_a_budget_of_their_own() {
    let budget = Budget { requests_per_minute: 0, member_lists_per_minute: 900 };
    let company = Company::found(budget, 60, LimitStyle::Application).await;
    company.work().await;
    company.check().await;
    let (calls, refused) =
        company.calls(|path| path.contains("/projects/") && path.ends_with("/members/all"));
    assert_eq!(refused, 0, "of {calls}");
    assert!(calls > 90, "the limit was not in the way: {calls}");
}

/// Whether GitLab says in its refusals how long to wait, or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_budget_refusals_are_waited_for_and_nothing_is_dropped() {
    for (limit, style) in [(150, LimitStyle::RackAttack), (60, LimitStyle::Application)] {
        let company = Company::found(Budget::default(), limit, style).await;
        company.work().await;
        company.check().await;
        let (calls, refused) = company.calls(|_| true);
        assert!(refused > 0, "{style:?}: the limit was not in the way: {calls}");
        assert!(refused < calls / 4, "{style:?}: {refused} of {calls}: everybody pauses");
    }
}
