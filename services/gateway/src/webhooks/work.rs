//! From an event to what it leads to: a task of its project, or a fan-out of its group or person.
//!
//! The table behind GitLab's lists lags behind its events, so each is looked at again, after each of `look_again`. A later
//! look does nothing where a reading began since it came due. A gateway that dies leaves its events to the next one.
//!
//! **Invariant:** the first look always acts, whatever the clocks say, and however often it is delivered: it asks for a sync,
//! or publishes a fan-out, or was stored before one was published. (But for vain attempts of somebody who is blocked to sign
//! in, of which one an hour counts.)

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use moka::sync::Cache;
use proto::{Cause, FanOut, FanOutId, GitLabEvent, GitLabEventKind, ProjectId, subject};
use runtime::{
    Runtime,
    jetstream::{
        self, Delivery, JetStream, Retry, Stage, Step, WorkError, Worked, records::TaskRef, watch_queue,
    },
};

use super::{
    consequence::{Consequence, FAILED_SIGN_IN, NoConsequence},
    limit::Limit,
    looks::{Look, ServerTime},
    metrics::{Came, HookMetrics},
};
use crate::{intake::Intake, metrics::Joined, turns::Turns};

/// Events that are worked on at a time.
const WORKERS: usize = 16;
/// Nothing but nats-server can fail here, and an event that waits for its turn is delivered again, too.
const RETRY: Retry =
    Retry { attempts: 1_000, first_pause: Duration::from_secs(1), longest_pause: Duration::from_secs(30) };
/// When an event comes back that found as many of its kind in work as may be.
const CROWDED: Duration = Duration::from_millis(250);
/// The shortest time between two fan-outs of one group or person: a fan-out reads every project that it reaches, and a
/// group of a thousand new members is a thousand events.
const FAN_OUT_INTERVAL: Duration = Duration::from_secs(10);
/// The same of a person because of vain attempts to sign in: anybody can make those, in anybody's name.
const SIGN_IN_INTERVAL: Duration = Duration::from_secs(3600);
/// Groups and persons whose last fan-out is remembered.
const REMEMBERED: u64 = 10_000;

/// Works on the events of GitLab.
#[derive(Debug)]
pub(crate) struct HookWork {
    intake: Arc<Intake>,
    jetstream: JetStream,
    metrics: HookMetrics,
    time: ServerTime,
    look_again: Vec<Duration>,
    limit: Limit,
    turns: Turns,
    /// When this gateway published the last fan-out of each.
    fanned_out: Cache<Consequence, FannedOut>,
    /// Kinds whose events were seen to name nothing; told once.
    nameless: Mutex<BTreeSet<GitLabEventKind>>,
}

/// A fan-out that was published.
#[derive(Debug, Clone, Copy)]
struct FannedOut {
    /// The newest event that was stored before: its sequence, and when that was. (A stream that is made anew counts anew.)
    newest: (u64, Timestamp),
    /// When, or earlier, by nats-server's clock.
    at: Timestamp,
    when: Instant,
}

impl FannedOut {
    /// Whether it does for this look at the event.
    fn covers(&self, look: Look, event: &Delivery<GitLabEvent>) -> bool {
        let (sequence, stored_at) = self.newest;
        let is_older = event.position.sequence <= sequence && event.stored_at <= stored_at;
        let is_sign_in = event.message.action.as_deref() == Some(FAILED_SIGN_IN);
        match look.number {
            _ if is_sign_in => self.when.elapsed() < SIGN_IN_INTERVAL,
            0 => is_older,
            _ => self.at >= look.due,
        }
    }
}

/// What one look came to.
enum Looked {
    /// It is done; there may be another.
    Done(Came),
    /// It is its turn after this time.
    Later(Duration),
}

impl HookWork {
    pub(crate) fn new(
        intake: Arc<Intake>,
        runtime: &Runtime,
        metrics: HookMetrics,
        look_again: Vec<Duration>,
    ) -> Self {
        Self {
            intake,
            jetstream: runtime.jetstream.clone(),
            metrics,
            time: ServerTime::default(),
            look_again,
            limit: Limit::default(),
            turns: Turns::default(),
            fanned_out: Cache::builder().max_capacity(REMEMBERED).time_to_live(SIGN_IN_INTERVAL).build(),
            nameless: Mutex::default(),
        }
    }

    /// Works until the runtime's life ends.
    pub(crate) fn begin(self, runtime: &Runtime) {
        runtime.lifecycle.spawn(jetstream::run(self, WORKERS, RETRY, runtime.clone()));
        runtime.lifecycle.spawn(watch_queue::<Self>(runtime.clone()));
    }

    async fn look(
        &self,
        delivery: &Delivery<GitLabEvent>,
        about: Consequence,
        look: Look,
    ) -> Result<Looked, WorkError> {
        match about {
            Consequence::Project(project) => {
                self.trigger(&delivery.message, project, look).await.map(Looked::Done)
            }
            Consequence::Group(group) => {
                self.fan_out(delivery, about, FanOut::begin(group, None), look).await
            }
            Consequence::User(user) => self.fan_out(delivery, about, FanOut::begin_user(user), look).await,
        }
    }

