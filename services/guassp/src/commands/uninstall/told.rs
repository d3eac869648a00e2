//! What was found and what became of it, for people and for programs.

use std::fmt;

use serde::Serialize;

/// What stays, and how it would be taken back.
const GRANTS: &str = "Grants in SonarQube stay as they are. To put a project back as it was before guassp, run \
                      `guassp restore PROJECT --before TASK` while the services and the audit are still there.";

/// What was found, and what became of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    /// Each thing.
    pub(super) items: Vec<Item>,
    /// What could not be looked at, with the reason.
    pub(super) not_looked_at: Vec<String>,
    /// How many of those may have something of this installation.
    #[serde(skip)]
    pub(super) out_of_reach: usize,
}

/// A thing that this installation has put somewhere.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Item {
    /// Where it is.
    pub(super) system: &'static str,
    /// What it is.
    pub(super) name: String,
    /// Whether it was taken away; none where it was only looked at.
    pub(super) removed: Option<bool>,
    /// Why it was not.
    pub(super) reason: Option<String>,
}

impl Item {
    pub(super) fn found(system: &'static str, name: impl Into<String>) -> Self {
        Self { system, name: name.into(), removed: None, reason: None }
    }

    pub(super) fn removed(system: &'static str, name: impl Into<String>, result: Result<(), String>) -> Self {
        let removed = Some(result.is_ok());
        Self { removed, reason: result.err(), ..Self::found(system, name) }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = match (self.items.is_empty(), self.out_of_reach) {
            (false, _) => "This installation has put there:",
            (true, 0) => "There is nothing of this installation that could be taken away.",
            (true, _) => "Nothing of this installation was found where it could be looked for.",
        };
        writeln!(f, "{head}")?;
        self.items.iter().try_for_each(|Item { system, name, .. }| writeln!(f, "  {system}: {name}"))?;
        self.not_looked_at.iter().try_for_each(|reason| writeln!(f, "Not looked at: {reason}"))?;
        writeln!(f, "{GRANTS}")
    }
}

/// What became of it.
pub(super) struct Removed<'a>(pub(super) &'a Told);

impl fmt::Display for Removed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Item { system, name, removed, reason } in &self.0.items {
            let word = if *removed == Some(true) { "removed" } else { "NOT removed" };
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            writeln!(f, "  {word} {system}: {name}{reason}")?;
        }
        Ok(())
    }
}
