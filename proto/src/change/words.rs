//! Changes as an operator reads them: one line for each kind and grantee, such as
//! `+ alice: user, codeviewer (developer through acme/backend)`.

use std::{collections::BTreeMap, fmt};

use super::{Change, ChangeKind, Exposure};
use crate::PermissionSet;

/// Who an account is in GitLab, and why it has what it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    name: Option<String>,
    why: Option<String>,
}

/// The lines of a list of changes, in the order of the list.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    changes: Vec<&'a Change>,
    known: BTreeMap<&'a str, Known>,
}

impl<'a> Lines<'a> {
    /// The lines of these changes, with SonarQube's logins.
    #[must_use]
    pub fn of(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        Self { changes: changes.into_iter().collect(), known: BTreeMap::new() }
    }

    /// The same, with the GitLab username in place of the login, and the reason behind it.
    #[must_use]
    pub fn knowing(mut self, login: &'a str, username: &str, why: Option<String>) -> Self {
        self.known.insert(login, Known { name: Some(username.to_owned()), why });
        self
    }
}

/// What one grantee is given, or loses.
#[derive(Debug)]
struct Line<'a> {
    kind: ChangeKind,
    /// The GitLab username where it is known, else as SonarQube calls the grantee.
    name: String,
    permissions: PermissionSet,
    why: Option<&'a str>,
}

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing to change");
        }
        for (number, Line { kind, name, permissions, why }) in self.each().enumerate() {
            let end_of_last = if number == 0 { "" } else { "\n" };
            write!(f, "{end_of_last}{} {name}: {permissions}", kind.sign())?;
            why.map_or(Ok(()), |why| write!(f, " ({why})"))?;
        }
        Ok(())
    }
}

impl Lines<'_> {
    fn each(&self) -> impl Iterator<Item = Line<'_>> {
        let same = |a: &&Change, b: &&Change| a.kind == b.kind && a.grantee == b.grantee;
        self.changes.chunk_by(same).filter_map(|changes| self.line(changes))
    }

    fn line(&self, changes: &[&Change]) -> Option<Line<'_>> {
        let Change { kind, grantee, .. } = changes.first()?;
        let known = grantee.login().and_then(|login| self.known.get(login));
        let name = known.and_then(|known| known.name.clone()).unwrap_or_else(|| grantee.to_string());
        let permissions = changes.iter().map(|change| change.permission).collect();
        // Why somebody has access is no reason for a revoke.
        let why = known.and_then(|known| known.why.as_deref()).filter(|_| *kind == ChangeKind::Grant);
        Some(Line { kind: *kind, name, permissions, why })
    }
}

/// Everything that there is to tell of one SonarQube project, each on a line of its own and indented.
#[derive(Debug)]
pub(crate) struct ProjectLines<'a> {
    /// What is given and taken.
    pub(crate) changes: Lines<'a>,
    /// How many more changes there are than are listed.
    pub(crate) more: usize,
    /// What is wanted and not done.
    pub(crate) kept: &'a [String],
    /// What somebody else changed.
    pub(crate) drift: Lines<'a>,
    /// Whom groups let in.
    pub(crate) exposure: &'a [Exposure],
}

impl fmt::Display for ProjectLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        if self.more > 0 {
            writeln!(f, "  and {} more", self.more)?;
        }
        self.kept.iter().try_for_each(|kept| writeln!(f, "  note: {kept}"))?;
        for Line { kind, name, permissions, .. } in self.drift.each() {
            match kind {
                ChangeKind::Grant => writeln!(f, "  drift: somebody gave {permissions} to {name}")?,
                ChangeKind::Revoke => writeln!(f, "  drift: somebody took {permissions} from {name}")?,
            }
        }
        self.exposure.iter().try_for_each(|exposure| writeln!(f, "  exposure: {exposure}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grantee,
        Permission::{self, CodeViewer, Scan, User},
    };

    fn change(kind: ChangeKind, login: &str, permission: Permission) -> Change {
        Change { kind, grantee: Grantee::Login(login.to_owned()), permission }
    }

    #[test]
    fn each_kind_and_grantee_is_one_line() {
        use ChangeKind::{Grant, Revoke};
        let group = Grantee::Group("sonar-users".to_owned());
        let changes = [
            change(Grant, "alice-smith17", User),
            change(Grant, "alice-smith17", CodeViewer),
            change(Grant, "bob3", User),
            change(Revoke, "alice-smith17", Scan),
            Change { kind: Revoke, grantee: group, permission: User },
        ];
        let why = Some("developer through acme/backend".to_owned());
        assert_eq!(
            Lines::of(&changes).knowing("alice-smith17", "alice", why).to_string(),
            "+ alice: user, codeviewer (developer through acme/backend)\n+ bob3: user\n- alice: scan\n\
             - group sonar-users: user"
        );
    }

    #[test]
    fn no_change_says_so() {
        assert_eq!(Lines::of(&[]).to_string(), "nothing to change");
    }

    #[test]
    fn what_was_not_done_and_what_others_did_has_lines_of_its_own() {
        use ChangeKind::{Grant, Revoke};
        let drift = [change(Grant, "eve1", Scan), change(Revoke, "bob3", User)];
        let exposure = [Exposure { group: "sonar-users".to_owned(), permissions: [User].into(), lets_in: 1 }];
        let lines = ProjectLines {
            changes: Lines::of(&[]),
            more: 2,
            kept: &["bob3 is the last administrator".to_owned()],
            drift: Lines::of(&drift).knowing("eve1", "eve", None),
            exposure: &exposure,
        };
        assert_eq!(
            lines.to_string(),
            "  nothing to change\n  and 2 more\n  note: bob3 is the last administrator\n  \
             drift: somebody gave scan to eve\n  drift: somebody took user from bob3\n  \
             exposure: group sonar-users lets in 1 person whom GitLab keeps out (user)\n"
        );
    }
}
