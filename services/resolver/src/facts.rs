//! Gathering the memberships that may lead to a project: of the project, the groups above it, the groups that are
//! invited to one of these, and the groups above those that the project itself invited.
//!
//! Decides nothing: what the memberships come to is GitLab's rule, in [`access::paths`]. Groups are taken from what is
//! kept of them for a while ([`GitLab::group`]), so what is explained may be some minutes old; what is written never is.

use std::collections::{BTreeMap, BTreeSet};

use access::{Facts, GroupFacts, Invitation, Membership, MembershipRow, ProjectFacts};
use proto::{GroupId, ProjectId};

use crate::gitlab::{GitLab, Group, Listed, ReadError, Reading, Share};

/// Everything that may lead to the project; groups that the token may not see are left out.
pub(crate) async fn gather(
    gitlab: &GitLab,
    project: ProjectId,
    reading: &Reading,
) -> Result<Facts, ReadError> {
    let mut groups = Gathered { gitlab, found: BTreeMap::new() };
    let mut direct = BTreeSet::new();
    let invited = reading.invited.iter().map(|share| share.group);
    for first in reading.group.into_iter().chain(invited) {
        direct.extend(groups.lineage(first).await?);
    }
    // Of a group that is invited to a group only its direct members count.
    for group in direct {
        groups.take(group).await?;
    }
    let share_lock =
        reading.group.and_then(|group| groups.found.get(&group)).is_some_and(|(group, _)| group.share_lock);
    let project = ProjectFacts {
        members: memberships(&gitlab.project_members(project).await?),
        owner: owner(reading),
        group: reading.group,
        invited: invitations(&reading.invited),
        share_lock,
    };
    let facts = |(group, members)| facts(&group, members);
    Ok(Facts { project, groups: groups.found.into_iter().map(|(id, found)| (id, facts(found))).collect() })
}

/// The groups gathered so far, with their members.
struct Gathered<'a> {
    gitlab: &'a GitLab,
    found: BTreeMap<GroupId, (Group, Vec<Membership>)>,
}

impl Gathered<'_> {
    /// Takes the group and those above it; returns the groups that are invited to any of them.
    async fn lineage(&mut self, first: GroupId) -> Result<Vec<GroupId>, ReadError> {
        let (mut invited, mut seen, mut next) = (Vec::new(), BTreeSet::new(), Some(first));
        while let Some(id) = next.filter(|id| seen.insert(*id)) {
            let Some(group) = self.take(id).await? else { break };
            invited.extend(group.invited.iter().map(|share| share.group));
            next = group.parent;
        }
        Ok(invited)
    }

    /// Takes one group with its direct members; nothing where the token may not see it.
    async fn take(&mut self, id: GroupId) -> Result<Option<&Group>, ReadError> {
        if !self.found.contains_key(&id) {
            let Some(group) = self.gitlab.group(id).await? else { return Ok(None) };
            let members = memberships(&self.gitlab.group_members(id).await?);
            self.found.insert(id, (Group::clone(&group), members));
        }
        Ok(self.found.get(&id).map(|(group, _)| group))
    }
}

fn facts(group: &Group, members: Vec<Membership>) -> GroupFacts {
    let invited = invitations(&group.invited);
    GroupFacts { path: group.path.clone(), parent: group.parent, members, invited }
}

fn invitations(shares: &[Share]) -> Vec<Invitation> {
    let invitation = |Share { group, path, cap, ends }: &Share| Invitation {
        group: *group,
        path: Some(path.clone()),
        cap: *cap,
        ends: *ends,
    };
    shares.iter().map(invitation).collect()
}

fn memberships(listed: &[Listed]) -> Vec<Membership> {
    listed.iter().map(|Listed { row, ends }| Membership { row: row.clone(), ends: *ends }).collect()
}

/// A personal namespace has the name of the user whose it is. GitLab lists the owner among the members, too.
fn owner(reading: &Reading) -> Option<Membership> {
    let (namespace, _) = reading.path.split_once('/').filter(|_| reading.personal)?;
    let is_owner = |row: &&MembershipRow| row.username == namespace;
    let row = reading.rows.iter().filter(is_owner).max_by_key(|row| row.level)?.clone();
    Some(Membership { row, ends: None })
}
