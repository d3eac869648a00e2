//! Accounts and their keys: told to system hooks alone.

use serde_json::{Value, json};

use super::super::world::World;
use super::merged;

impl World {
    /// `user_create`, `user_destroy`, `user_failed_login`; while the account is there.
    pub(in super::super) fn tell_of_user(&mut self, user: u64, name: &'static str) {
        self.tell_instance(None, |world| {
            let state = world.users.get(&user)?.state.to_string();
            let state = (name == "user_failed_login").then(|| json!({ "state": state }));
            Some(merged([world.user_event(user, name)?].into_iter().chain(state)))
        });
    }

    pub(in super::super) fn tell_of_renamed_user(&mut self, user: u64, old: &str) {
        self.tell_instance(None, |world| {
            Some(merged([world.user_event(user, "user_rename")?, json!({ "old_username": old })]))
        });
    }

    pub(in super::super) fn tell_of_key(&mut self, name: &'static str, user: u64, id: u64, key: &str) {
        self.tell_instance(None, |world| {
            let username = &world.users.get(&user)?.username;
            let body = json!({ "event_name": name, "username": username, "key": key, "id": id });
            Some(merged([world.dates(), body]))
        });
    }

    pub(in super::super) fn user_event(&self, user: u64, name: &str) -> Option<Value> {
        let user = self.users.get(&user)?;
        let body = json!({
            "event_name": name, "user_id": user.id, "username": user.username, "name": user.name,
            "email": user.email,
        });
        Some(merged([self.dates(), body]))
    }
}
