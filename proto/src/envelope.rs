//! How a message is written: JSON with a schema name, a version and the body.
//!
//! A reader accepts exactly the version it was built for; what it cannot read is an error with the reason, and the
//! caller dead-letters it. Compression and headers are the transport's matter (crate `runtime`).

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A type that travels in an envelope.
pub trait Message: Serialize + DeserializeOwned {
    /// The schema's name, for example `guassp.task`.
    const SCHEMA: &'static str;
    /// Raised with every change that an older reader would misread.
    const VERSION: u32;
}

#[derive(Serialize)]
struct Written<'a, T> {
    schema: &'static str,
    version: u32,
    body: &'a T,
}

#[derive(Deserialize)]
struct Read<T> {
    body: T,
}

#[derive(Deserialize)]
struct Head {
    schema: String,
    version: u32,
}

/// Writes `message` in its envelope.
///
/// # Errors
/// When the message cannot be written as JSON; no type of this crate is of that kind.
pub fn encode<T: Message>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Written { schema: T::SCHEMA, version: T::VERSION, body: message })
}

/// Reads a message of type `T` from its envelope.
///
/// # Errors
/// When the bytes are no envelope, or one of another schema or version.
pub fn decode<T: Message>(bytes: &[u8]) -> Result<T, DecodeError> {
    let head: Head = serde_json::from_slice(bytes).map_err(DecodeError::Malformed)?;
    if head.schema != T::SCHEMA {
        return Err(DecodeError::OtherSchema { found: head.schema, expected: T::SCHEMA });
    }
    if head.version != T::VERSION {
        return Err(DecodeError::UnknownVersion {
            schema: T::SCHEMA,
            found: head.version,
            expected: T::VERSION,
        });
    }
    serde_json::from_slice::<Read<T>>(bytes).map(|read| read.body).map_err(DecodeError::Malformed)
}

/// Why bytes are not the expected message.
#[derive(Debug)]
pub enum DecodeError {
    /// Not JSON, or not of the schema's form.
    Malformed(serde_json::Error),
    /// A message of another kind.
    OtherSchema {
        /// The schema that the message names.
        found: String,
        /// The schema that was expected.
        expected: &'static str,
    },
    /// A version that this build does not know.
    UnknownVersion {
        /// The schema.
        schema: &'static str,
        /// The version that the message names.
        found: u32,
        /// The version that this build reads.
        expected: u32,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed message: {error}"),
            Self::OtherSchema { found, expected } => {
                write!(f, "message of schema {found:?}, expected {expected}")
            }
            Self::UnknownVersion { schema, found, expected } => {
                write!(f, "{schema} version {found}; this build reads version {expected}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, ProjectId, Task, TaskId};

    fn task() -> Task {
        Task {
            id: TaskId::new(),
            project: ProjectId(7),
            cause: Cause::Job { job: 8, pipeline: Some(6), user: None },
        }
    }

    #[test]
    fn a_message_reads_back() {
        let task = task();
        assert_eq!(decode::<Task>(&encode(&task).unwrap()).unwrap(), task);
    }

    #[test]
    fn an_unknown_version_is_refused_even_if_the_body_would_fit() {
        let text =
            String::from_utf8(encode(&task()).unwrap()).unwrap().replace("\"version\":1", "\"version\":2");
        let error = decode::<Task>(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "guassp.task version 2; this build reads version 1");
    }

    #[test]
    fn another_schema_is_refused() {
        let text = String::from_utf8(encode(&task()).unwrap()).unwrap().replace("guassp.task", "guassp.plan");
        assert!(matches!(decode::<Task>(text.as_bytes()), Err(DecodeError::OtherSchema { .. })));
    }

    #[test]
    fn noise_is_malformed() {
        for noise in
            [&b""[..], b"\xff\xfe", b"{}", b"[1,2", br#"{"schema":"guassp.task","version":1,"body":{}}"#]
        {
            assert!(matches!(decode::<Task>(noise), Err(DecodeError::Malformed(_))), "{noise:?}");
        }
    }
}
