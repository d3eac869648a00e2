//! Typed reads and compare-and-set changes of a bucket.

use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::{
    Context,
    kv::{Operation, Store, UpdateErrorKind},
    message::StreamMessage,
    stream::{LastRawMessageErrorKind, Stream},
};
use proto::{Message, envelope};
use tokio::time::Instant;

/// How long a change is repeated while the server does not answer.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);

/// A key that could not be read or changed.
#[derive(Debug, thiserror::Error)]
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

/// A bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    store: Store,
}

impl Bucket {
    pub(super) async fn bind(context: &Context, name: &str) -> Result<Self, KvError> {
        let failed = |error| KvError::Unavailable { bucket: name.to_owned(), reason: format!("{error}") };
        Ok(Self { store: context.get_key_value(name).await.map_err(failed)? })
    }

    /// The value under `key`.
    pub(super) async fn load<M: Message>(&self, key: &str) -> Result<Option<M>, KvError> {
        Ok(self.entry(key).await?.0)
    }

    /// Changes the value under `key`: `decide` gets what is there and answers what should be, or nothing to leave it.
    /// It may be asked again, when somebody else was faster. Returns what is there in the end.
    pub(super) async fn change<M: Message>(
        &self,
        key: &str,
        mut decide: impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<M>, KvError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.change_once(key, &mut decide).await {
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
        key: &str,
        decide: &mut impl FnMut(Option<&M>) -> Option<M>,
    ) -> Result<Option<Option<M>>, KvError> {
        let (found, revision) = self.entry(key).await?;
        let Some(wanted) = decide(found.as_ref()) else { return Ok(Some(found)) };
        let bytes = envelope::encode(&wanted).map_err(|error| self.unreadable(key, &error))?;
        match self.store.update(key, bytes.into(), revision).await {
            Ok(_) => Ok(Some(Some(wanted))),
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => Ok(None),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    async fn entry<M: Message>(&self, key: &str) -> Result<(Option<M>, u64), KvError> {
        let Some(entry) = self.store.entry(key).await.map_err(|error| self.unavailable(&error))? else {
            return Ok((None, 0));
        };
        if entry.operation != Operation::Put {
            return Ok((None, entry.revision));
        }
        let value = envelope::decode(&entry.value).map_err(|error| self.unreadable(key, &error))?;
        Ok((Some(value), entry.revision))
    }

    /// Removes `key`.
    pub(super) async fn remove(&self, key: &str) -> Result<(), KvError> {
        self.store.purge(key).await.map_err(|error| self.unavailable(&error))
    }

    pub(super) const fn store(&self) -> &Store {
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
async fn last(stream: &Stream, subject: &str) -> Result<Option<StreamMessage>, KvError> {
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => {
            let bucket = stream.cached_info().config.name.clone();
            Err(KvError::Unavailable { bucket, reason: error.to_string() })
        }
    }
}
