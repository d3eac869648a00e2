//! Times in settings: a number of seconds, or text such as `90s`, `5m`, `1h 30m`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Seconds(u64),
    Text(String),
}

/// Reads a time.
///
/// # Errors
/// When it is neither a number of seconds nor a friendly duration, or negative.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Seconds(seconds) => Ok(Duration::from_secs(seconds)),
        Written::Text(text) => parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "\"{text}\" is no time; write seconds, or for example \"90s\", \"5m\", \"2h\""
            ))
        }),
    }
}

/// Writes a time as friendly text.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let signed = SignedDuration::try_from(*duration).unwrap_or(SignedDuration::MAX);
    serializer.serialize_str(&format!("{signed:#}"))
}

fn parse(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let signed: SignedDuration = text.parse().ok()?;
    Duration::try_from(signed).ok()
}
