//! How a message travels: JSON, compressed with zstd where it is long. A header says so.

use std::io::Read;

use async_nats::HeaderMap;
use bytes::Bytes;
use proto::{DecodeError, Message, envelope};

/// From this many bytes on a message is compressed: a task never is, a plan of some dozen people is.
const COMPRESS_FROM: usize = 4096;
/// A message that unpacks to more than this is not ours (50,000 members are about 8 MB).
const LARGEST: u64 = 64 << 20;
const ENCODING: &str = "Content-Encoding";
const ZSTD: &str = "zstd";
/// What every zstd frame begins with (RFC 8878, 3.1.1); no JSON does.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A message ready to be published.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The bytes.
    pub payload: Bytes,
    /// The headers that tell how to read them.
    pub headers: HeaderMap,
}

/// A message that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Not writable as JSON.
    #[error("the message cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// Not compressible.
    #[error("the message cannot be compressed: {0}")]
    Zstd(#[from] std::io::Error),
}

/// Writes `message`.
///
/// # Errors
/// When it cannot be written as JSON; no message of `proto` is of that kind.
pub fn encode<M: Message>(message: &M) -> Result<Encoded, EncodeError> {
    let json = envelope::encode(message)?;
    let mut headers = HeaderMap::new();
    if json.len() < COMPRESS_FROM {
        return Ok(Encoded { payload: json.into(), headers });
    }
    headers.insert(ENCODING, ZSTD);
    Ok(Encoded { payload: zstd::encode_all(json.as_slice(), 9)?.into(), headers })
}

/// Reads a message.
///
/// # Errors
/// When it is none of type `M`.
pub fn decode<M: Message>(headers: Option<&HeaderMap>, payload: &[u8]) -> Result<M, UndecodableError> {
    match headers.and_then(|headers| headers.get(ENCODING)).map(async_nats::HeaderValue::as_str) {
        None => Ok(envelope::decode(payload)?),
        Some(ZSTD) => Ok(envelope::decode(&unpack(payload)?)?),
        Some(other) => Err(UndecodableError::Encoding(other.chars().take(40).collect())),
    }
}

/// Writes a value of a bucket, which has no headers: what is long is compressed, and zstd's first bytes say so.
pub(super) fn pack<M: Message>(value: &M) -> Result<Bytes, EncodeError> {
    Ok(encode(value)?.payload)
}

/// Reads a value of a bucket.
pub(super) fn unpack_value<M: Message>(value: &[u8]) -> Result<M, UndecodableError> {
    if value.starts_with(&ZSTD_MAGIC) {
        Ok(envelope::decode(&unpack(value)?)?)
    } else {
        Ok(envelope::decode(value)?)
    }
}

fn unpack(payload: &[u8]) -> Result<Vec<u8>, UndecodableError> {
    let mut json = Vec::new();
    let mut reader = zstd::Decoder::new(payload).map_err(UndecodableError::Zstd)?.take(LARGEST + 1);
    reader.read_to_end(&mut json).map_err(UndecodableError::Zstd)?;
    if json.len() as u64 > LARGEST { Err(UndecodableError::TooLarge) } else { Ok(json) }
}

/// Why a received message cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UndecodableError {
    /// No envelope of the expected schema and version.
    #[error(transparent)]
    Envelope(#[from] DecodeError),
    /// Written in a way that this build does not know.
    #[error("unknown content encoding {0:?}")]
    Encoding(String),
    /// Cut or damaged.
    #[error("not readable as zstd: {0}")]
    Zstd(std::io::Error),
    /// Nothing of ours is so large.
    #[error("it unpacks to more than {LARGEST} bytes")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proto::{
        AccessLevel, Cause, Incarnation, Member, PermissionSet, Plan, PlanOrder, PlannedProject, ProjectId,
        TaskId, TaskPosition, UserId,
    };

    use super::*;

    /// Names as they are in life: two of some thousand syllables and a number, hard to compress.
    fn plan(members: u64) -> Plan {
        let incarnation = Incarnation(Timestamp::UNIX_EPOCH);
        let order = PlanOrder { task: TaskPosition { incarnation, sequence: 1 }, attempt: 1 };
        let mut seed = 42_u64;
        let mut draw = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        let members = (0..members).map(|n| Member {
            id: UserId(n * 7 + draw() % 7),
            username: format!("{:x}.{:x}{}", draw() % 65_536, draw() % 65_536, draw() % 100),
            level: AccessLevel::Developer,
            permissions: PermissionSet::from_iter(proto::Permission::ALL),
        });
        Plan {
            task: TaskId::new(),
            cause: Cause::Job { job: 1, pipeline: None, user: None },
            order,
            read_at: Timestamp::UNIX_EPOCH,
            project: PlannedProject { id: ProjectId(7), path: "acme/shop".into(), visibility: None },
            members: members.collect(),
            left_out: Vec::new(),
            unseen: Vec::new(),
            restore: None,
        }
    }

    #[test]
    fn a_plan_of_50_000_members_fits_into_one_message_of_a_default_server() {
        let plan = plan(50_000);
        let encoded = encode(&plan).unwrap();
        assert!(encoded.payload.len() < 1_000_000, "{} bytes", encoded.payload.len());
        assert_eq!(decode::<Plan>(Some(&encoded.headers), &encoded.payload).unwrap(), plan);
    }

    #[test]
    fn a_short_message_stays_readable() {
        let encoded = encode(&plan(1)).unwrap();
        assert!(encoded.payload.starts_with(b"{\"schema\":\"guassp.plan\""));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::encode_all(std::io::repeat(b' ').take(LARGEST + 10), 3).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(ENCODING, ZSTD);
        assert!(matches!(decode::<Plan>(Some(&headers), &bomb), Err(UndecodableError::TooLarge)));
    }

    #[test]
    fn an_unknown_encoding_is_refused_by_name() {
        let mut headers = HeaderMap::new();
        headers.insert(ENCODING, "br");
        let error = decode::<Plan>(Some(&headers), b"x").unwrap_err();
        assert_eq!(error.to_string(), "unknown content encoding \"br\"");
    }
}
