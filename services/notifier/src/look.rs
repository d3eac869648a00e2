//! Whether a matter needs a person now. An event says when to look and not how things are: it may be weeks old when a
//! notifier is switched on, or have been delivered before.

use jiff::{SignedDuration, Timestamp};
use proto::{
    Action, ControlEvent, Event, Hold, Outcome, ProjectId, TaskEnded, TokenEnds, TokenState, Verdict,
};
use runtime::{
    clock::Clock,
    jetstream::{JetStream, KvError},
    token::days_to_tell,
};

use crate::{
    matter::Matter,
    words::{self, Words},
};

/// Within which time a gateway has written down what a person has decided, if it ever does.
const DECIDING: SignedDuration = SignedDuration::from_secs(60);

/// Looks how things are.
#[derive(Debug)]
pub(crate) struct Lookout {
    pub(crate) jetstream: JetStream,
    pub(crate) clock: Clock,
}

/// How a matter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A person has to see to it; since when.
    Needs(Words, Timestamp),
    /// Nobody has to; since when.
    Mended(Timestamp),
    /// A person has decided, and what about is written down in a moment.
    NotYet,
    /// The event says nothing of it.
    Nothing,
}

impl Lookout {
    /// How the matter is, which `event` is about.
    pub(crate) async fn at(&self, matter: &Matter, event: &Event) -> Result<Found, KvError> {
        match (matter, event) {
            (Matter::Failed(_), Event::TaskEnded(ended)) => self.failed(ended).await,
            (Matter::Held(project), _) => self.held(*project, event).await,
            (Matter::Token(_), Event::TokenEnds(token)) => self.token(token).await,
            (Matter::Failed(_) | Matter::ManyFailed | Matter::Token(_), _) => Ok(Found::Nothing),
        }
    }

    async fn failed(&self, ended: &TaskEnded) -> Result<Found, KvError> {
        let TaskEnded { project, outcome: Outcome { verdict, reason, .. }, at, .. } = ended;
        match verdict {
            Verdict::Failed => {
                let last = self.jetstream.projects.last_sync(*project).await?;
                if let Some(mended) = last.filter(|last| last.at >= *at) {
                    return Ok(Found::Mended(mended.at));
                }
                let (name, reason) = (self.name(*project).await?, reason.as_deref().unwrap_or_default());
                Ok(Found::Needs(words::failed(*project, &name, reason), *at))
            }
            Verdict::Done | Verdict::Skipped | Verdict::Held | Verdict::Observed => Ok(Found::Mended(*at)),
            Verdict::Superseded | Verdict::Canceled => Ok(Found::Nothing),
        }
    }

    async fn held(&self, project: ProjectId, event: &Event) -> Result<Found, KvError> {
        match self.jetstream.projects.open_hold(project).await? {
            Some(hold) if self.is_being_decided(&hold, event) => Ok(Found::NotYet),
            Some(hold) => {
                let name = self.name(project).await?;
                Ok(Found::Needs(words::held(project, &name, &hold), hold.at))
            }
            None => Ok(at(event).map_or(Found::Nothing, Found::Mended)),
        }
    }

    /// Whether the event is a person's word about this plan: it is told before it is written down. One that was never
    /// written down counts for nothing.
    fn is_being_decided(&self, hold: &Hold, event: &Event) -> bool {
        let Event::Control(ControlEvent { action, at, .. }) = event else { return false };
        let decided = match action {
            Action::Approve { digest, .. } | Action::Reject { digest, .. } => *digest == hold.digest,
            _ => false,
        };
        decided && self.clock.now().duration_since(*at).abs() < DECIDING
    }

    /// The event is told before what is known of the token is written down: of the two the newer one counts.
    async fn token(&self, told: &TokenEnds) -> Result<Found, KvError> {
        let known = self.jetstream.projects.token(&told.system).await?;
        Ok(match known.filter(|known| known.checked_at >= told.at) {
            Some(known) => token_is(&known, self.clock.now()),
            None => token_ends(told),
        })
    }

    /// What people call the project: its path, where it is known.
    async fn name(&self, project: ProjectId) -> Result<String, KvError> {
        let path = self.jetstream.catalog.entry(project).await?.and_then(|entry| entry.path);
        Ok(path.unwrap_or_else(|| format!("project {project}")))
    }
}

fn token_is(known: &TokenState, now: Timestamp) -> Found {
    let TokenState { system, expires_at, checked_at, .. } = known.clone();
    token_ends(&TokenEnds { system, expires_at, days_left: days_to_tell(expires_at, now), at: checked_at })
}

fn token_ends(token: &TokenEnds) -> Found {
    match token.days_left {
        Some(days) => Found::Needs(words::token(token, days), token.at),
        None => Found::Mended(token.at),
    }
}

const fn at(event: &Event) -> Option<Timestamp> {
    match event {
        Event::TaskEnded(ended) => Some(ended.at),
        Event::Held(held) => Some(held.at),
        Event::Control(control) => Some(control.at),
        Event::TokenEnds(token) => Some(token.at),
        Event::Grant(_) | Event::Visibility(_) | Event::Drift(_) => None,
    }
}
