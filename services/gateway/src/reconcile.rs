//! Every project of the catalogue is read whole at least so often, whatever else happens: what no webhook told, what no
//! sweep saw, what was changed in SonarQube by hand.
//!
//! The stalest project is asked for first, round robin, at the pace at which all come once in a period; so what was read
//! at the same time is spread over the period. One that was never read is asked for at once. Gateways take turns: of
//! several, one makes each turn, and another makes the next when that one has died. First the tasks are published, then
//! it is written how far they go: who dies between the two leaves a few projects that are read twice, and none that is
//! forgotten, as the stalest stay the stalest until somebody asks for them.

mod pace;
mod silence;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use futures::future::try_join_all;
use jiff::Timestamp;
use proto::{Cause, ProjectId, subject};
use runtime::{
    clock::Clock,
    jetstream::{
        JetStream, KvError,
        mirror::Mirror,
        projects::{ProjectBoard, ProjectRow},
    },
    lifecycle::Lifecycle,
};

use self::{
    pace::{Pace, is_far_ahead},
    silence::Silence,
};
use crate::{
    intake::{Intake, TriggerError},
    metrics::ReconcileMetrics,
};

/// How often the stalest projects are asked for; more often where a period is short.
const TURN: Duration = Duration::from_secs(10);
/// How often each gateway looks whether it is time for the next turn, until it is.
const LOOKS: u32 = 5;
/// How many turns a period has at least.
const TURNS: u32 = 4;
/// Projects asked for at the same time.
const AT_A_TIME: usize = 8;
/// How often the figures of all projects are counted.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// How often every project is read whole.
#[derive(Debug, Clone, Copy)]
pub struct Reconcile {
    /// Each project at least once in this time; zero is never.
    pub every: Duration,
    /// At most so many tasks a minute, where more is behind than the pace makes.
    pub per_minute: u32,
}

/// Asks for the stalest projects.
#[derive(Debug)]
pub(crate) struct Reconciler {
    pub(crate) jetstream: JetStream,
    pub(crate) clock: Clock,
    pub(crate) intake: Arc<Intake>,
    pub(crate) board: Arc<Mirror<ProjectBoard>>,
    pub(crate) metrics: ReconcileMetrics,
    pub(crate) settings: Reconcile,
}

/// Why a turn was not made, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TurnError {
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// It is not known which projects there are.
    #[error("{0}")]
    NotYet(&'static str),
}

/// A project that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// By what it comes to its turn: never comes first, then what a clock that was wrong put far ahead.
    since: Option<Timestamp>,
    project: ProjectId,
    /// When it was asked for or begun last, as it was written.
    last: Option<Timestamp>,
}

impl Candidate {
    fn of(project: ProjectId, row: &ProjectRow, now: Timestamp) -> Self {
        let last = row.last_asked();
        let since = last.map(|last| if is_far_ahead(last, now) { Timestamp::MIN } else { last });
        Self { since, project, last }
    }
}

