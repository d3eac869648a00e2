//! Groups that lead to a project and whose members the token may not see.
//!
//! `members/all` leaves out the members of a private invited group, unless the caller is a member of that group, or of
//! the project that it is invited to (<https://docs.gitlab.com/api/project_members/>). It does not say that it did, and
//! newer versions name such a group nowhere (`visible_group_links`, `shared_with_group_links_visible_to_user`). So
//! whoever is neither a member of the project nor an administrator has to reckon with one.

use std::{collections::BTreeSet, sync::Arc};

use access::{Account as Usable, Seat};
use proto::{AccessLevel, GroupId, UnseenGroup};

use super::{GitLab, Group, ReadError, Reading, Share, identity::Account};

impl GitLab {
    /// The group and its ancestors, as far as the token may see them.
    pub(super) async fn groups_above(&self, first: Option<GroupId>) -> Result<Vec<Arc<Group>>, ReadError> {
        let (mut above, mut next) = (Vec::<Arc<Group>>::new(), first);
        while let Some(id) = next.filter(|id| above.iter().all(|group| group.id != *id)) {
            let Some(group) = self.group(id).await? else { break };
            next = group.parent;
            above.push(group);
        }
        Ok(above)
    }

    /// The groups that the account may not see for all that is known: those that are named and answer 404, or, where none
    /// is, one without a name. An administrator sees every group; where GitLab runs Admin Mode that takes a token with
    /// the scope `admin_mode`.
    pub(super) async fn unseen(
        &self,
        reading: &Reading,
        above: &[Arc<Group>],
        account: &Account,
    ) -> Result<Vec<UnseenGroup>, ReadError> {
        if account.is_admin || is_member(reading, account) {
            return Ok(Vec::new());
        }
        let mut hidden = BTreeSet::new();
        for share in shares(reading, above) {
            if self.group(share.group).await?.is_none() {
                hidden.insert(UnseenGroup { id: Some(share.group), path: Some(share.path.clone()) });
            }
        }
        if hidden.is_empty() {
            hidden.insert(UnseenGroup { id: None, path: None });
        }
        Ok(hidden.into_iter().collect())
    }
}

/// GitLab shows members everybody.
fn is_member(reading: &Reading, account: &Account) -> bool {
    reading.rows.iter().any(|row| {
        let counts = row.account == Usable::Active && row.seat == Seat::Active;
        row.user == account.id && counts && row.level > AccessLevel::Minimal
    })
}

/// The invitations that give access: those of the project count for nothing under its group's share lock.
fn shares<'a>(reading: &'a Reading, above: &'a [Arc<Group>]) -> impl Iterator<Item = &'a Share> {
    let locked = above.first().is_some_and(|group| group.share_lock);
    let own = reading.invited.iter().filter(move |_| !locked);
    let inherited = above.iter().flat_map(|group| &group.invited);
    own.chain(inherited).filter(|share| share.cap > AccessLevel::Minimal)
}
