//! What an installation has decided about writing to SonarQube.

use std::{collections::BTreeSet, time::Duration};

use access::{ADMINISTRATORS, Cap};
use runtime::config::ConfigError;
use serde::{Deserialize, Serialize};

/// Whether this applier writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It makes SonarQube match the plans.
    Apply,
    /// It tells what it would change, and changes nothing.
    Observe,
}

/// What becomes of what somebody else changed in SonarQube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// The next sync undoes it.
    Repair,
    /// It stays, for whoever has access in GitLab or was let in by hand; a leaver loses it.
    Leave,
}

/// How changes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ways {
    /// The way that is expected to take less time.
    Auto,
    /// One call for each change.
    Single,
    /// A temporary permission template, applied in one transaction.
    Template,
}

/// What becomes of groups that open a private project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exposed {
    /// They are reported.
    Report,
    /// Those that are named lose everything that they hold on a private project.
    Close,
}

/// What is written without a person's word, and what is not.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What becomes of what somebody else changed.
    pub drift: Drift,
    /// Groups that are closed on private projects; none where exposure is only reported.
    pub closed_groups: BTreeSet<String>,
    /// How much one sync may take from one project.
    pub cap: Cap,
    /// How many permissions may be taken in an hour, over all projects; 0 is no limit.
    pub revokes_per_hour: u64,
    /// Whether the first sync of a project that would take something waits for a person's word.
    pub adopt: bool,
}

/// When the applier stops writing because SonarQube is not well.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerConfig {
    /// After so many failures in a row.
    pub failures: u32,
    /// How often it is then looked whether SonarQube is well.
    #[serde(with = "runtime::config::duration")]
    pub probe_every: Duration,
}

impl Rules {
    /// The groups that are closed.
    ///
    /// # Errors
    /// When SonarQube's own administrators are among them: nobody could mend anything afterwards.
    pub fn closed(exposed: Exposed, groups: &[String]) -> Result<BTreeSet<String>, ConfigError> {
        if groups.iter().any(|group| group == ADMINISTRATORS) {
            return Err(ConfigError {
                setting: "sonarqube.close_groups".to_owned(),
                problem: format!("names {ADMINISTRATORS}, which is never closed"),
                mend: "take it out of the list".to_owned(),
            });
        }
        Ok(match exposed {
            Exposed::Report => BTreeSet::new(),
            Exposed::Close => groups.iter().cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_mends_everything_is_never_among_those_that_are_closed() {
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for exposed in [Exposed::Report, Exposed::Close] {
            let error = Rules::closed(exposed, &groups(&["sonar-users", ADMINISTRATORS])).unwrap_err();
            assert_eq!(error.setting, "sonarqube.close_groups");
        }
        let named = groups(&["sonar-users", "Anyone"]);
        assert_eq!(Rules::closed(Exposed::Close, &named).unwrap(), named.iter().cloned().collect());
        assert!(Rules::closed(Exposed::Report, &named).unwrap().is_empty(), "it is only reported");
    }
}
