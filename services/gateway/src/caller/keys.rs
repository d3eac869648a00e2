//! The keys that GitLab signs ID tokens with: found by OIDC discovery, kept, and read again when they change.
//!
//! A key that is known is good for a day, also while GitLab is down. A key that is not known leads to a new reading,
//! but to one at a time, and none within five seconds of the last: tokens are cheap to forge, GitLab is not there to
//! be asked about each. Whether a token is right is not decided here.

mod read;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use runtime::clock::Clock;
use tokio::sync::{Mutex, MutexGuard};

pub(super) use self::read::Source;

/// For so long nobody asks whether the keys have changed.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// For so long a key is good when GitLab cannot be asked.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// The shortest time from the end of one reading to the next.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// For so long a caller whose key is known waits for a reading, which is not on its behalf.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a caller is asked to wait when GitLab does not say.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The keys of one issuer.
pub(super) struct Keys {
    source: Source,
    clock: Clock,
    known: RwLock<Option<Known>>,
    /// Held while the keys are read.
    last: Mutex<Option<Reading>>,
}

/// The keys as they were read, by id.
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    at: Timestamp,
}

/// How the last reading went.
#[derive(Clone, Copy)]
struct Reading {
    at: Timestamp,
    result: Result<(), CannotAsk>,
}

/// GitLab could not be asked for its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CannotAsk {
    retry_after: Duration,
}

/// Why there is no key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// GitLab publishes none of this id.
    Unknown,
    /// It is not known, and GitLab cannot be asked.
    CannotAsk {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

impl Keys {
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        Self { source, clock, known: RwLock::default(), last: Mutex::default() }
    }

    /// The key of this id.
    pub(super) async fn find(&self, id: &str) -> Result<Arc<DecodingKey>, NoKey> {
        if let Some(key) = self.known(id, FRESH) {
            return Ok(key);
        }
        if self.known(id, LONGEST).is_some() {
            self.refresh().await;
        } else {
            let read = tokio::time::timeout(PATIENCE, self.read_unless_known(id)).await;
            read.unwrap_or(Err(CannotAsk { retry_after: RETRY_AFTER }))?;
        }
        self.known(id, LONGEST).ok_or(NoKey::Unknown)
    }

    /// Waits for whoever reads the keys already: somebody else may have read them meanwhile.
    async fn read_unless_known(&self, id: &str) -> Result<(), CannotAsk> {
        let mut last = self.last.lock().await;
        if self.known(id, FRESH).is_none() { self.read(&mut last).await } else { Ok(()) }
    }

    fn known(&self, id: &str, longest: SignedDuration) -> Option<Arc<DecodingKey>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| self.clock.now().duration_since(known.at) < longest)?;
        known.keys.get(id).cloned()
    }

    /// Reads the keys, unless somebody does so already. The caller does not need it, so it waits for a moment only.
    async fn refresh(&self) {
        if let Ok(mut last) = self.last.try_lock() {
            let _known_keys_are_good = tokio::time::timeout(PATIENCE, self.read(&mut last)).await;
        }
    }

    /// Reads the keys, or tells how the last reading went if that was a moment ago.
    async fn read(&self, last: &mut MutexGuard<'_, Option<Reading>>) -> Result<(), CannotAsk> {
        if let Some(Reading { result, .. }) = last.filter(|last| self.is_recent(last.at)) {
            return result;
        }
        // Stays when the caller goes away in the midst of it.
        let interrupted = Err(CannotAsk { retry_after: RETRY_AFTER });
        **last = Some(Reading { at: self.clock.now(), result: interrupted });
        let result = self.source.read().await.map(|keys| self.keep(keys)).map_err(|error| {
            tracing::warn!(%error, "GitLab's keys for ID tokens could not be read");
            CannotAsk { retry_after: error.retry_after().unwrap_or(RETRY_AFTER) }
        });
        **last = Some(Reading { at: self.clock.now(), result });
        result
    }

    /// A clock that was set back makes no reading recent.
    fn is_recent(&self, at: Timestamp) -> bool {
        (SignedDuration::ZERO..PAUSE).contains(&self.clock.now().duration_since(at))
    }

    fn keep(&self, keys: HashMap<String, DecodingKey>) {
        tracing::debug!(count = keys.len(), "GitLab's keys for ID tokens read");
        let keys = keys.into_iter().map(|(id, key)| (id, Arc::new(key))).collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Known { keys, at: self.clock.now() });
    }
}

impl From<CannotAsk> for NoKey {
    fn from(CannotAsk { retry_after }: CannotAsk) -> Self {
        Self::CannotAsk { retry_after }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("source", &self.source).finish_non_exhaustive()
    }
}
