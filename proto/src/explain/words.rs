//! A path in words, on one line, for people who know GitLab and not this program.

use std::fmt;

use super::{AccessPath, AccessVerdict, PersonAccess, Place, Step, UnseenGroup, Void};
use crate::AccessLevel;

/// For example `developer of group acme`, or
/// `owner of group partners, which the project invited with at most reporter: reporter`.
impl fmt::Display for AccessPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.of == Place::Project || self.own <= AccessLevel::Minimal { "in" } else { "of" };
        let itself = if self.of == Place::Project { " itself" } else { "" };
        write!(f, "{} {of} {}{itself}", self.own, self.of)?;
        let mut last = None;
        for step in &self.through {
            write_step(f, last, step)?;
            last = Some(step);
        }
        match self.void {
            Some(void) => write!(f, ": nothing, because {void}")?,
            None if self.is_by_invitation() => write!(f, ": {}", self.level)?,
            None => {}
        }
        self.ends.map_or(Ok(()), |date| write!(f, " ({} on {date})", self.what_ends()))
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, last: Option<&Step>, step: &Step) -> fmt::Result {
    match (last, step) {
        // That members of a group are members of what lies in it, everybody knows.
        (None, Step::Inherited { to: Place::Project }) => Ok(()),
        (_, Step::Inherited { to }) => write!(f, ", and so in {to}"),
        (Some(Step::Invited { to: guests, .. }), Step::Invited { to, cap }) => {
            write!(f, "; {to} invited {guests} with at most {cap}")
        }
        (None | Some(Step::Inherited { .. }), Step::Invited { to, cap }) => {
            write!(f, ", which {to} invited with at most {cap}")
        }
    }
}

impl AccessPath {
    fn is_by_invitation(&self) -> bool {
        self.through.iter().any(|step| matches!(step, Step::Invited { .. }))
    }

    fn what_ends(&self) -> &'static str {
        if self.is_by_invitation() { "the membership or an invitation ends" } else { "the membership ends" }
    }
}

impl PersonAccess {
    /// Why the person has access, in a few words: the level, and the place whose membership decides. For example
    /// `developer through acme/backend`, or `reporter through partners, capped from developer`. Nothing where the person
    /// has no access.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        let AccessVerdict::Access { level, .. } = self.verdict else { return None };
        let deciding = self.paths.first().filter(|path| path.void.is_none() && self.by_paths.is_none());
        Some(deciding.map_or_else(|| format!("{level} by GitLab's list of members"), AccessPath::in_short))
    }
}

impl AccessPath {
    fn in_short(&self) -> String {
        let Self { level, own, of, .. } = self;
        let place = match of {
            Place::Project => "in the project".to_owned(),
            Place::Namespace => "of the personal namespace".to_owned(),
            Place::Group(group) => format!("through {}", group.path),
        };
        let capped = if own > level { format!(", capped from {own}") } else { String::new() };
        format!("{level} {place}{capped}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("the project"),
            Self::Namespace => f.write_str("the personal namespace"),
            Self::Group(group) => write!(f, "group {}", group.path),
        }
    }
}

/// For example `group partners`.
impl fmt::Display for UnseenGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.id) {
            (Some(path), _) => write!(f, "group {path}"),
            (None, Some(id)) => write!(f, "the group with id {id}"),
            (None, None) => f.write_str("any private group"),
        }
    }
}

/// The second half of a sentence that begins with "nothing, because".
impl fmt::Display for Void {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Awaiting => "the membership waits for a seat",
            Self::TooLow => "minimal access or less gives nothing in projects",
            Self::ShareLock => "the project's namespace forbids sharing projects with groups",
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{GroupId, GroupRef, PermissionSet, UserId};

    fn group(path: &str) -> Place {
        Place::Group(GroupRef { id: GroupId(1), path: path.to_owned() })
    }

    fn inherited(to: Place) -> Step {
        Step::Inherited { to }
    }

    fn invited(to: Place, cap: AccessLevel) -> Step {
        Step::Invited { to, cap }
    }

    fn path(own: AccessLevel, of: Place, through: Vec<Step>, level: AccessLevel) -> AccessPath {
        AccessPath { level, of, own, through, ends: None, void: None }
    }

