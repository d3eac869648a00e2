//! Changes of accounts. GitLab tells of a new name and of an end, not of blocking and what is like it.

use super::model::{Place, UserState};
use super::world::World;

impl World {
    /// Blocks, unblocks, bans and so on. Told to nobody.
    pub fn set_state(&mut self, user: u64, state: UserState) {
        if let Some(user) = self.users.get_mut(&user) {
            user.state = state;
        }
    }

    pub fn block_user(&mut self, user: u64) {
        self.set_state(user, UserState::Blocked);
    }

    pub fn unblock_user(&mut self, user: u64) {
        self.set_state(user, UserState::Active);
    }

    /// Somebody who may not signs in. GitLab tells of nobody else.
    pub fn fail_login(&mut self, user: u64) {
        if self.users.get(&user).is_some_and(|user| user.state != UserState::Active) {
            self.tell_of_user(user, "user_failed_login");
        }
    }

    /// Another username; the person's own projects move along without a word of their own.
    pub fn rename_user(&mut self, user: u64, username: &str) {
        let Some(known) = self.users.get(&user).filter(|known| known.username != username) else { return };
        let (old, own) = (known.username.clone(), self.personal_projects(user));
        if let Some(user) = self.users.get_mut(&user) {
            username.clone_into(&mut user.username);
        }
        for (project, path) in own {
            self.put_project(project, &format!("{username}/{path}"));
        }
        self.tell_of_renamed_user(user, &old);
    }

    /// Blocks the account, removes its memberships one by one, deletes its own projects, and only then the account.
    pub fn delete_user(&mut self, user: u64) {
        self.block_user(user);
        let rows = self.memberships.iter().filter(|row| row.user == Some(user));
        let places: Vec<Place> = rows.map(|row| row.place).collect();
        for place in places {
            self.remove_member(place, user);
        }
        for (project, _) in self.personal_projects(user) {
            self.delete_project(project);
        }
        self.tell_of_user(user, "user_destroy");
        self.tokens.retain(|_, token| token.user != user);
        self.jobs.retain(|_, job| job.user != user);
        self.users.remove(&user);
    }

    /// Adds an SSH key, and gives its id.
    pub fn add_key(&mut self, user: u64, key: &str) -> u64 {
        let id = self.next_id();
        self.tell_of_key("key_create", user, id, key);
        id
    }

    pub fn remove_key(&mut self, user: u64, id: u64, key: &str) {
        self.tell_of_key("key_destroy", user, id, key);
    }

    /// The person's own projects, and the last part of each path.
    fn personal_projects(&self, user: u64) -> Vec<(u64, String)> {
        let own = self
            .projects
            .values()
            .filter(|project| self.personal_owner(project).is_some_and(|owner| owner.id == user));
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        own.map(|project| (project.id, last(&project.path_with_namespace))).collect()
    }
}
