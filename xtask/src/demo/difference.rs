//! What changed between two readings of a project's grants in SonarQube.

use std::collections::{BTreeMap, BTreeSet};

/// The permissions of each person on one project, by login.
pub(super) type Grants = BTreeMap<String, BTreeSet<String>>;

/// The grants that came and went.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    granted: Grants,
    revoked: Grants,
}

impl Difference {
    /// Compares two readings.
    pub(super) fn between(before: &Grants, after: &Grants) -> Self {
        Self { granted: only_in(after, before), revoked: only_in(before, after) }
    }

    /// A line for each person whose permissions changed; one line that says so when none did.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.granted.is_empty() && self.revoked.is_empty() {
            return vec!["no permission changed".to_owned()];
        }
        let granted = self.granted.iter().map(|grant| line('+', grant));
        let revoked = self.revoked.iter().map(|grant| line('-', grant));
        granted.chain(revoked).collect()
    }
}

fn only_in(these: &Grants, others: &Grants) -> Grants {
    let nothing = BTreeSet::new();
    let rest = these.iter().map(|(login, permissions)| {
        let other = others.get(login).unwrap_or(&nothing);
        (login.clone(), permissions.difference(other).cloned().collect::<BTreeSet<_>>())
    });
    rest.filter(|(_, permissions)| !permissions.is_empty()).collect()
}

fn line(sign: char, (login, permissions): (&String, &BTreeSet<String>)) -> String {
    let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
    format!("{sign} {login:<24} {}", permissions.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(all: &[(&str, &[&str])]) -> Grants {
        let permissions = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        all.iter().map(|&(login, names)| (login.to_owned(), permissions(names))).collect()
    }

    #[test]
    fn only_what_changed_is_shown() {
        let before = grants(&[("ada", &["user", "admin"]), ("bob", &["user"])]);
        let after = grants(&[("ada", &["user"]), ("bob", &["user"]), ("eve", &["scan", "user"])]);
        let lines = Difference::between(&before, &after).lines();
        let words: Vec<String> =
            lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(words, ["+ eve scan, user", "- ada admin"]);
    }

    #[test]
    fn equal_readings_say_that_nothing_changed() {
        let same = grants(&[("ada", &["user"])]);
        assert_eq!(Difference::between(&same, &same).lines(), ["no permission changed"]);
    }
}
