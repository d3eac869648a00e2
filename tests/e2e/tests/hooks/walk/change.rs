//! What may happen in GitLab, one thing at a time.

use e2e::{LEVELS, Seeded};
use sandbox::gitlab::{Membership, Place, UserState, Visibility, World};

use super::ground::Ground;

/// How often each kind of change is drawn.
const SHARES: [(u64, Kind); 16] = [
    (18, Kind::Join),
    (10, Kind::Level),
    (14, Kind::Leave),
    (8, Kind::JoinGroup),
    (6, Kind::Share),
    (5, Kind::Unshare),
    (4, Kind::RenameGroup),
    (3, Kind::MoveGroup),
    (3, Kind::Block),
    (3, Kind::Unblock),
    (1, Kind::Delete),
    (7, Kind::Rename),
    (6, Kind::Transfer),
    (3, Kind::Archive),
    (3, Kind::Unarchive),
    (6, Kind::Visibility),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Join,
    /// Of a member of a project or of a group.
    Level,
    Leave,
    JoinGroup,
    Share,
    Unshare,
    RenameGroup,
    MoveGroup,
    Block,
    Unblock,
    Delete,
    Rename,
    Transfer,
    Archive,
    Unarchive,
    Visibility,
}

impl Ground {
    /// One change: what has no object is drawn again.
    pub(super) fn change(&self, nth: usize, seeded: &mut Seeded) {
        let mut world = self.scene.gitlab.world();
        while self.happen(&mut world, draw(seeded), nth, seeded).is_none() {}
    }

    fn happen(&self, world: &mut World, kind: Kind, nth: usize, seeded: &mut Seeded) -> Option<()> {
        match kind {
            Kind::Join | Kind::JoinGroup | Kind::Level | Kind::Leave => self.member(world, kind, seeded),
            Kind::Share | Kind::Unshare => self.share(world, kind, seeded),
            Kind::RenameGroup | Kind::MoveGroup => self.group(world, kind, nth, seeded),
            Kind::Block | Kind::Unblock | Kind::Delete => self.account(world, kind, seeded),
            Kind::Rename | Kind::Transfer | Kind::Archive | Kind::Unarchive | Kind::Visibility => {
                self.project(world, kind, nth, seeded)
            }
        }
    }

    fn member(&self, world: &mut World, kind: Kind, seeded: &mut Seeded) -> Option<()> {
        let level = seeded.one(&LEVELS).0;
        if let Kind::Join | Kind::JoinGroup = kind {
            let user = seeded.one(&self.people).id;
            let place = match kind {
                Kind::Join => Place::Project(seeded.one(&self.projects).id),
                _ => Place::Group(seeded.one(&self.groups)),
            };
            let is_member = world.memberships.iter().any(|row| row.place == place && row.user == Some(user));
            return (world.users.contains_key(&user) && !is_member).then(|| {
                world.add_member(place, user, level);
            });
        }
        let moves = |row: &&Membership| self.people.iter().any(|person| Some(person.id) == row.user);
        let rows: Vec<Membership> = world.memberships.iter().filter(moves).cloned().collect();
        let row = (!rows.is_empty()).then(|| seeded.one(&rows))?;
        let user = row.user?;
        if let Kind::Leave = kind {
            world.remove_member(row.place, user);
            return Some(());
        }
        (row.level != level).then(|| world.set_level(row.place, user, level))
    }

    fn share(&self, world: &mut World, kind: Kind, seeded: &mut Seeded) -> Option<()> {
        if let Kind::Unshare = kind {
            let link = (!world.links.is_empty()).then(|| seeded.one(&world.links))?;
            world.remove_link(link.place, link.group);
            return Some(());
        }
        let (group, level) = (seeded.one(&self.groups), seeded.one(&LEVELS).0);
        let place = if seeded.happens(7) {
            Place::Project(seeded.one(&self.projects).id)
        } else {
            Place::Group(seeded.one(&self.groups))
        };
        let is_there = world.links.iter().any(|link| link.place == place && link.group == group);
        (place != Place::Group(group) && !is_there).then(|| world.invite_group(place, group, level))
    }

    fn group(&self, world: &mut World, kind: Kind, nth: usize, seeded: &mut Seeded) -> Option<()> {
        let group = seeded.one(&self.groups);
        if let Kind::RenameGroup = kind {
            world.rename_group(group, &format!("renamed-{nth}"));
            return Some(());
        }
        let before = world.groups[&group].full_path.clone();
        let parent = seeded.happens(7).then(|| seeded.one(&self.groups[..self.tops]));
        world.move_group(group, parent.filter(|parent| *parent != group));
        (world.groups[&group].full_path != before).then_some(())
    }

    fn account(&self, world: &mut World, kind: Kind, seeded: &mut Seeded) -> Option<()> {
        let user = seeded.one(&self.people).id;
        match (kind, world.users.get(&user)?.state) {
            (Kind::Block, UserState::Active) => world.block_user(user),
            (Kind::Unblock, UserState::Blocked) => world.unblock_user(user),
            (Kind::Delete, _) => world.delete_user(user),
            _ => return None,
        }
        Some(())
    }

    fn project(&self, world: &mut World, kind: Kind, nth: usize, seeded: &mut Seeded) -> Option<()> {
        let id = seeded.one(&self.projects).id;
        let before = world.projects[&id].clone();
        match kind {
            Kind::Rename => world.rename_project(id, &format!("named-{nth}")),
            Kind::Transfer => {
                let to = world.groups[&seeded.one(&self.groups)].full_path.clone();
                world.transfer_project(id, &to);
            }
            Kind::Archive => world.archive_project(id),
            Kind::Unarchive => world.unarchive_project(id),
            _ => {
                let visibility = [Visibility::Private, Visibility::Internal, Visibility::Public];
                world.set_visibility(id, seeded.one(&visibility));
            }
        }
        (world.projects[&id] != before).then_some(())
    }
}

fn draw(seeded: &mut Seeded) -> Kind {
    let mut drawn = seeded.below(SHARES.iter().map(|(share, _)| share).sum());
    for (share, kind) in SHARES {
        if drawn < share {
            return kind;
        }
        drawn -= share;
    }
    unreachable!("the shares are all there is")
}
