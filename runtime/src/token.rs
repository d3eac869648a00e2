//! Looking after a token that this system signs in with: what it is, when it ends, and telling people in time.
//!
//! Told are 30, 7 and 1 days before the end, the end itself, and that all is well again; each once, however many replicas
//! look: by what the bucket says was told, and by the message id of the event.

use std::{fmt::Display, future::Future, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proto::{Event, TokenEnds, TokenState};

use crate::{
    Runtime,
    cause::because,
    jetstream::{KvError, PublishError},
    secret::Secret,
};

/// How often a token is looked at.
const PERIOD: Duration = Duration::from_secs(6 * 3600);
/// The same after a look that failed.
const AGAIN: Duration = Duration::from_secs(300);
/// How many days before the end people are told; 0 is the end itself.
const TOLD: [u16; 4] = [0, 1, 7, 30];
const HOURS_A_DAY: i64 = 24;

/// What a system says of the token that it was called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The account that it stands for.
    pub account: String,
    /// What it may do, in the system's words.
    pub scopes: Vec<String>,
    /// When it ends; none where it never does.
    pub expires_at: Option<Timestamp>,
}

/// Why nothing was noted.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The bucket did not answer.
    #[error(transparent)]
    Bucket(#[from] KvError),
    /// The event was not stored.
    #[error(transparent)]
    Event(#[from] PublishError),
}

/// Looks at the token of `system` at once, every six hours, and soon after it was exchanged, until the life ends.
pub async fn watch<F, R, E>(system: &'static str, secret: Secret, read: F, runtime: Runtime)
where
    F: Fn() -> R + Send + Sync,
    R: Future<Output = Result<TokenFacts, E>> + Send,
    E: Display,
{
    let mut warned = None;
    loop {
        let version = secret.version();
        let looked = because("token check", read()).await.map_err(|error| error.to_string());
        let period = if looked.is_ok() { PERIOD } else { AGAIN };
        warn_once(system, looked.as_ref().err(), &mut warned);
        if let Err(error) = note(system, looked, &runtime).await {
            tracing::warn!(system, %error, "what is known of the token is out of date");
        }
        tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            () = tokio::time::sleep(period) => {}
            () = secret.exchanged(version) => {}
        }
    }
}

/// Each reason is told once, until the token can be looked at again.
fn warn_once(system: &str, problem: Option<&String>, warned: &mut Option<String>) {
    if let Some(error) = problem.filter(|problem| warned.as_ref() != Some(problem)) {
        tracing::warn!(system, error, "the token cannot be looked at");
    }
    *warned = problem.cloned();
}

/// Writes down what is known, and tells people what they have to know. Where the look failed (`looked` is the reason) what
/// was known before counts: a token that has ended, or was revoked, cannot be looked at any more.
///
/// # Errors
/// When nats-server does not take it.
pub async fn note(
    system: &'static str,
    looked: Result<TokenFacts, String>,
    runtime: &Runtime,
) -> Result<(), NoteError> {
    let (projects, now) = (&runtime.jetstream.projects, runtime.clock.now());
    let known = projects.token(system).await?;
    let (facts, problem) = match looked {
        Ok(facts) => (Some(facts), None),
        Err(problem) => (None, Some(problem)),
    };
    let Some(mut state) = facts.map(|facts| noted(system, facts, now)).or_else(|| known.clone()) else {
        return Ok(());
    };
    state.problem = problem;
    runtime.metrics.set_token_end(system, state.expires_at);
    let news = news(known.as_ref(), state.expires_at, now);
    state.told = threshold(state.expires_at, now);
    if news {
        let event = TokenEnds {
            system: system.to_owned(),
            expires_at: state.expires_at,
            days_left: days_to_tell(state.expires_at, now),
            at: now,
        };
        let id = message_id(&event, state.told);
        runtime.jetstream.publisher.tell(&Event::TokenEnds(event), id).await?;
    }
    let told_before = known.and_then(|known| known.told);
    if projects.note_token(&state, told_before).await? && news {
        log(&state, now);
    }
    Ok(())
}

fn noted(system: &str, facts: TokenFacts, now: Timestamp) -> TokenState {
    let TokenFacts { account, scopes, expires_at } = facts;
    let system = system.to_owned();
    TokenState { system, account, scopes, expires_at, checked_at: now, told: None, problem: None }
}

/// The nearest of the thresholds that has been passed.
fn threshold(expires: Option<Timestamp>, now: Timestamp) -> Option<u16> {
    let left = expires?.duration_since(now);
    TOLD.into_iter().find(|days| left <= SignedDuration::from_hours(i64::from(*days) * HOURS_A_DAY))
}

/// Days until the end, begun ones counted; 0 when it has passed.
#[must_use]
pub fn days_left(expires: Option<Timestamp>, now: Timestamp) -> Option<u16> {
    let seconds = expires?.duration_since(now).as_secs().max(0);
    let day = HOURS_A_DAY * 3600;
    Some(u16::try_from((seconds + day - 1) / day).unwrap_or(u16::MAX))
}

/// Days until the end, where that is so near that people are told; 0 when it has passed.
#[must_use]
pub fn days_to_tell(expires: Option<Timestamp>, now: Timestamp) -> Option<u16> {
    threshold(expires, now).and(days_left(expires, now))
}

/// Whether people have to be told: a threshold was passed that they do not know of, or all is well again.
fn news(known: Option<&TokenState>, expires: Option<Timestamp>, now: Timestamp) -> bool {
    let told = known.and_then(|known| known.told);
    let told_of_this = told.filter(|_| known.is_some_and(|known| known.expires_at == expires));
    match threshold(expires, now) {
        Some(passed) => told_of_this.is_none_or(|told| passed < told),
        None => told.is_some(),
    }
}

/// The same for every replica that finds the same.
fn message_id(event: &TokenEnds, told: Option<u16>) -> String {
    let end = event.expires_at.map_or_else(|| "never".to_owned(), |at| at.as_second().to_string());
    let told = told.map_or_else(|| "well".to_owned(), |told| told.to_string());
    format!("token.{}.{end}.{told}", event.system)
}

fn log(state: &TokenState, now: Timestamp) {
    let TokenState { system, account, expires_at, told, .. } = state;
    let expires_at = expires_at.map(tracing::field::display);
    match told {
        Some(0) => tracing::warn!(system, account, expires_at, "the token has ended: make a new one"),
        Some(_) => {
            let days_left = days_left(state.expires_at, now);
            tracing::warn!(system, account, expires_at, days_left, "the token ends soon: make a new one");
        }
        None => tracing::info!(system, account, expires_at, "the token is good for longer again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Timestamp = Timestamp::UNIX_EPOCH;

    fn before(hours: i64) -> Timestamp {
        END - SignedDuration::from_hours(hours)
    }

    fn known(told: Option<u16>) -> TokenState {
        let facts = TokenFacts { account: "bot".to_owned(), scopes: vec![], expires_at: Some(END) };
        TokenState { told, ..noted("gitlab", facts, END) }
    }

    #[test]
    fn each_threshold_is_told_once() {
        let is_news = |told, hours| news(Some(&known(told)), Some(END), before(hours));
        assert!(!is_news(None, 31 * 24), "it is more than a month away");
        assert!(is_news(None, 30 * 24) && !is_news(Some(30), 29 * 24));
        assert!(is_news(Some(30), 7 * 24) && !is_news(Some(7), 2 * 24));
        assert!(is_news(Some(7), 24) && !is_news(Some(1), 1));
        assert!(is_news(Some(1), 0) && !is_news(Some(0), -1000));
        assert!(news(None, Some(END), before(1)), "the first look is late");
    }

    #[test]
    fn another_end_begins_anew_and_a_far_one_is_told_once() {
        let soon = Some(END + SignedDuration::from_hours(5));
        assert!(news(Some(&known(Some(1))), soon, END), "another token that ends soon");
        assert!(news(Some(&known(Some(1))), None, END), "one that never ends");
        let far = Some(END + SignedDuration::from_hours(24 * 300));
        assert!(news(Some(&known(Some(0))), far, END) && !news(Some(&known(None)), far, END));
    }

    #[test]
    fn days_are_counted_as_begun() {
        assert_eq!(
            [720, 25, 24, 1, 0, -5].map(|hours| days_left(Some(END), before(hours))),
            [30, 2, 1, 1, 0, 0].map(Some)
        );
    }
}
