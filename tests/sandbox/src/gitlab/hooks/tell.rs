//! Which hooks hear of an event.

use std::time::Instant;

use serde_json::Value;
use uuid::Uuid;

use super::super::world::World;
use super::hook::{AlertStatus, Hook, HookOwner};
use super::request::Parcel;

impl World {
    /// System hooks; those that have the event switched on, where it can be switched.
    pub(crate) fn tell_instance(&mut self, event: Option<&str>, body: impl FnOnce(&Self) -> Option<Value>) {
        self.tell(event, "System Hook", body, |owner| owner == HookOwner::Instance);
    }

    /// The hooks of the group and of all above it. Below Premium there are none.
    pub(crate) fn tell_group(
        &mut self,
        group: u64,
        event: &str,
        header: &'static str,
        body: impl FnOnce(&Self) -> Option<Value>,
    ) {
        let above = self.ids_of_groups(group);
        self.tell(
            Some(event),
            header,
            body,
            |owner| matches!(owner, HookOwner::Group(id) if above.contains(&id)),
        );
    }

    /// The hooks of the project, and of the groups above it.
    pub(crate) fn tell_project(
        &mut self,
        project: u64,
        event: &str,
        header: &'static str,
        body: impl FnOnce(&Self) -> Option<Value>,
    ) {
        let above = self.ids_of_groups_above(project);
        self.tell(Some(event), header, body, |owner| match owner {
            HookOwner::Instance => false,
            HookOwner::Group(id) => above.contains(&id),
            HookOwner::Project(id) => id == project,
        });
    }

    /// The body is only worked out where somebody listens.
    fn tell(
        &mut self,
        event: Option<&str>,
        header: &'static str,
        body: impl FnOnce(&Self) -> Option<Value>,
        concerns: impl Fn(HookOwner) -> bool,
    ) {
        let switched_on = |hook: &&Hook| event.is_none_or(|event| hook.events.contains(event));
        let concerned = self.hooks.by_id.values().filter(|hook| concerns(hook.owner)).filter(switched_on);
        let sent = concerned.filter(|hook| self.sends_to(hook));
        let hooks: Vec<Hook> = sent.cloned().collect();
        if hooks.is_empty() {
            return;
        }
        let Some(body) = body(self) else { return };
        let chain = Uuid::now_v7();
        for hook in hooks {
            let parcel = self.parcel(hook, header, &body, chain);
            self.hooks.outbox.push(parcel);
        }
    }

    fn sends_to(&self, hook: &Hook) -> bool {
        let exists = self.premium || !matches!(hook.owner, HookOwner::Group(_));
        exists && !self.hooks.silent && self.alert_status(hook) == AlertStatus::Executable
    }

    /// A delivery of this body to this hook, made now.
    pub(crate) fn parcel(&mut self, hook: Hook, header: &'static str, body: &Value, chain: Uuid) -> Parcel {
        self.hooks.made += 1;
        Parcel {
            hook,
            header,
            body: body.to_string().into(),
            chain,
            key: Uuid::now_v7(),
            fate: self.hooks.weather.fate(self.hooks.made),
            changed_at: Instant::now(),
            instance: self.url.clone(),
            version: self.version.clone(),
            clock_offset_s: self.clock_offset_s,
            timeout: self.hooks.timeout,
        }
    }

    /// The group and its ancestors.
    fn ids_of_groups(&self, group: u64) -> Vec<u64> {
        self.lineage(group).into_iter().map(|group| group.id).collect()
    }

    fn ids_of_groups_above(&self, project: u64) -> Vec<u64> {
        let above = self.projects.get(&project).map(|project| self.groups_above(project));
        above.into_iter().flatten().map(|group| group.id).collect()
    }
}
