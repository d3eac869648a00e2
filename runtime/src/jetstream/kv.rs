//! Typed reads and compare-and-set changes of a bucket.

use std::{sync::Arc, time::Duration};

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::{
    Context,
    kv::{CreateErrorKind, Entry, Operation, PurgeErrorKind, Store, UpdateErrorKind},
    message::StreamMessage,
    stream::{LastRawMessageErrorKind, Stream},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use proto::Message;
use tokio::time::Instant;

use super::encoding::{UndecodableError, pack, unpack_value};

/// How long a change is repeated while the server does not answer.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);
/// Keys read at a time, where many are.
const LOADS: usize = 64;

/// A key that could not be read or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KvError {
    /// The server does not answer.
    #[error("bucket {bucket} cannot be used: {reason}")]
    Unavailable {
        /// The bucket or stream.
        bucket: String,
        /// The server's words.
        reason: String,
    },
    /// What is stored is not what this build writes.
    #[error("{bucket}/{key} holds something unreadable: {reason}")]
    Unreadable {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A value as it was read. A change that begins with it needs no reading of its own, and overwrites nothing newer.
#[derive(Debug, Clone)]
pub struct Seen<M> {
    /// The value, where there is one.
    pub value: Option<M>,
    /// Rises with every change of the key; 0 when it was never written.
    pub revision: u64,
}

impl<M> Seen<M> {
    /// Of a key that nobody has written yet. Where somebody has after all, the change reads it.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { value: None, revision: 0 }
    }
}

/// A bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// Shared, because the library's clone copies all settings of the bucket.
    store: Arc<Store>,
}

impl Bucket {
    pub(super) async fn bind(context: &Context, name: &str) -> Result<Self, KvError> {
        let failed = |error| KvError::Unavailable { bucket: name.to_owned(), reason: format!("{error}") };
        Ok(Self { store: Arc::new(context.get_key_value(name).await.map_err(failed)?) })
    }

    /// The value under `key`.
    pub(super) async fn load<M: Message>(&self, key: &str) -> Result<Option<M>, KvError> {
        Ok(self.see(key).await?.value)
    }