    /// Asks for a sync of the project. A later look needs none where a reading began since it came due.
    async fn trigger(&self, event: &GitLabEvent, project: ProjectId, look: Look) -> Result<Came, WorkError> {
        if !self.jetstream.catalog.has(project).await.map_err(WorkError::transient)? {
            return Ok(Came::NotInSonarQube);
        }
        let started = self.jetstream.projects.started(project).await.map_err(WorkError::transient)?;
        if look.number > 0 && started.is_some_and(|started| started.at >= look.due) {
            return Ok(Came::Covered);
        }
        let cause = Cause::Hook { event: event.kind, delivery: event.id.clone() };
        let accepted = self.intake.trigger(project, cause).await.map_err(WorkError::transient)?;
        Ok(if accepted.joined == Joined::Yes { Came::Joined } else { Came::Task })
    }

    /// Publishes a fan-out under an id that is the event's and the look's, unless one that was published does for it; in
    /// turns, and not more often than may be.
    async fn fan_out(
        &self,
        delivery: &Delivery<GitLabEvent>,
        about: Consequence,
        fan_out: FanOut,
        look: Look,
    ) -> Result<Looked, WorkError> {
        let _turn = self.turns.take_number(about.number()).await;
        if let Some(last) = self.fanned_out.get(&about) {
            if last.covers(look, delivery) {
                return Ok(Looked::Done(Came::Covered));
            }
            let rest = FAN_OUT_INTERVAL.saturating_sub(last.when.elapsed());
            if !rest.is_zero() {
                return Ok(Looked::Later(rest));
            }
        }
        let newest = self.jetstream.newest_gitlab_event().await.map_err(WorkError::transient)?;
        let when = Instant::now();
        let at = self.time.seen(delivery.stored_at, when);
        let event = &delivery.message;
        let id = FanOutId::of(&format!("{}.{}", event.id, look.number));
        let fan_out = FanOut { id, ..fan_out };
        if self.jetstream.publish_fan_out(&fan_out).await.map_err(WorkError::transient)?.duplicate {
            // By an earlier delivery of the event: what was stored since then it does not know.
            return Ok(Looked::Done(Came::Covered));
        }
        self.fanned_out.insert(about, FannedOut { newest, at, when });
        tracing::info!(fan_out.id = %id, gitlab.event.id = event.id, gitlab.event.kind = event.kind.key(), "{about}");
        Ok(Looked::Done(Came::FanOut))
    }
}

impl HookWork {
    fn without(&self, event: &GitLabEvent, none: NoConsequence) -> Step {
        let came = match none {
            NoConsequence::Harmless => Came::Nothing,
            NoConsequence::Nameless => {
                self.warn_of_nameless(event);
                Came::Nameless
            }
        };
        self.metrics.came(event.kind, came);
        Step::Done(Worked::Superseded)
    }

    fn warn_of_nameless(&self, event: &GitLabEvent) {
        let mut told = self.nameless.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(event.kind) {
            tracing::warn!(
                gitlab.event.id = event.id,
                gitlab.event.kind = event.kind.key(),
                "an event that may change access names no id, so nothing follows from it: take the custom template away \
                 from the hook in GitLab (further ones of this kind are only counted)"
            );
        }
    }
}

impl Stage for HookWork {
    const NAME: &'static str = subject::GATEWAY_HOOKS;
    const STREAM: &'static str = subject::GITLAB;
    type Message = GitLabEvent;

    fn task(_: &GitLabEvent) -> Option<TaskRef> {
        None
    }

    async fn work(&self, delivery: &Delivery<GitLabEvent>) -> Result<Step, WorkError> {
        let event = &delivery.message;
        let about = match Consequence::of(event) {
            Ok(about) => about,
            Err(none) => return Ok(self.without(event, none)),
        };
        let Some(_place) = self.limit.take(about) else {
            return Ok(wait(CROWDED, "others about the same are in work"));
        };
        let seen = self.time.seen(delivery.stored_at, Instant::now());
        let now = if delivery.delivered == 1 { delivery.stored_at } else { seen };
        let look = Look::of(delivery.stored_at, now, &self.look_again);
        let came = match self.look(delivery, about, look).await? {
            Looked::Done(came) => came,
            Looked::Later(after) => return Ok(wait(after, "the same was looked at a moment ago")),
        };
        self.metrics.came(event.kind, came);
        Ok(match look.next {
            Some(after) if came != Came::NotInSonarQube => wait(after, "it is looked at once more"),
            _ => Step::Done(Worked::Completed),
        })
    }

    /// Whoever has the event now does the same: a task that waits is joined, and a fan-out has the event's id.
    async fn lost(&self, _: &Delivery<GitLabEvent>) {}
}

fn wait(after: Duration, reason: &str) -> Step {
    Step::Wait { after, reason: reason.to_owned() }
}
