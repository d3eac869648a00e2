//! The kinds of events, and which of them a caller wants.

use crate::problem::Problem;

/// Changes of tasks' records.
const TASK: &str = "task";
/// Kinds of the audit.
const AUDIT: [&str; 8] = ["ended", "grant", "revoke", "visibility", "drift", "held", "control", "token"];

/// What a caller wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    tasks: bool,
    audit: Vec<&'static str>,
}

impl Kinds {
    /// Every kind where none is named.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self { tasks: true, audit: AUDIT.to_vec() }) };
        let mut kinds = Self { tasks: false, audit: Vec::new() };
        for name in text.split(',').map(str::trim) {
            match AUDIT.into_iter().find(|kind| *kind == name) {
                Some(kind) if kinds.audit.contains(&kind) => {}
                Some(kind) => kinds.audit.push(kind),
                None if name == TASK => kinds.tasks = true,
                None => return Err(unknown()),
            }
        }
        Ok(kinds)
    }

    pub(super) const fn has_tasks(&self) -> bool {
        self.tasks
    }

    pub(super) fn audit(&self) -> &[&'static str] {
        &self.audit
    }
}

fn unknown() -> Problem {
    Problem::bad_request(format!("kind is a list of {TASK}, {}, separated by commas", AUDIT.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_unless_some_are_named() {
        assert_eq!(Kinds::parse(None).unwrap(), Kinds { tasks: true, audit: AUDIT.to_vec() });
        let named = Kinds::parse(Some("grant, revoke,grant")).unwrap();
        assert_eq!(named, Kinds { tasks: false, audit: vec!["grant", "revoke"] });
        assert_eq!(Kinds::parse(Some("task")).unwrap(), Kinds { tasks: true, audit: vec![] });
        assert_eq!(Kinds::parse(Some("drift,held")).unwrap().audit(), ["drift", "held"]);
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        for wrong in ["", "grants", "task,*", ">"] {
            assert_eq!(Kinds::parse(Some(wrong)).unwrap_err().status().as_u16(), 400, "{wrong}");
        }
    }
}