    /// Writes the first value under a key that nobody else writes before.
    pub(super) async fn create<M: Message>(&self, key: &str, value: &M) -> Result<(), KvError> {
        let bytes: Bytes = pack(value).map_err(|error| self.unreadable(key, &error))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.store.create(key, bytes.clone()).await {
                Ok(_) => return Ok(()),
                // An earlier try was stored and not confirmed.
                Err(error) if error.kind() == CreateErrorKind::AlreadyExists => return Ok(()),
                Err(error) if Instant::now() >= deadline => return Err(self.unavailable(&error)),
                Err(error) => tracing::debug!(%error, "key not created yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Every key of the form `prefix.something`, with its value. What cannot be read is passed over.
    pub(super) async fn all<M: Message>(&self, prefix: &str) -> Result<Vec<(String, M)>, KvError> {
        let found = self.see_all(self.keys(&format!("{prefix}.>")).await?).await?;
        Ok(found.into_iter().filter_map(|(key, seen)| Some((key, seen.value?))).collect())
    }

    /// The keys that fit `filter`, such as `newest.>`; also those that were removed.
    pub(super) async fn keys(&self, filter: &str) -> Result<Vec<String>, KvError> {
        let subjects = format!("{}{filter}", self.store.prefix);
        let found = self.store.stream.info_with_subjects(subjects).await;
        let found: Vec<(String, usize)> = found
            .map_err(|error| self.unavailable(&error))?
            .try_collect()
            .await
            .map_err(|error| self.unavailable(&error))?;
        let key = |(subject, _): (String, usize)| Some(subject.strip_prefix(&self.store.prefix)?.to_owned());
        Ok(found.into_iter().filter_map(key).collect())
    }

    /// The values under `keys`. One that cannot be read is as good as nothing, and keeps nobody from the others.
    pub(super) async fn see_all<M: Message>(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Seen<M>)>, KvError> {
        let looks = futures::stream::iter(keys).map(|key| async move {
            let seen = self.see_readable(&key).await?;
            Ok((key, seen))
        });
        looks.buffer_unordered(LOADS).try_collect().await
    }

    /// Changes the value under `key`: `decide` gets what is there and answers what should be, or nothing to leave it.
    /// It may be asked again, when somebody else was faster. Returns what is there in the end.
    pub(super) async fn change<M: Message>(
        &self,
        key: &str,
        decide: impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<M>, KvError> {
        self.change_from(None, key, decide).await
    }

    /// The same for a value that was read before: only when it is no longer what is there, it is read again.
    pub(super) async fn change_from<M: Message>(
        &self,
        mut seen: Option<Seen<M>>,
        key: &str,
        mut decide: impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<M>, KvError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.change_once(seen.take(), key, &mut decide).await {
                Ok(Some(end)) => return Ok(end),
                Ok(None) => continue,
                Err(error @ KvError::Unreadable { .. }) => return Err(error),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(error) => tracing::debug!(%error, "bucket not changed yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One try: `None` when somebody else was faster.
    async fn change_once<M: Message>(
        &self,
        seen: Option<Seen<M>>,
        key: &str,
        decide: &mut impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<Option<M>>, KvError> {
        let Seen { value, revision } = match seen {
            Some(seen) => seen,
            None => self.see(key).await?,
        };
        let Some(wanted) = decide(value.as_ref()) else { return Ok(Some(value)) };
        let bytes = pack(&wanted).map_err(|error| self.unreadable(key, &error))?;
        match self.store.update(key, bytes, revision).await {
            Ok(_) => Ok(Some(Some(wanted))),
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => Ok(None),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    /// The value under `key`, to be changed later.
    pub(super) async fn see<M: Message>(&self, key: &str) -> Result<Seen<M>, KvError> {
        let Some(entry) = self.store.entry(key).await.map_err(|error| self.unavailable(&error))? else {
            return Ok(Seen::nothing());
        };
        let value = read(&entry).map_err(|error| self.unreadable(key, &error))?;
        Ok(Seen { value, revision: entry.revision })
    }

    /// Writes what the key's only writer of the moment says, or removes it; what is there already is not written again.
    /// What another version wrote is overwritten.
    pub(super) async fn put<M: Message + PartialEq + Clone>(
        &self,
        key: &str,
        value: Option<M>,
    ) -> Result<(), KvError> {
        let seen = self.see_readable::<M>(key).await?;
        match value {
            Some(value) => {
                let change = |found: Option<&M>| (found != Some(&value)).then(|| value.clone());
                self.change_from(Some(seen), key, change).await.map(|_| ())
            }
            None if seen.value.is_some() => self.remove_at(key, seen.revision).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// The value under `key`, to be changed later; what cannot be read is as good as nothing, and is overwritten.
    pub(super) async fn see_readable<M: Message>(&self, key: &str) -> Result<Seen<M>, KvError> {
        let Some(entry) = self.store.entry(key).await.map_err(|error| self.unavailable(&error))? else {
            return Ok(Seen::nothing());
        };
        let value = read(&entry).unwrap_or_else(|error| {
            tracing::warn!(error = %self.unreadable(key, &error), "as good as nothing");
            None
        });
        Ok(Seen { value, revision: entry.revision })
    }

    /// Changes the value under `key`; what cannot be read is as good as nothing, and is overwritten.
    pub(super) async fn change_readable<M: Message>(
        &self,
        key: &str,
        mut decide: impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<M>, KvError> {
        match self.change(key, &mut decide).await {
            Err(KvError::Unreadable { .. }) => {
                let seen = self.see_readable(key).await?;
                self.change_from(Some(seen), key, decide).await
            }
            changed => changed,
        }
    }

    /// The value under `key`; what another version wrote is as good as nothing.
    pub(super) async fn load_readable<M: Message>(&self, key: &str) -> Result<Option<M>, KvError> {
        match self.load(key).await {
            Err(KvError::Unreadable { .. }) => Ok(None),
            loaded => loaded,
        }
    }

    /// Removes `key` and tells whether it did: not when somebody has changed it since `revision`. A key that nobody has
    /// written (revision 0) is removed before it is: what was sent and not confirmed cannot be stored any more.
    pub(super) async fn remove_at(&self, key: &str, revision: u64) -> Result<bool, KvError> {
        match self.store.purge_expect_revision(key, Some(revision)).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == PurgeErrorKind::WrongLastRevision => Ok(false),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    /// Removes `key`.
    pub(super) async fn remove(&self, key: &str) -> Result<(), KvError> {
        self.store.purge(key).await.map_err(|error| self.unavailable(&error))
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn unavailable(&self, error: &dyn std::fmt::Display) -> KvError {
        KvError::Unavailable { bucket: self.store.name.clone(), reason: error.to_string() }
    }

    fn unreadable(&self, key: &str, error: &dyn std::fmt::Display) -> KvError {
        KvError::Unreadable {
            bucket: self.store.name.clone(),
            key: key.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// What an entry holds: nothing where the key was removed.
pub(super) fn read<M: Message>(entry: &Entry) -> Result<Option<M>, UndecodableError> {
    if entry.operation == Operation::Put { unpack_value(&entry.value).map(Some) } else { Ok(None) }
}

/// The sequence of the last message on `subject`.
pub(super) async fn last_message(stream: &Stream, subject: &str) -> Result<Option<u64>, KvError> {
    Ok(last(stream, subject).await?.map(|message| message.sequence))
}

/// The message id of the last message on `subject`.
pub(super) async fn last_message_id(stream: &Stream, subject: &str) -> Result<Option<String>, KvError> {
    let id = |message: StreamMessage| Some(message.headers.get(NATS_MESSAGE_ID)?.as_str().to_owned());
    Ok(last(stream, subject).await?.and_then(id))
}

/// The last message on `subject`, as the stream's leader knows it.
pub(super) async fn last(stream: &Stream, subject: &str) -> Result<Option<StreamMessage>, KvError> {
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => {
            let bucket = stream.cached_info().config.name.clone();
            Err(KvError::Unavailable { bucket, reason: error.to_string() })
        }
    }
}