    #[test]
    fn a_path_is_one_line() {
        use AccessLevel::{Developer, Guest, Maintainer, Owner, Reporter};
        use Place::{Namespace, Project};
        let (corp, backend) = (group("corp"), group("corp/backend"));
        let by_project = invited(Project, Guest);
        let lines = [
            path(Developer, Project, vec![], Developer),
            path(Owner, Namespace, vec![inherited(Project)], Owner),
            path(Maintainer, corp.clone(), vec![inherited(Project)], Maintainer),
            path(Owner, group("partners"), vec![invited(Project, Reporter)], Reporter),
            path(Owner, corp.clone(), vec![inherited(backend.clone()), by_project.clone()], Guest),
            path(Owner, group("k"), vec![invited(corp.clone(), Developer), inherited(Project)], Developer),
            path(Owner, group("k"), vec![invited(corp.clone(), Reporter), by_project.clone()], Guest),
            path(Owner, group("k"), vec![invited(corp, Reporter), inherited(backend), by_project], Guest),
        ];
        assert_lines(
            &lines,
            &[
                "developer in the project itself",
                "owner of the personal namespace",
                "maintainer of group corp",
                "owner of group partners, which the project invited with at most reporter: reporter",
                "owner of group corp, and so in group corp/backend, which the project invited with at most guest: \
                 guest",
                "owner of group k, which group corp invited with at most developer, and so in the project: developer",
                "owner of group k, which group corp invited with at most reporter; the project invited group corp with \
                 at most guest: guest",
                "owner of group k, which group corp invited with at most reporter, and so in group corp/backend, \
                 which the project invited with at most guest: guest",
            ],
        );
    }

    #[test]
    fn what_gives_nothing_says_why() {
        use AccessLevel::{Developer, Minimal, None};
        let void = |void, path| AccessPath { void: Some(void), level: None, ..path };
        let invited = vec![invited(Place::Project, Developer)];
        let lines = [
            void(Void::Awaiting, path(Developer, Place::Project, vec![], None)),
            void(Void::TooLow, path(Minimal, group("acme"), vec![inherited(Place::Project)], None)),
            void(Void::ShareLock, path(Developer, group("acme"), invited, None)),
        ];
        assert_lines(
            &lines,
            &[
                "developer in the project itself: nothing, because the membership waits for a seat",
                "minimal access in group acme: nothing, because minimal access or less gives nothing in projects",
                "developer of group acme, which the project invited with at most developer: nothing, because the \
                 project's namespace forbids sharing projects with groups",
            ],
        );
    }

    #[test]
    fn an_end_is_told() {
        use AccessLevel::{Developer, Guest};
        let ends = |path| AccessPath { ends: Some(date(2026, 12, 1)), ..path };
        let lines = [
            ends(path(Guest, Place::Project, vec![], Guest)),
            ends(path(Guest, group("acme"), vec![invited(Place::Project, Developer)], Guest)),
        ];
        assert_lines(
            &lines,
            &[
                "guest in the project itself (the membership ends on 2026-12-01)",
                "guest of group acme, which the project invited with at most developer: guest (the membership or an \
                 invitation ends on 2026-12-01)",
            ],
        );
    }

    fn assert_lines(paths: &[AccessPath], wanted: &[&str]) {
        let lines: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(lines, wanted);
    }

    #[test]
    fn who_has_access_has_it_for_a_reason() {
        use AccessLevel::{Developer, Guest, Owner, Reporter};
        let (backend, partners) = (group("acme/backend"), group("partners"));
        for (path, why) in [
            (path(Developer, Place::Project, vec![], Developer), "developer in the project"),
            (path(Owner, Place::Namespace, vec![], Owner), "owner of the personal namespace"),
            (path(Guest, backend, vec![inherited(Place::Project)], Guest), "guest through acme/backend"),
            (
                path(Developer, partners, vec![invited(Place::Project, Reporter)], Reporter),
                "reporter through partners, capped from developer",
            ),
        ] {
            assert_eq!(person(path.level, vec![path]).why().as_deref(), Some(why));
        }
    }

    #[test]
    fn where_no_path_is_known_or_the_paths_come_to_something_else_the_list_decides() {
        use AccessLevel::{Developer, Guest};
        let unknown = person(Developer, vec![]);
        let by_paths = Some(Guest);
        let other =
            PersonAccess { by_paths, ..person(Developer, vec![path(Guest, Place::Project, vec![], Guest)]) };
        for person in [unknown, other] {
            assert_eq!(person.why().as_deref(), Some("developer by GitLab's list of members"));
        }
        let nobody = PersonAccess { verdict: AccessVerdict::NoMembership, ..person(Guest, vec![]) };
        assert_eq!(nobody.why(), None);
    }

    fn person(level: AccessLevel, paths: Vec<AccessPath>) -> PersonAccess {
        let verdict = AccessVerdict::Access { level, permissions: PermissionSet::EMPTY };
        PersonAccess { id: UserId(1), username: "ann".to_owned(), verdict, paths, by_paths: None }
    }
}
