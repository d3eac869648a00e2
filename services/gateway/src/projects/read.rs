//! Reading how far a project is: one look at each of its keys, and at no other project's.

use jiff::Timestamp;
use proto::{
    Outcome, Pause, ProjectId, Waiting,
    status::{HeldPlan, LastEnd, Pending, ProjectStatus, Reached},
};
use runtime::{
    clock::Clock,
    jetstream::{KvError, projects::Projects},
};

/// How far the project is.
pub(super) async fn read(
    projects: &Projects,
    clock: &Clock,
    id: ProjectId,
    pause: Option<Pause>,
) -> Result<ProjectStatus, KvError> {
    let (newest, started, applied, last, waiting, hold) = tokio::try_join!(
        projects.newest(id),
        projects.started(id),
        projects.applied(id),
        projects.last_sync(id),
        projects.waiting(id),
        projects.open_hold(id),
    )?;
    let last_success = applied.as_ref().map(|applied| applied.at);
    let sonarqube_missing = waiting.as_ref().is_some_and(|waiting| waiting.project_missing);
    Ok(ProjectStatus {
        id,
        paused: pause,
        newest: newest.value.map(|newest| Reached { task: newest.task.id, at: newest.at }),
        started: started.map(|started| Reached { task: started.task, at: started.at }),
        applied: applied.map(|applied| Reached { task: applied.task, at: applied.at }),
        last: last.map(LastEnd::from),
        last_success,
        stale_seconds: last_success.map(|at| seconds_since(at, clock.now())),
        pending: pending(waiting),
        sonarqube_missing,
        held: hold.map(HeldPlan::from),
    })
}

/// The same as lists show it.
pub(super) async fn read_in_brief(
    projects: &Projects,
    clock: &Clock,
    id: ProjectId,
    pause: Option<Pause>,
) -> Result<ProjectStatus, KvError> {
    let status = read(projects, clock, id, pause).await?;
    Ok(ProjectStatus { held: status.held.map(HeldPlan::in_brief), ..status })
}

/// Whether anything was ever asked for or ordered.
pub(super) const fn is_known(status: &ProjectStatus) -> bool {
    let ProjectStatus { newest, started, applied, paused, held, last, .. } = status;
    newest.is_some()
        || started.is_some()
        || applied.is_some()
        || paused.is_some()
        || held.is_some()
        || last.is_some()
}

fn pending(waiting: Option<Waiting>) -> Pending {
    let mut people = waiting.map(|waiting| waiting.people).unwrap_or_default();
    let count = people.len();
    people.truncate(Outcome::LISTED);
    Pending { count, people }
}

/// Nothing where the clocks of two machines disagree.
fn seconds_since(at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(at).as_secs()).unwrap_or_default()
}
