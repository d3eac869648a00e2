//! Where members of what have access to the project, and by which steps: the published rule, without the people.
//!
//! The rule is that of `lib/gitlab/project_authorizations.rb` and `doc/user/project/members/sharing_projects_groups.md`.
//! A membership in the project counts as it is, and so does one in the project's group or above it, and in a group
//! that was invited to one of these (its direct members only), with at most the invitation's level. Of a group that
//! the *project* invited, everybody counts who has access in that group, by the same rule.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use proto::{AccessLevel, GroupId, GroupRef, Place, Step, UnseenGroup, Void};

use crate::{Facts, GroupFacts, Invitation, Membership};

/// Every direct member of one place has access by these steps.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    pub(crate) of: Place,
    pub(crate) members: &'a [Membership],
    pub(crate) way: Way,
}

/// The steps from a place down to the project, and what they do to a level.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) through: Vec<Step>,
    /// The lowest cap of its invitations.
    pub(crate) cap: AccessLevel,
    /// The earliest end of its invitations.
    pub(crate) ends: Option<Date>,
    pub(crate) void: Option<Void>,
}

impl Way {
    const fn of_the_project() -> Self {
        Self { through: Vec::new(), cap: AccessLevel::Owner, ends: None, void: None }
    }

    /// This way for the members of a group that `to` lies in.
    fn inherited(&self, to: Place) -> Self {
        self.behind(Step::Inherited { to })
    }

    /// This way for the members of a group that is invited to `to`.
    fn invited(&self, to: Place, by: &Invitation) -> Self {
        let too_low = (by.cap <= AccessLevel::Minimal).then_some(Void::TooLow);
        Self {
            cap: self.cap.min(by.cap),
            ends: earliest(self.ends, by.ends),
            void: self.void.max(too_low),
            ..self.behind(Step::Invited { to, cap: by.cap })
        }
    }

    fn behind(&self, first: Step) -> Self {
        let through = [first].into_iter().chain(self.through.iter().cloned()).collect();
        Self { through, ..self.clone() }
    }
}

pub(crate) fn earliest(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    one.into_iter().chain(other).min()
}

/// Every route to the project, and the groups that would give more and cannot be seen.
pub(crate) fn routes(facts: &Facts) -> (Vec<Route<'_>>, BTreeSet<UnseenGroup>) {
    let mut survey = Survey { groups: &facts.groups, routes: Vec::new(), unseen: BTreeMap::new() };
    let project = &facts.project;
    let here = Way::of_the_project();
    let below = here.inherited(Place::Project);
    survey.add(Place::Project, &project.members, here.clone());
    survey.add(Place::Namespace, project.owner.as_slice(), below.clone());
    for group in survey.lineage(project.group, None, &below) {
        survey.group(group, &below);
    }
    let locked = project.share_lock.then_some(Void::ShareLock);
    for invitation in &project.invited {
        let way = Way { void: locked, ..here.clone() }.invited(Place::Project, invitation);
        survey.invited_to_the_project(invitation, &way);
    }
    let unseen = survey.unseen.into_iter().map(|(id, path)| UnseenGroup { id: Some(id), path });
    (survey.routes, unseen.collect())
}

struct Survey<'a> {
    groups: &'a BTreeMap<GroupId, GroupFacts>,
    routes: Vec<Route<'a>>,
    unseen: BTreeMap<GroupId, Option<String>>,
}

type Group<'a> = (GroupId, &'a GroupFacts);

impl<'a> Survey<'a> {
    /// Everybody with access in the invited group: by the group itself, or by a group above it.
    fn invited_to_the_project(&mut self, invitation: &Invitation, way: &Way) {
        let path = invitation.path.as_deref();
        let mut lineage = self.lineage(Some(invitation.group), path, way).into_iter();
        let Some(invited) = lineage.next() else { return };
        self.group(invited, way);
        let inherited = way.inherited(place(invited));
        for above in lineage {
            self.group(above, &inherited);
        }
    }

    /// The direct members of a group, and those of the groups that are invited to it.
    fn group(&mut self, group: Group<'a>, way: &Way) {
        let (_, facts) = group;
        self.add(place(group), &facts.members, way.clone());
        for invitation in &facts.invited {
            let way = way.invited(place(group), invitation);
            if let Some(guests) = self.look_up(invitation.group, invitation.path.as_deref(), &way) {
                self.add(place(guests), &guests.1.members, way);
            }
        }
    }

    /// The group and those above it, nearest first, as far as they can be seen.
    fn lineage(&mut self, from: Option<GroupId>, path: Option<&str>, way: &Way) -> Vec<Group<'a>> {
        let mut lineage = Vec::new();
        let (mut next, mut path, mut met) = (from, path, BTreeSet::new());
        while let Some(id) = next.filter(|id| met.insert(*id)) {
            let Some(group) = self.look_up(id, path.take(), way) else { break };
            lineage.push(group);
            next = group.1.parent;
            path = group.1.path.rsplit_once('/').map(|(above, _)| above);
        }
        lineage
    }

    /// The group, if it can be seen. If not, and the way from it leads to access, that is noted.
    fn look_up(&mut self, id: GroupId, path: Option<&str>, way: &Way) -> Option<Group<'a>> {
        let found = self.groups.get(&id);
        if found.is_none() && way.void.is_none() {
            let known = self.unseen.entry(id).or_default();
            *known = known.take().into_iter().chain(path.map(str::to_owned)).min();
        }
        found.map(|facts| (id, facts))
    }

    fn add(&mut self, of: Place, members: &'a [Membership], way: Way) {
        self.routes.push(Route { of, members, way });
    }
}

fn place((id, group): Group<'_>) -> Place {
    Place::Group(GroupRef { id, path: group.path.clone() })
}
