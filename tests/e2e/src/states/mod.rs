//! Random states of a SonarQube project and random plans, in each way of writing: the end is what the plan wants of
//! GitLab's people, and of everything else what was there before.

mod case;
mod rules;
mod stage;

use std::collections::BTreeSet;

use access::Cap;
use applier::rules::Ways;
use futures::{StreamExt, stream};
use proto::{TaskRecord, Verdict, Visibility, Way};
use sandbox::{SonarQube, sonarqube};

pub use self::rules::stored;
use self::{case::Case, stage::Cast};
use crate::{Grants, Project, Scene, Settings, Target};

/// Everybody, signed in or not, as SonarQube calls it.
const ANYONE: &str = "Anyone";
/// Projects that are made, or looked at, at a time.
const AT_A_TIME: usize = 8;

/// Everything that is held on a project, the system's own account included.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    visibility: Visibility,
    people: Grants,
    groups: Grants,
}

/// What becomes of groups that open a private project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Report,
    Close,
}

/// One case on its project.
struct Trial {
    seed: u64,
    project: Project,
    before: State,
    case: Case,
}

/// `count` states, by their seeds shared out to both ways of writing, with groups closed and not.
pub async fn random_states_end_as_the_rules_say(target: &Target, count: u64) {
    let skipped = format!("random-{}", std::process::id());
    let (ways, exposures) =
        ([(Ways::Single, Way::Single), (Ways::Template, Way::Template)], [Exposure::Report, Exposure::Close]);
    let combinations: Vec<_> =
        ways.iter().flat_map(|way| exposures.map(|exposure| (way, exposure))).collect();
    // Boxed, for starting everything is large.
    let mut scene = Box::pin(Scene::with(target, settings(Ways::Auto, Exposure::Report, &skipped))).await;
    let cast = Cast::gather(&scene, &skipped).await;
    let share = combinations.len() as u64;
    for (number, ((ways, way), exposure)) in (0..).zip(combinations) {
        Box::pin(scene.restart_with(settings(*ways, exposure, &skipped))).await;
        let seeds = (number..count).step_by(usize::try_from(share).expect("few"));
        round(&scene, &cast, seeds, *way, exposure).await;
    }
}

fn settings(ways: Ways, exposure: Exposure, skipped: &str) -> Settings {
    let mut settings =
        Settings { ways, skip_groups: vec![skipped.to_owned()], workers: 4, ..Settings::default() };
    settings.rules.cap = Cap { revokes: 0, percent: 0, percent_from: 0 };
    settings.rules.revokes_per_hour = 0;
    settings.rules.closed_groups = match exposure {
        Exposure::Report => BTreeSet::new(),
        Exposure::Close => rules::CLOSED.map(str::to_owned).into(),
    };
    settings
}

/// Every case of one setting: the first sync ends as the rules say, and a second one writes nothing.
async fn round(scene: &Scene, cast: &Cast, seeds: impl Iterator<Item = u64>, way: Way, exposure: Exposure) {
    let trials = stream::iter(seeds).map(|seed| trial(scene, cast, seed));
    let trials: Vec<Trial> = trials.buffered(AT_A_TIME).collect().await;
    let before = apart(scene);
    for (trial, record) in trials.iter().zip(synced(scene, &trials).await) {
        check(scene, cast, trial, &record, way, exposure).await;
    }
    assert_eq!(apart(scene), before, "global permissions and templates are as they were");
    let writes = writes(scene);
    for (trial, record) in trials.iter().zip(synced(scene, &trials).await) {
        let outcome = record.outcome.expect("an end");
        let seed = trial.seed;
        assert_eq!(outcome.verdict, Verdict::Done, "state {seed}: {:?}", outcome.reason);
        let project = &outcome.projects[0];
        assert_eq!((project.granted, project.revoked), (0, 0), "state {seed}, again: {:?}", project.changes);
    }
    assert_eq!(self::writes(scene), writes, "a second sync writes nothing");
}

async fn trial(scene: &Scene, cast: &Cast, seed: u64) -> Trial {
    let case = Case::new(seed, cast);
    let project = stage::project(scene, &case.start).await;
    let before = stage::look(scene, &project).await;
    Trial { seed, project, before, case }
}

/// Publishes all plans, and waits for all ends.
async fn synced(scene: &Scene, trials: &[Trial]) -> Vec<TaskRecord> {
    let tasks = stream::iter(trials).map(|trial| scene.plan(&trial.project, &trial.case.wish));
    let tasks: Vec<_> = tasks.buffered(AT_A_TIME).collect().await;
    let ends = stream::iter(tasks).map(|task| scene.recorded_end(task));
    ends.buffered(AT_A_TIME).collect().await
}

async fn check(scene: &Scene, cast: &Cast, trial: &Trial, record: &TaskRecord, way: Way, exposure: Exposure) {
    let Trial { seed, project, before, case } = trial;
    let what = format!("state {seed}, {way:?}, {exposure:?}: {before:?} and {:?}", case.wish);
    let outcome = record.outcome.as_ref().expect("an end");
    assert_eq!(outcome.verdict, Verdict::Done, "{what}: {:?}", outcome.reason);
    let told = outcome.projects[0].writing.map(|writing| writing.way);
    assert!(told.is_none_or(|told| told == way), "{what}: {told:?}");
    let wanted = rules::end(before, &case.wish, cast, exposure);
    assert_eq!(stage::look(scene, project).await, wanted, "{what}");
}

/// Global permissions and templates, where the server is the model.
fn apart(scene: &Scene) -> Option<(sonarqube::Grants, Vec<sonarqube::Template>)> {
    let apart = |world: &mut sonarqube::World| (world.global.clone(), world.templates.clone());
    scene.sonarqube.as_ref().map(|model| model.change(apart))
}

/// The requests so far that change something, where the server tells.
fn writes(scene: &Scene) -> usize {
    let requests = scene.sonarqube.as_ref().map(SonarQube::requests).unwrap_or_default();
    requests.iter().filter(|request| request.method != "GET").count()
}
