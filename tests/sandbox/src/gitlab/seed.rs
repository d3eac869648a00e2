//! Changes that tests make directly, with the ids and names that they choose.

use super::model::{
    Group, Link, Membership, MembershipState, Place, Project, Token, TokenState, User, UserState, Visibility,
    level,
};
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
        id
    }

    pub fn set_state(&mut self, user: u64, state: UserState) {
        if let Some(user) = self.users.get_mut(&user) {
            user.state = state;
        }
    }

    /// Adds a private group; its parent is the group of the path before the last slash.
    pub fn add_group(&mut self, id: u64, full_path: &str) -> u64 {
        let (full_path, visibility) = (full_path.to_owned(), Visibility::Private);
        self.groups.insert(id, Group { id, full_path, visibility, share_with_group_lock: false });
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
        };
        self.projects.insert(id, project);
        id
    }

    pub fn set_visibility(&mut self, project: u64, visibility: Visibility) {
        if let Some(project) = self.projects.get_mut(&project) {
            project.visibility = visibility;
        }
    }

    /// Renames or transfers: the id stays, the old path redirects.
    pub fn move_project(&mut self, project: u64, path_with_namespace: &str) {
        if let Some(project) = self.projects.get_mut(&project) {
            let old = std::mem::replace(&mut project.path_with_namespace, path_with_namespace.to_owned());
            project.old_paths.push(old);
        }
    }

    /// Adds an active membership, and gives its row id.
    pub fn add_member(&mut self, place: Place, user: u64, level: u16) -> u64 {
        self.add_membership(place, Some(user), level, None)
    }

    /// An invitation by e-mail: pending without a user, accepted with one.
    pub fn invite_by_email(&mut self, place: Place, email: &str, user: Option<u64>, level: u16) -> u64 {
        self.add_membership(place, user, level, Some(email.to_owned()))
    }

    /// A request for access that nobody has granted.
    pub fn request_access(&mut self, place: Place, user: u64) -> u64 {
        let id = self.add_member(place, user, level::DEVELOPER);
        self.change_membership(id, |row| row.access_request = true);
        id
    }

    /// A member without a seat.
    pub fn add_awaiting(&mut self, place: Place, user: u64, level: u16) -> u64 {
        let id = self.add_member(place, user, level);
        self.change_membership(id, |row| row.state = MembershipState::Awaiting);
        id
    }

    pub fn change_membership(&mut self, id: u64, change: impl FnOnce(&mut Membership)) {
        if let Some(row) = self.memberships.iter_mut().find(|row| row.id == id) {
            change(row);
        }
    }

    /// Changes the level of the person's rows in this very place.
    pub fn set_level(&mut self, place: Place, user: u64, level: u16) {
        let rows = self.memberships.iter_mut().filter(|row| row.place == place && row.user == Some(user));
        rows.for_each(|row| row.level = level);
    }

    pub fn remove_member(&mut self, place: Place, user: u64) {
        self.memberships.retain(|row| row.place != place || row.user != Some(user));
    }

    /// `place` invites `group`; its people get at most `level`.
    pub fn invite_group(&mut self, place: Place, group: u64, level: u16) {
        self.links.push(Link { place, group, level, expires_at: None });
    }

    pub fn remove_link(&mut self, place: Place, group: u64) {
        self.links.retain(|link| link.place != place || link.group != group);
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

    pub fn set_token_state(&mut self, token: &str, state: TokenState) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.state = state;
        }
    }

    fn add_membership(&mut self, place: Place, user: Option<u64>, level: u16, email: Option<String>) -> u64 {
        let id = self.next_id();
        self.memberships.push(Membership {
            id,
            place,
            user,
            level,
            expires_at: None,
            state: MembershipState::Active,
            access_request: false,
            invite_email: email,
        });
        id
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
