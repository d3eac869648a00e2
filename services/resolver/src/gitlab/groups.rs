//! Groups: who is invited to them, what they lie in, and their members; kept for a while, because many projects lie
//! below one group.
//!
//! What is kept decides no grant: a plan's members are read each time. It tells when to look again, where a level comes
//! from, and which groups the token may not see.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::civil::Date;
use moka::{future, sync};
use proto::{AccessLevel, GroupId};
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use super::{GitLab, Listed, ReadError, members::end};

const GROUP: &str = "/api/v4/groups/:id";
/// How many groups' forgetting is remembered.
const FORGOTTEN: u64 = 100_000;

/// A group as the token sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// GitLab's id.
    pub id: GroupId,
    /// Its full path.
    pub path: String,
    /// The group that it lies in.
    pub parent: Option<GroupId>,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// The groups that are invited to it.
    pub invited: Vec<Share>,
    /// Whether invitations of groups to its projects count for nothing.
    pub share_lock: bool,
}

/// An invitation of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The invited group.
    pub group: GroupId,
    /// Its full path.
    pub path: String,
    /// The highest level that its members get.
    pub cap: AccessLevel,
    /// When GitLab ends it.
    pub ends: Option<Date>,
}

/// How GitLab writes an invitation.
#[derive(Debug, Deserialize)]
pub(super) struct ShareJson {
    group_id: GroupId,
    group_full_path: String,
    group_access_level: u32,
    expires_at: Option<String>,
}

impl From<&ShareJson> for Share {
    fn from(share: &ShareJson) -> Self {
        Self {
            group: share.group_id,
            path: share.group_full_path.clone(),
            cap: AccessLevel::from_gitlab(share.group_access_level),
            ends: share.expires_at.as_deref().and_then(end),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct GroupJson {
    id: GroupId,
    full_path: String,
    parent_id: Option<GroupId>,
    #[serde(default = "hidden")]
    visibility: String,
    #[serde(default)]
    share_with_group_lock: bool,
    #[serde(default)]
    shared_with_groups: Vec<ShareJson>,
}

/// Where GitLab does not say.
fn hidden() -> String {
    "private".to_owned()
}

impl From<GroupJson> for Group {
    fn from(group: GroupJson) -> Self {
        Self {
            id: group.id,
            path: group.full_path,
            parent: group.parent_id,
            visibility: group.visibility,
            invited: group.shared_with_groups.iter().map(Share::from).collect(),
            share_lock: group.share_with_group_lock,
        }
    }
}

/// What is kept of groups.
#[derive(Debug)]
pub(super) struct Groups {
    about: future::Cache<GroupId, Kept<Option<Arc<Group>>>>,
    members: future::Cache<(GroupId, Which), Kept<Arc<Vec<Listed>>>>,
    /// The moment at which each group was forgotten: an answer that was asked for before it is not used after it.
    forgotten: sync::Cache<GroupId, u64>,
    moment: AtomicU64,
}

/// Which list of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    Direct,
    All,
}

#[derive(Debug, Clone)]
struct Kept<V> {
    asked: u64,
    value: V,
}

impl Groups {
    /// Keeps `rows` rows in all: half of them groups with their invitations, half of them members.
    pub(super) fn new(rows: u64, age: Duration) -> Self {
        let group = |_: &GroupId, kept: &Kept<Option<Arc<Group>>>| {
            weight(kept.value.as_ref().map_or(0, |group| group.invited.len()))
        };
        let members = |_: &(GroupId, Which), kept: &Kept<Arc<Vec<Listed>>>| weight(kept.value.len());
        let half = rows.div_ceil(2);
        Self {
            about: future::Cache::builder().max_capacity(half).weigher(group).time_to_live(age).build(),
            members: future::Cache::builder().max_capacity(half).weigher(members).time_to_live(age).build(),
            forgotten: sync::Cache::builder().max_capacity(FORGOTTEN).time_to_live(age * 2).build(),
            moment: AtomicU64::new(0),
        }
    }

    /// What is kept under `key`, or what `read` finds; callers at the same time share one reading. A failure is not
    /// kept.
    async fn kept<K, V, F>(
        &self,
        cache: &future::Cache<K, Kept<V>>,
        (key, group): (K, GroupId),
        read: impl Fn() -> F,
    ) -> Result<V, ReadError>
    where
        K: Copy + Eq + std::hash::Hash + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
        F: Future<Output = Result<V, ReadError>> + Send,
    {
        loop {
            let reading = async {
                let asked = self.moment.load(Ordering::SeqCst);
                Ok(Kept { asked, value: read().await? })
            };
            let kept = cache.try_get_with(key, reading).await;
            let kept = kept.map_err(|error: Arc<ReadError>| ReadError::clone(&error))?;
            if self.forgotten.get(&group).is_none_or(|forgotten| forgotten <= kept.asked) {
                return Ok(kept.value);
            }
            cache.invalidate(&key).await;
        }
    }

    fn forget(&self, group: GroupId) {
        self.forgotten.insert(group, self.moment.fetch_add(1, Ordering::SeqCst) + 1);
    }
}

/// An answer without rows takes room, too.
fn weight(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX).saturating_add(1)
}

impl GitLab {
    /// The group; nothing where GitLab answers 404: it is not there, or the token may not see it.
    ///
    /// # Errors
    /// When GitLab gives no whole answer.
    pub async fn group(&self, id: GroupId) -> Result<Option<Arc<Group>>, ReadError> {
        self.groups.kept(&self.groups.about, (id, id), || self.read_group(id)).await
    }

    /// The members of the group itself.
    ///
    /// # Errors
    /// When the list is not whole, or the token may not see the group.
    pub async fn group_members(&self, id: GroupId) -> Result<Arc<Vec<Listed>>, ReadError> {
        let read = || async { self.read_group_members(id).await.map(Arc::new) };
        self.groups.kept(&self.groups.members, ((id, Which::Direct), id), read).await
    }

    /// Everybody who is a member of the group: its own, inherited and invited members, as GitLab lists them.
    ///
    /// # Errors
    /// When the list is not whole, or the token may not see the group.
    pub async fn all_group_members(&self, id: GroupId) -> Result<Arc<Vec<Listed>>, ReadError> {
        let read = || async { self.read_all_group_members(id).await.map(Arc::new) };
        self.groups.kept(&self.groups.members, ((id, Which::All), id), read).await
    }

    /// What is kept of the group is not used any more; the next call asks GitLab.
    pub fn forget_group(&self, id: GroupId) {
        self.groups.forget(id);
    }

    async fn read_group(&self, id: GroupId) -> Result<Option<Arc<Group>>, ReadError> {
        // A group of many projects takes GitLab long otherwise.
        let call = Call::get(GROUP, format!("/api/v4/groups/{id}")).query("with_projects", false);
        let target = call.target();
        match self.get_changed::<GroupJson>(call).await {
            Ok((_, group)) if group.id != id => {
                Err(ReadError::Incomplete(format!("asked for group {id}, it answered with {}", group.id)))
            }
            Ok((answer, group)) => {
                self.tagged.keep(target, answer);
                Ok(Some(Arc::new(group.into())))
            }
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
