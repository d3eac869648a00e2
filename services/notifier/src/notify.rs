//! The story of an event: what it is about, whether that needs a person now, and the issue that says so.

use std::time::Duration;

use proto::{Event, subject};
use runtime::{
    http::Failure,
    jetstream::{Delivery, Stage, Step, WorkError, Worked, records::TaskRef},
};

use crate::{
    About,
    desk::{Desk, DeskError},
    look::{Found, Lookout},
    matter::Matter,
    metrics::Done,
    patience::{Now, Patience},
};

/// Keeps people up to date by issues.
#[derive(Debug)]
pub(crate) struct Notifier {
    pub(crate) about: About,
    pub(crate) look: Lookout,
    pub(crate) desk: Desk,
    pub(crate) patience: Patience,
}

impl Notifier {
    /// Has the matter's issue be as it should, however long that takes: only what GitLab or nats-server does not answer is
    /// an error, and comes back as another attempt.
    async fn see_to(&self, matter: &Matter, event: &Event) -> Result<Now, WorkError> {
        loop {
            let version = self.patience.token.version();
            let now = match self.try_to(matter, event).await {
                Ok(()) => return Ok(Now::Again),
                Err(DeskError::Busy) => self.patience.a_moment().await,
                Err(DeskError::Refused(mend)) => {
                    self.refused(mend);
                    self.patience.after_refusal(version).await
                }
                Err(DeskError::Rejected(failure)) => {
                    self.rejected(matter, &failure);
                    return Ok(Now::Again);
                }
                Err(DeskError::GitLab(failure)) => return Err(not_now(&failure)),
                Err(DeskError::Kv(error)) => return Err(WorkError::transient(error)),
            };
            if now == Now::Stopping {
                return Ok(now);
            }
        }
    }

    async fn try_to(&self, matter: &Matter, event: &Event) -> Result<(), DeskError> {
        match self.look.at(matter, event).await? {
            Found::Needs(words, since) => self.desk.open(matter, &words, since).await,
            Found::Mended(since) => self.desk.close(matter, since).await,
            Found::NotYet => Err(DeskError::Busy),
            Found::Nothing => Ok(()),
        }
    }

    fn refused(&self, mend: &str) {
        tracing::error!(
            "GitLab refuses to have issues written: {mend}; it is tried again in an hour, or with another token"
        );
        self.desk.metrics.count(Done::Refused);
    }

    fn rejected(&self, matter: &Matter, failure: &Failure) {
        tracing::error!(%matter, error = %failure, "GitLab does not take what an issue would say; it is not tried again");
        self.desk.metrics.count(Done::Refused);
    }
}

fn not_now(failure: &Failure) -> WorkError {
    WorkError { retry_after: failure.retry_after(), ..WorkError::transient(failure) }
}

impl Stage for Notifier {
    const NAME: &'static str = subject::NOTIFIER;
    const STREAM: &'static str = subject::EVENTS;
    type Message = Event;

    fn task(_: &Event) -> Option<TaskRef> {
        None
    }

    async fn work(&self, delivery: &Delivery<Event>) -> Result<Step, WorkError> {
        for matter in Matter::of(&delivery.message, self.about) {
            if self.see_to(&matter, &delivery.message).await? == Now::Stopping {
                return Ok(Step::Wait { after: Duration::ZERO, reason: "this notifier stops".to_owned() });
            }
        }
        Ok(Step::Done(Worked::Completed))
    }

    /// Whoever has the event now finds the issue as it is.
    async fn lost(&self, _: &Delivery<Event>) {}
}
