//! What was read of a project and the groups around it, built in the words of GitLab.

use access::{Facts, GroupFacts, Invitation, Membership, MembershipRow, ProjectFacts, paths};
use jiff::civil::Date;
use proto::{AccessLevel, GroupId};

use crate::row;

/// Facts of one project; groups come into being, with those above them, when they are named.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hierarchy {
    pub(crate) facts: Facts,
}

impl Hierarchy {
    /// A project that lies in the group.
    pub(crate) fn project_in(group: &str) -> Self {
        let mut hierarchy = Self::default();
        hierarchy.facts.project.group = Some(hierarchy.id(group));
        hierarchy
    }

    /// A project in somebody's personal namespace.
    pub(crate) fn project_of(owner: u64) -> Self {
        let owner = Some(of(row(owner, AccessLevel::Owner)));
        Self {
            facts: Facts { project: ProjectFacts { owner, ..ProjectFacts::default() }, ..Facts::default() },
        }
    }

    /// A direct member of the project.
    pub(crate) fn direct(self, user: u64, level: AccessLevel) -> Self {
        self.direct_row(row(user, level))
    }

    pub(crate) fn direct_row(mut self, row: MembershipRow) -> Self {
        self.facts.project.members.push(of(row));
        self
    }

    /// A direct member of a group.
    pub(crate) fn member(self, group: &str, user: u64, level: AccessLevel) -> Self {
        self.member_row(group, row(user, level))
    }

    pub(crate) fn member_row(mut self, group: &str, row: MembershipRow) -> Self {
        self.group(group).members.push(of(row));
        self
    }

    /// A direct member of a group until a day.
    pub(crate) fn member_until(mut self, group: &str, user: u64, level: AccessLevel, ends: Date) -> Self {
        self.group(group).members.push(Membership { row: row(user, level), ends: Some(ends) });
        self
    }

    /// `guests` is invited to the project.
    pub(crate) fn invited(mut self, guests: &str, cap: AccessLevel) -> Self {
        let invitation = self.invitation(guests, cap);
        self.facts.project.invited.push(invitation);
        self
    }

    /// The same until a day.
    pub(crate) fn invited_until(mut self, guests: &str, cap: AccessLevel, ends: Date) -> Self {
        let invitation = Invitation { ends: Some(ends), ..self.invitation(guests, cap) };
        self.facts.project.invited.push(invitation);
        self
    }

    /// `guests` is invited to the group.
    pub(crate) fn invited_to(mut self, group: &str, guests: &str, cap: AccessLevel) -> Self {
        let invitation = self.invitation(guests, cap);
        self.group(group).invited.push(invitation);
        self
    }

    pub(crate) fn share_lock(mut self) -> Self {
        self.facts.project.share_lock = true;
        self
    }

    /// The token may not see the group; who refers to it says its path or does not.
    pub(crate) fn hidden(mut self, group: &str) -> Self {
        let id = self.id(group);
        self.facts.groups.remove(&id);
        self
    }

    /// The group's parent is said to be this one.
    pub(crate) fn with_parent(mut self, group: &str, parent: &str) -> Self {
        let parent = self.id(parent);
        self.group(group).parent = Some(parent);
        self
    }

    /// The paths of a person, as people read them.
    pub(crate) fn lines(&self, user: u64) -> Vec<String> {
        let mut paths = paths(&self.facts);
        let person = paths.people.remove(&proto::UserId(user));
        person.map_or_else(Vec::new, |person| person.paths.iter().map(ToString::to_string).collect())
    }

    /// The level that the paths of a person come to.
    pub(crate) fn level(&self, user: u64) -> AccessLevel {
        paths(&self.facts).people.get(&proto::UserId(user)).map_or(AccessLevel::None, |p| p.level())
    }

    fn invitation(&mut self, guests: &str, cap: AccessLevel) -> Invitation {
        Invitation { group: self.id(guests), path: Some(guests.to_owned()), cap, ends: None }
    }

    fn group(&mut self, path: &str) -> &mut GroupFacts {
        let id = self.id(path);
        self.facts.groups.get_mut(&id).expect("it was made just now")
    }

    fn id(&mut self, path: &str) -> GroupId {
        if let Some((id, _)) = self.facts.groups.iter().find(|(_, group)| group.path == path) {
            return *id;
        }
        let parent = path.rsplit_once('/').map(|(above, _)| self.id(above));
        let id = GroupId(self.facts.groups.len() as u64 + 1);
        let group = GroupFacts { path: path.to_owned(), parent, ..GroupFacts::default() };
        self.facts.groups.insert(id, group);
        id
    }
}

fn of(row: MembershipRow) -> Membership {
    Membership { row, ends: None }
}
