//! What tests and worlds begin with, under the ids and names that they choose. Like every change it is told to hooks.

use super::events::{GroupEvent, ProjectEvent};
use super::model::{Group, Place, Project, Token, TokenState, User, UserState, Visibility, level};
use super::world::World;

impl World {
    /// Adds an active person; the display name is the username with capitals.
    pub fn add_user(&mut self, id: u64, username: &str) -> u64 {
        let user = User {
            id,
            username: username.to_owned(),
            name: display_name(username),
            email: format!("{username}@example.com"),
            state: UserState::Active,
            bot: false,
            admin: false,
        };
        self.users.insert(id, user);
        self.tell_of_user(id, "user_create");
        id
    }

    /// Adds a private group; its parent is the group of the path before the last slash.
    pub fn add_group(&mut self, id: u64, full_path: &str) -> u64 {
        let (full_path, visibility) = (full_path.to_owned(), Visibility::Private);
        self.groups.insert(id, Group { id, full_path, visibility, share_with_group_lock: false });
        self.tell_of_group(id, GroupEvent::Create);
        id
    }

    /// Adds a private project; below a username that is no group it is a personal project.
    pub fn add_project(&mut self, id: u64, path_with_namespace: &str) -> u64 {
        let project = Project {
            id,
            path_with_namespace: path_with_namespace.to_owned(),
            visibility: Visibility::Private,
            share_with_group_lock: false,
            old_paths: Vec::new(),
            archived: false,
            marked_for_deletion: None,
        };
        self.forget_old_path(path_with_namespace);
        self.projects.insert(id, project);
        self.tell_of_project(id, ProjectEvent::Create, None);
        id
    }

    /// The token of an instance administrator, who is a user of his own.
    pub fn add_admin_token(&mut self, token: &str) -> u64 {
        let id = self.next_id();
        self.add_user(id, &format!("root{id}"));
        if let Some(user) = self.users.get_mut(&id) {
            user.admin = true;
        }
        self.add_token(token, id, &["api", "read_api", "admin_mode"]);
        id
    }

    /// A group access token: its bot is an owner of the group, and so sees what lies below it.
    pub fn add_group_token(&mut self, token: &str, group: u64) -> u64 {
        let bot = self.add_bot(Place::Group(group), level::OWNER);
        self.add_token(token, bot, &["api", "read_api"]);
        bot
    }

    /// The bot user of an access token; listed among the members as GitLab does.
    pub fn add_bot(&mut self, place: Place, level: u16) -> u64 {
        let id = self.next_id();
        let name = match place {
            Place::Group(group) => format!("group_{group}_bot_{id:x}"),
            Place::Project(project) => format!("project_{project}_bot_{id:x}"),
        };
        self.add_user(id, &name);
        if let Some(user) = self.users.get_mut(&id) {
            user.bot = true;
        }
        self.add_member(place, id, level);
        id
    }

    pub fn add_token(&mut self, token: &str, user: u64, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (name, state) = ("integration".to_owned(), TokenState::Valid);
        let expires_at = Some("2030-01-01".to_owned());
        self.tokens.insert(token.to_owned(), Token { user, name, scopes, state, expires_at });
    }

    /// The last day is the one before this date (`2030-01-01`); `None`: it never ends.
    pub fn set_token_end(&mut self, token: &str, expires_at: Option<&str>) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.expires_at = expires_at.map(str::to_owned);
        }
    }

    pub fn set_token_state(&mut self, token: &str, state: TokenState) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.state = state;
        }
    }
}

/// `jane.doe` → `Jane Doe`
fn display_name(username: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    username.split(['.', '-', '_']).map(capital).collect::<Vec<_>>().join(" ")
}
