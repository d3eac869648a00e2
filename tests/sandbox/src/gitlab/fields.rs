//! The parameters of a write: GitLab takes them from the query, a form or a JSON object.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Uri;
use serde_json::Value;

use super::app::Refusal;
use super::model::Visibility;
use super::page::params;

pub(super) type Fields = BTreeMap<String, String>;

pub(super) fn fields(uri: &Uri, body: &Bytes) -> Fields {
    let mut fields: Fields = params(uri).into_iter().collect();
    match serde_json::from_slice::<BTreeMap<String, Value>>(body) {
        Ok(json) => fields.extend(json.into_iter().map(|(key, value)| (key, plain(value)))),
        Err(_) => fields.extend(url::form_urlencoded::parse(body).into_owned()),
    }
    fields
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn number(fields: &Fields, name: &str) -> Result<u64, Refusal> {
    let text = fields.get(name).ok_or_else(|| Refusal::invalid(&format!("{name} is missing")))?;
    text.parse().map_err(|_| Refusal::invalid(&format!("{name} is invalid")))
}

pub(super) fn access_level(fields: &Fields, name: &str) -> Result<u16, Refusal> {
    let known = [0, 5, 10, 15, 20, 25, 30, 40, 50];
    let level = u16::try_from(number(fields, name)?).ok().filter(|level| known.contains(level));
    level.ok_or_else(|| Refusal::invalid(&format!("{name} does not have a valid value")))
}

/// `visibility`, where it is given.
pub(super) fn visibility(fields: &Fields) -> Result<Option<Visibility>, Refusal> {
    match fields.get("visibility").map(String::as_str) {
        None => Ok(None),
        Some("private") => Ok(Some(Visibility::Private)),
        Some("internal") => Ok(Some(Visibility::Internal)),
        Some("public") => Ok(Some(Visibility::Public)),
        Some(_) => Err(Refusal::invalid("visibility does not have a valid value")),
    }
}
