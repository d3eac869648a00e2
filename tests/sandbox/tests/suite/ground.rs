//! A small GitLab whose hooks are listened to.

use sandbox::GitLab;
use sandbox::gitlab::{Hook, HookOwner, World};
use serde_json::Value;

use crate::receiver::{Receiver, deliveries};
use crate::support::gitlab;

pub(crate) const ACME: u64 = 10;
pub(crate) const TEAM: u64 = 11;
pub(crate) const SHOP: u64 = 7;
pub(crate) const ANN: u64 = 101;

/// A GitLab with a group, a subgroup, a project and a person.
pub(crate) struct Ground {
    pub(crate) gitlab: GitLab,
    pub(crate) receiver: Receiver,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let (gitlab, _) = gitlab().await;
        gitlab.change(|world| {
            world.add_group(ACME, "acme");
            world.add_group(TEAM, "acme/team");
            world.add_project(SHOP, "acme/team/shop");
            world.add_user(ANN, "ann");
        });
        Self { gitlab, receiver: Receiver::start().await }
    }

    pub(crate) fn hook(&self, owner: HookOwner) -> Hook {
        self.receiver.hook(&self.gitlab, owner)
    }

    /// The events of a system hook that a change makes.
    pub(crate) async fn told(&self, change: impl FnOnce(&mut World)) -> Vec<Value> {
        let hook = self.hook(HookOwner::Instance);
        self.gitlab.change(change);
        let all = deliveries(&self.gitlab).await;
        self.gitlab.world().hooks.by_id.remove(&hook.id);
        all.into_iter().filter(|delivery| delivery.hook == hook.id).map(|delivery| delivery.body).collect()
    }

    pub(crate) async fn names(&self, change: impl FnOnce(&mut World)) -> Vec<String> {
        let name = |body: &Value| body["event_name"].as_str().unwrap_or("no event_name").to_owned();
        self.told(change).await.iter().map(name).collect()
    }
}
