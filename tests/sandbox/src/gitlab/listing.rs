//! Who is listed among all members of a project or group, with which level: not the same as who has access.
//!
//! Modelled quirks: rows are told apart by person *and* invitation e-mail, so one person may come twice; a project's
//! own row wins over any group's, whatever their levels; the level is that of the authorization table, or the raw
//! level of the row where that table has none; under the share lock invited people stay in the list with level 0;
//! people of private groups are hidden from callers who are no member of either side; people whom an invited group
//! got from yet another group have access and are not listed (see [`World::lists_shared_into_invited`]).

use std::collections::BTreeMap;

use super::model::{Group, Membership, Place, Project, Visibility, level};
use super::world::World;

/// One row of a member list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) row: Membership,
    pub(super) user: u64,
    pub(super) level: u16,
}

type Key = (u64, Option<String>);

impl World {
    /// What `projects/:id/members/all` shows to this caller, in the order of user ids.
    pub(super) fn all_members(&self, project: &Project, caller: u64) -> Vec<Listed> {
        let authorizations = self.authorizations(project);
        let mut rows = BTreeMap::new();
        keep_first(&mut rows, self.rows(Place::Project(project.id)));
        keep_first(&mut rows, self.owner_row(project));
        for group in self.groups_above(project) {
            keep_first(&mut rows, self.group_rows(group.id));
            keep_first(&mut rows, self.rows_shared_into(group.id, project, caller));
        }
        let locked = self.is_share_locked(project);
        let invited: Vec<Membership> = self.invited_rows(project, caller).collect();
        keep_first(&mut rows, invited.into_iter().map(|row| if locked { without_access(row) } else { row }));
        let listed = rows.into_iter().map(|((user, _), row)| {
            let level = authorizations.get(&user).copied().unwrap_or(row.level);
            Listed { row, user, level }
        });
        listed.collect()
    }

    /// What `groups/:id/members/all` shows: the highest level of each person, shares capped.
    pub(super) fn all_group_members(&self, group: u64) -> Vec<Listed> {
        let mut best: BTreeMap<u64, Membership> = BTreeMap::new();
        for group in self.lineage(group) {
            let shared = self.links_of(Place::Group(group.id)).flat_map(|link| {
                let cap = move |row: Membership| Membership { level: row.level.min(link.level), ..row };
                self.group_rows(link.group).map(cap)
            });
            for row in self.group_rows(group.id).chain(shared) {
                let Some(user) = row.user else { continue };
                let known = best.get(&user).map(|known| known.level);
                if known.is_none_or(|known| known < row.level) {
                    best.insert(user, row);
                }
            }
        }
        best.into_iter().map(|(user, row)| Listed { level: row.level, user, row }).collect()
    }

    /// The memberships of one place itself.
    pub(super) fn direct_members(&self, place: Place) -> Vec<Listed> {
        let mut listed: Vec<Listed> = self
            .rows(place)
            .filter_map(|row| Some(Listed { user: row.user?, level: row.level, row }))
            .collect();
        listed.sort_by_key(|member| member.user);
        listed
    }

    /// Accepted memberships of people who are there; pending invitations and requests are never listed.
    fn rows(&self, place: Place) -> impl Iterator<Item = Membership> {
        let is_person = |row: &Membership| row.user.is_some_and(|user| self.users.contains_key(&user));
        let listed = move |row: &&Membership| row.place == place && is_person(row) && !row.access_request;
        self.memberships.iter().filter(listed).cloned()
    }

    /// Minimal access is left out of rows that come from groups.
    fn group_rows(&self, group: u64) -> impl Iterator<Item = Membership> {
        self.rows(Place::Group(group)).filter(|row| row.level > level::MINIMAL)
    }

    /// Direct members of the groups that were invited to `group`.
    fn rows_shared_into(&self, group: u64, project: &Project, caller: u64) -> Vec<Membership> {
        let links = self.links_of(Place::Group(group)).filter(|link| link.level > level::MINIMAL);
        let visible = links.filter(|link| self.shows_invited(link.group, project, caller));
        visible.flat_map(|link| self.group_rows(link.group)).collect()
    }

    /// Members of the groups that were invited to the project, and of their ancestors.
    fn invited_rows<'a>(&'a self, project: &'a Project, caller: u64) -> impl Iterator<Item = Membership> {
        let links = self.links_of(Place::Project(project.id)).filter(|link| link.level > level::MINIMAL);
        let visible = links.filter(move |link| self.shows_invited(link.group, project, caller));
        visible.flat_map(|link| self.lineage(link.group)).flat_map(move |group| self.rows_of_invited(group))
    }

    fn rows_of_invited(&self, group: &Group) -> Vec<Membership> {
        let own = self.group_rows(group.id);
        if !self.lists_shared_into_invited {
            return own.collect();
        }
        let shared = self.links_of(Place::Group(group.id)).flat_map(|link| self.group_rows(link.group));
        own.chain(shared).collect()
    }

    fn shows_invited(&self, group: u64, project: &Project, caller: u64) -> bool {
        let public = self.groups.get(&group).is_some_and(|group| group.visibility != Visibility::Private);
        public
            || self.is_admin(caller)
            || self.level_in_group(caller, group) > 0
            || self.effective(project.id).contains_key(&caller)
    }

    /// The owner of a personal project is a member of it, with or without a row of his own.
    fn owner_row(&self, project: &Project) -> Option<Membership> {
        let owner = self.personal_owner(project)?;
        Some(Membership {
            id: 0,
            place: Place::Project(project.id),
            user: Some(owner.id),
            level: level::OWNER,
            expires_at: None,
            state: super::MembershipState::Active,
            access_request: false,
            invite_email: None,
        })
    }
}

fn keep_first(rows: &mut BTreeMap<Key, Membership>, others: impl IntoIterator<Item = Membership>) {
    for row in others {
        let Some(user) = row.user else { continue };
        rows.entry((user, row.invite_email.clone())).or_insert(row);
    }
}

fn without_access(row: Membership) -> Membership {
    Membership { level: level::NONE, ..row }
}
