//! The fields of a JSON object, each read leniently: what is not there, or is of another type than it should be, is
//! nothing. Only what is asked for is ever read: a payload of 25 MB stays the text that it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

/// A longer text is cut: an event must fit into a message.
const LONGEST: usize = 1024;

/// The fields of an object. Of a name that comes twice the last one counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The fields, if the JSON is an object.
    pub(super) fn of(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self)
    }

    /// The object of this name; without fields where there is none.
    pub(super) fn object(&self, name: &str) -> Self {
        self.0.get(name).and_then(|raw| Self::of(raw.get()).ok()).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of these that is a text, and no empty one.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let text: String = serde_json::from_str(self.0.get(*name)?.get()).ok()?;
            let cut = text.chars().take(LONGEST).collect();
            (!text.is_empty()).then_some(cut)
        })
    }

    /// The first of these that is a number, or a text that is one.
    pub(super) fn number(&self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| {
            let text = self.0.get(*name)?.get();
            text.trim_matches('"').parse().ok()
        })
    }

    /// A GitLab id: 0 is none.
    pub(super) fn id(&self, names: &[&str]) -> Option<u64> {
        self.number(names).filter(|id| *id > 0)
    }

    pub(super) fn is(&self, name: &str) -> Option<bool> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The first of these that is a time.
    pub(super) fn time(&self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| time(&self.text(&[name])?))
    }
}

/// GitLab writes `2026-11-22T10:00:00Z`, `2026-11-22 10:00:00 UTC` and `2026-11-22 10:00:00 +0200`.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(" UTC").map_or_else(|| text.to_owned(), |time| format!("{time}Z"));
    text.parse().or_else(|_| Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", &text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_gitlab_writes_a_time_is_read() {
        let noon = "2026-11-22T12:00:00Z".parse().ok();
        for text in [
            "2026-11-22T12:00:00Z",
            "2026-11-22T12:00:00.000Z",
            "2026-11-22 12:00:00 UTC",
            "2026-11-22 14:00:00 +0200",
            "2026-11-22T14:00:00+02:00",
        ] {
            assert_eq!(time(text), noon, "{text}");
        }
        for text in ["", "yesterday", "2026-11-22", "2026-11-22 12:00:00"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_field_of_another_type_is_nothing() {
        let json =
            r#"{"text":7,"number":"seven","written":"7","object":[1],"id":0,"negative":-1,"empty":""}"#;
        let fields = Fields::of(json).unwrap();
        assert_eq!(fields.text(&["text", "empty", "nowhere"]), None);
        assert_eq!(fields.number(&["number", "negative", "nowhere"]), None);
        assert_eq!(fields.number(&["number", "written"]), Some(7));
        assert_eq!(fields.id(&["id"]), None);
        assert!(fields.object("object").is_empty());
        assert_eq!(fields.is("text"), None);
    }

    #[test]
    fn a_long_text_is_cut_and_of_two_fields_of_one_name_the_last_counts() {
        let json = format!(r#"{{"a":"{}","b":1,"b":2}}"#, "ä".repeat(5_000));
        let fields = Fields::of(&json).unwrap();
        assert_eq!(fields.text(&["a"]), Some("ä".repeat(LONGEST)));
        assert_eq!(fields.number(&["b"]), Some(2));
    }
}