impl Reconciler {
    /// Makes turns until the life ends; none where the period is zero.
    pub(crate) async fn watch(self, life: Lifecycle) {
        let (look, mut silence) = (self.settings.turn() / LOOKS, Silence::default());
        while !self.settings.every.is_zero() {
            let made = tokio::select! {
                () = life.stopping() => return,
                made = self.turn() => made,
            };
            match made {
                Ok(_) => silence.end(),
                Err(TurnError::NotYet(reason)) => {
                    if let Some(time) = silence.tell(self.clock.now()) {
                        tracing::warn!(
                            reason,
                            minutes = time.as_secs() / 60,
                            "the stalest projects are not asked for"
                        );
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the stalest projects are not asked for; again in a moment");
                }
            }
            tokio::select! {
                () = life.stopping() => return,
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    /// Asks for as many of the stalest projects as it is time for, if it is this gateway's turn. Returns how many tasks
    /// that makes.
    pub(crate) async fn turn(&self) -> Result<usize, TurnError> {
        let (now, turn) = (self.clock.now(), self.settings.turn());
        let count = self.count()?;
        let next = now.saturating_add(turn).unwrap_or(Timestamp::MAX);
        let due = self.jetstream.catalog.turn_since(subject::RECONCILE_TURN_KEY, now, next).await?;
        let Some(late) = due.map(|due| now.duration_since(due).unsigned_abs()) else { return Ok(0) };
        let seen = self.jetstream.projects.reconciled().await?;
        let pace = Pace { count, every: self.settings.every };
        let until = pace.until(seen.value.as_ref().map(|value| value.until), now);
        let since = turn.saturating_add(late);
        let most = pace.most(self.settings.per_minute, since);

        let (fresh, stale) = self.candidates(now);
        // However many are new, the others come once a period.
        let due = pace.due(until, now);
        let reserved = Pace { count: stale.len(), ..pace }.needed(since).min(due);
        let first = self.ask(&fresh, most.saturating_sub(reserved).max(1)).await?;
        let due = due.min(most.saturating_sub(first));
        let asked = self.ask(&stale, due).await?;
        // What waits counts as asked: the pace does not run after it.
        let until = pace.after(until, due);
        if seen.value.as_ref().is_none_or(|value| value.until != until) {
            self.jetstream.projects.set_reconciled(seen, until).await?;
        }
        self.metrics.turned(now);
        Ok(first + asked)
    }

    /// How many projects there are.
    fn count(&self) -> Result<usize, TurnError> {
        self.board
            .read(|board| board.is_complete().then(|| board.in_sonarqube().count()))
            .ok_or(TurnError::NotYet("the projects are not in memory: does nats-server answer?"))?
            .ok_or(TurnError::NotYet(
                "no applier has listed SonarQube's projects yet: does one run, and answer?",
            ))
    }

    /// The projects for which no task waits: those that were never read, and all others, the stalest first.
    fn candidates(&self, now: Timestamp) -> (Vec<Candidate>, Vec<Candidate>) {
        let candidates = |board: &ProjectBoard| {
            let idle = board.in_sonarqube().filter(|(_, row)| !row.is_waiting());
            let mut all: Vec<_> = idle.map(|(project, row)| Candidate::of(project, row, now)).collect();
            all.sort_unstable();
            let stale = all.split_off(all.partition_point(|candidate| candidate.since.is_none()));
            (all, stale)
        };
        self.board.read(candidates).unwrap_or_default()
    }

    /// Asks for the first `most` of the candidates that are still what they were in memory.
    async fn ask(&self, candidates: &[Candidate], most: usize) -> Result<usize, TurnError> {
        let (mut asked, mut rest) = (0, candidates.iter());
        loop {
            let next = rest.by_ref().take((most - asked).min(AT_A_TIME));
            let made = try_join_all(next.map(|candidate| self.ask_for(candidate))).await?;
            if made.is_empty() {
                return Ok(asked);
            }
            asked += made.into_iter().filter(|made| *made).count();
        }
    }

    /// What cannot be read of one project keeps nobody from the others.
    async fn ask_for(&self, candidate: &Candidate) -> Result<bool, TurnError> {
        let (project, is_still) = (candidate.project, self.is_still(candidate).await?);
        if is_still {
            match self.intake.trigger(project, Cause::Reconcile).await {
                Err(TriggerError::Kv(error @ KvError::Unreadable { .. })) => {
                    tracing::warn!(gitlab.project.id = %project, %error, "a project cannot be asked for");
                    return Ok(false);
                }
                accepted => accepted?,
            };
            self.metrics.count_published();
        }
        Ok(is_still)
    }

    /// The rows in memory may be a moment old; what is found is known from then on. What cannot be read is as good as
    /// nothing, in memory, too: the task that is asked for takes its place.
    async fn is_still(&self, candidate: &Candidate) -> Result<bool, KvError> {
        let (projects, id) = (&self.jetstream.projects, candidate.project);
        let (newest, started) = (projects.newest(id).await?.value, projects.readable_started(id).await?);
        let row = ProjectRow { newest, started, ..ProjectRow::default() };
        let is_still = !row.is_waiting() && row.last_asked() == candidate.last;
        self.board.change(|board| board.learn(id, row.newest, row.started));
        Ok(is_still)
    }
}

impl Reconcile {
    fn turn(&self) -> Duration {
        TURN.min(self.every / TURNS)
    }
}

/// Counts the figures of all projects until the life ends.
pub(crate) async fn count(
    board: Arc<Mirror<ProjectBoard>>,
    metrics: ReconcileMetrics,
    clock: Clock,
    life: Lifecycle,
) {
    loop {
        board.read(|board| metrics.set(board, clock.now()));
        tokio::select! {
            () = life.stopping() => return,
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}
