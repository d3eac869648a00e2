//! Everything that one GitLab knows, and the look-ups between its parts.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::hooks::Hooks;
use super::issue::Issue;
use super::limit::{RateLimit, Seen};
use super::model::{Group, Job, Link, Membership, Place, Project, Token, User, Visibility};
use super::signing::Keys;
use crate::journal::Write;

/// The state of a GitLab. Tests may change any part of it at any time.
#[derive(Debug, Clone)]
pub struct World {
    pub version: String,
    /// The address that links in answers name, where it is not the one that the server listens on.
    pub external_url: Option<String>,
    pub users: BTreeMap<u64, User>,
    pub groups: BTreeMap<u64, Group>,
    pub projects: BTreeMap<u64, Project>,
    pub memberships: Vec<Membership>,
    pub links: Vec<Link>,
    /// By token.
    pub jobs: HashMap<String, Job>,
    pub tokens: BTreeMap<String, Token>,
    pub issues: Vec<Issue>,
    /// Webhooks of the instance, of groups and of projects, and how their deliveries fare.
    pub hooks: Hooks,
    /// Whether groups have webhooks: they come with GitLab Premium.
    pub premium: bool,
    /// How far this GitLab's clock is ahead of the machine's; below zero it is behind. In seconds.
    pub clock_offset_s: i64,
    pub rate_limit: Option<RateLimit>,
    /// Lists of more rows than this come without totals.
    pub total_limit: usize,
    /// Since merge request 250584 the list shows people of groups shared into an invited group; before, not.
    pub lists_shared_into_invited: bool,
    /// The authorization table as it was when it began to lag; `None` when it is up to date.
    pub(super) stale: Option<BTreeMap<(u64, u64), u16>>,
    /// The address that it is known by: the issuer of its ID tokens. Empty until it is served.
    pub(super) url: String,
    pub(super) keys: Keys,
    /// Counting a call changes nothing that anybody is shown.
    pub(super) seen: RefCell<Seen>,
    pub(super) last_id: u64,
    pub(crate) writes: Vec<Write>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            version: "18.6.0-ee".to_owned(),
            external_url: None,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            memberships: Vec::new(),
            links: Vec::new(),
            jobs: HashMap::new(),
            tokens: BTreeMap::new(),
            issues: Vec::new(),
            hooks: Hooks::default(),
            premium: true,
            clock_offset_s: 0,
            rate_limit: None,
            total_limit: 10_000,
            lists_shared_into_invited: false,
            stale: None,
            url: String::new(),
            keys: Keys::default(),
            seen: RefCell::default(),
            last_id: 1_000,
            writes: Vec::new(),
        }
    }
}

impl World {
    /// Whether it is the enterprise edition, with a licence or without.
    pub(super) fn is_enterprise(&self) -> bool {
        self.version.ends_with("-ee")
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The group that directly holds this path, when it is a group.
    pub(super) fn parent_of(&self, path: &str) -> Option<&Group> {
        let (parent, _) = path.rsplit_once('/')?;
        self.groups.values().find(|group| group.full_path == parent)
    }

    /// A group and its ancestors, the group first.
    pub(super) fn lineage(&self, group: u64) -> Vec<&Group> {
        let first = self.groups.get(&group);
        std::iter::successors(first, |group| self.parent_of(&group.full_path)).collect()
    }

    /// The groups above a project, the nearest first; empty for a personal project.
    pub(super) fn groups_above(&self, project: &Project) -> Vec<&Group> {
        let first = self.parent_of(&project.path_with_namespace);
        std::iter::successors(first, |group| self.parent_of(&group.full_path)).collect()
    }

    /// The person in whose own namespace the project lies.
    pub(super) fn personal_owner(&self, project: &Project) -> Option<&User> {
        let (namespace, _) = project.path_with_namespace.split_once('/')?;
        if self.groups.values().any(|group| group.full_path == namespace) {
            return None;
        }
        self.users.values().find(|user| user.username == namespace)
    }

    /// Links of a project count for nothing under this lock.
    pub(super) fn is_share_locked(&self, project: &Project) -> bool {
        let parent = self.parent_of(&project.path_with_namespace);
        project.share_with_group_lock || parent.is_some_and(|group| group.share_with_group_lock)
    }

    pub(super) fn links_of(&self, place: Place) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.place == place)
    }

    /// Whether the person may see the project at all: otherwise it answers 404.
    pub(super) fn can_see(&self, user: u64, project: &Project) -> bool {
        self.is_open_to(user, project.visibility)
            || self.is_admin(user)
            || self.effective(project.id).get(&user).is_some_and(|level| *level > 0)
    }

    /// What is internal is for everybody who has an account.
    fn is_open_to(&self, user: u64, visibility: Visibility) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Internal => self.users.contains_key(&user),
            Visibility::Private => false,
        }
    }

    pub(super) fn can_see_group(&self, user: u64, group: &Group) -> bool {
        self.is_open_to(user, group.visibility)
            || self.is_admin(user)
            || self.level_in_group(user, group.id) > 0
            || self.projects_below(group.id).any(|project| self.effective(project.id).contains_key(&user))
    }

    pub(super) fn is_admin(&self, user: u64) -> bool {
        self.users.get(&user).is_some_and(|user| user.admin)
    }

    pub(super) fn projects_below(&self, group: u64) -> impl Iterator<Item = &Project> {
        let prefix = self.groups.get(&group).map(|group| format!("{}/", group.full_path));
        let below = move |path: &str| prefix.as_ref().is_some_and(|prefix| path.starts_with(prefix));
        self.projects.values().filter(move |project| below(&project.path_with_namespace))
    }

    pub(super) fn username(&self, user: u64) -> String {
        self.users.get(&user).map_or_else(|| user.to_string(), |user| user.username.clone())
    }
}
