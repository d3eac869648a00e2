//! Changes of who is a member where, and which groups are invited.
//!
//! GitLab tells of each row that comes, changes or goes; of invitations of groups it tells nobody.

use super::events::MemberEvent;
use super::model::{Link, Membership, MembershipState, Place, level};
use super::world::World;

impl World {
    /// Adds an active membership, and gives its row id.
    pub fn add_member(&mut self, place: Place, user: u64, level: u16) -> u64 {
        self.add_row(place, level, |row| row.user = Some(user))
    }

    /// The same until a date.
    pub fn add_member_until(&mut self, place: Place, user: u64, level: u16, expires_at: Option<&str>) -> u64 {
        self.add_row(place, level, |row| {
            row.user = Some(user);
            row.expires_at = expires_at.map(str::to_owned);
        })
    }

    /// An invitation by e-mail: pending without a user, accepted with one.
    pub fn invite_by_email(&mut self, place: Place, email: &str, user: Option<u64>, level: u16) -> u64 {
        self.add_row(place, level, |row| {
            row.user = user;
            row.invite_email = Some(email.to_owned());
        })
    }

    /// A request for access that nobody has granted.
    pub fn request_access(&mut self, place: Place, user: u64) -> u64 {
        self.add_row(place, level::DEVELOPER, |row| {
            row.user = Some(user);
            row.access_request = true;
        })
    }

    /// A member without a seat.
    pub fn add_awaiting(&mut self, place: Place, user: u64, level: u16) -> u64 {
        self.add_row(place, level, |row| {
            row.user = Some(user);
            row.state = MembershipState::Awaiting;
        })
    }

    /// Changes one row: its level, its end, its state; or it is accepted, by giving it a user or ending its request.
    pub fn change_membership(&mut self, id: u64, change: impl FnOnce(&mut Membership)) {
        let Some(row) = self.memberships.iter_mut().find(|row| row.id == id) else { return };
        let before = row.clone();
        change(row);
        let event = MemberEvent::between(&before, row);
        self.tell_of_member(id, event);
    }

    /// Changes the level of the person's rows in this very place.
    pub fn set_level(&mut self, place: Place, user: u64, level: u16) {
        for id in self.rows_of(place, user) {
            self.change_membership(id, |row| row.level = level);
        }
    }

    /// Removes the person's rows of this very place: memberships, and requests for access.
    pub fn remove_member(&mut self, place: Place, user: u64) {
        for id in self.rows_of(place, user) {
            self.remove_row(id);
        }
    }

    /// GitLab's nightly job: takes away the memberships and the invitations of groups whose date has come.
    pub fn remove_expired(&mut self, today: &str) {
        let over = |date: &Option<String>| date.as_deref().is_some_and(|date| date <= today);
        let ids: Vec<u64> =
            self.memberships.iter().filter(|row| over(&row.expires_at)).map(|row| row.id).collect();
        for id in ids {
            self.remove_row(id);
        }
        self.links.retain(|link| !over(&link.expires_at));
    }

    /// `place` invites `group`; its people get at most `level`.
    pub fn invite_group(&mut self, place: Place, group: u64, level: u16) {
        self.links.push(Link { place, group, level, expires_at: None });
    }

    pub fn remove_link(&mut self, place: Place, group: u64) {
        self.links.retain(|link| link.place != place || link.group != group);
    }

    pub(super) fn rows_of(&self, place: Place, user: u64) -> Vec<u64> {
        let rows = self.memberships.iter().filter(|row| row.place == place && row.user == Some(user));
        rows.map(|row| row.id).collect()
    }

    fn remove_row(&mut self, id: u64) {
        let row = self.memberships.iter().find(|row| row.id == id);
        let event =
            row.map(|row| if row.access_request { MemberEvent::Denied } else { MemberEvent::Removed });
        self.tell_of_member(id, event);
        self.memberships.retain(|row| row.id != id);
    }

    fn add_row(&mut self, place: Place, level: u16, fill: impl FnOnce(&mut Membership)) -> u64 {
        let id = self.next_id();
        let mut row = Membership {
            id,
            place,
            user: None,
            level,
            expires_at: None,
            state: MembershipState::Active,
            access_request: false,
            invite_email: None,
        };
        fill(&mut row);
        let event = if row.access_request { MemberEvent::Requested } else { MemberEvent::Added };
        self.memberships.push(row);
        self.tell_of_member(id, Some(event));
        id
    }
}
