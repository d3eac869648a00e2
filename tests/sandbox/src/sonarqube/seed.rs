//! Changes and questions for tests, by the names that people use.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{
    ANYONE, Binding, DopSetting, Grantee, Grants, Group, Project, Template, Token, TokenKind, User,
    Visibility,
};
use super::visibility;
use super::world::World;

type Granted = BTreeMap<String, BTreeSet<String>>;

impl World {
    /// A person with a password, or without one (`local: false` in the API). Gives the id.
    pub fn add_local_user(&mut self, login: &str, name: &str, password: Option<&str>) -> String {
        let id = self.next_id();
        let user = User {
            id: id.clone(),
            login: login.to_owned(),
            name: name.to_owned(),
            email: Some(format!("{login}@example.com")),
            active: true,
            local: password.is_some(),
            managed: false,
            external_provider: "sonarqube".to_owned(),
            external_login: login.to_owned(),
            external_id: login.to_owned(),
            password: password.map(str::to_owned),
            last_connection: None,
        };
        self.users.insert(id.clone(), user);
        id
    }

    /// A person who signed in through GitLab once: the login is SonarQube's own invention. Gives the user id.
    pub fn add_gitlab_user(&mut self, login: &str, name: &str, gitlab_id: u64, username: &str) -> String {
        let id = self.add_local_user(login, name, None);
        if let Some(user) = self.users.get_mut(&id) {
            user.external_provider = "gitlab".to_owned();
            user.external_login = username.to_owned();
            user.external_id = gitlab_id.to_string();
            user.last_connection = Some("2026-10-01T09:00:00+0000".to_owned());
        }
        id
    }

    pub fn add_group(&mut self, name: &str) -> String {
        let id = self.next_id();
        let group =
            Group { id: id.clone(), name: name.to_owned(), description: String::new(), managed: false };
        self.groups.insert(id.clone(), group);
        id
    }

    /// Ids of user and group; gives the id of the membership.
    pub fn add_membership(&mut self, user: &str, group: &str) -> String {
        let id = self.next_id();
        self.memberships.insert(id.clone(), (user.to_owned(), group.to_owned()));
        id
    }

    /// An account of the integration: a system administrator with a user token and no right on any project.
    pub fn add_integration(&mut self, login: &str, token: &str) -> String {
        let id = self.add_local_user(login, "Permission sync", Some("not-for-signing-in"));
        for permission in ["admin", "provisioning"] {
            self.global.insert(Grantee::User(id.clone()), permission);
        }
        self.add_token(token, &id, TokenKind::User);
        id
    }

    pub fn add_token(&mut self, token: &str, user: &str, kind: TokenKind) {
        let name = format!("token {}", self.tokens.len() + 1);
        self.tokens.insert(token.to_owned(), Token { user: user.to_owned(), name, kind, expires_at: None });
    }

    /// A new project with the grants of the default template. Gives the uuid.
    pub fn add_project(&mut self, key: &str, visibility: Visibility) -> String {
        let uuid = self.next_id();
        let default = self.templates.iter().find(|template| template.id == self.default_template);
        let template = default.map(|template| template.grants.clone()).unwrap_or_default();
        let project = Project {
            key: key.to_owned(),
            name: key.to_owned(),
            uuid: uuid.clone(),
            visibility,
            managed: false,
            task_running: false,
            last_analysis: None,
            grants: visibility::fitting(&template, visibility),
        };
        self.projects.insert(key.to_owned(), project);
        uuid
    }

    /// A template without any grant, made at this time (`2026-11-01T09:00:00+0000`). Gives the id.
    pub fn add_template(&mut self, name: &str, created_at: &str) -> String {
        let id = self.next_id();
        self.templates.push(Template {
            id: id.clone(),
            name: name.to_owned(),
            description: String::new(),
            key_pattern: None,
            created_at: created_at.to_owned(),
            grants: Grants::default(),
        });
        id
    }

    /// The project without any grant: closes what the default template opens.
    pub fn clear_grants(&mut self, project: &str) {
        if let Some(project) = self.projects.get_mut(project) {
            project.grants = Grants::default();
        }
    }

    /// Adds a DevOps platform setting for this GitLab. Gives the id.
    pub fn add_setting(&mut self, key: &str, api_url: &str) -> String {
        let id = self.next_id();
        self.settings.push(DopSetting { id: id.clone(), key: key.to_owned(), url: api_url.to_owned() });
        id
    }

    /// Binds a project to a repository of this setting (by id).
    pub fn bind(&mut self, project: &str, setting: &str, repository: u64) {
        let Some(project_uuid) = self.projects.get(project).map(|project| project.uuid.clone()) else {
            return;
        };
        let id = self.next_id();
        let (setting, repository) = (setting.to_owned(), repository.to_string());
        self.bindings.push(Binding { id, setting, project_uuid, repository, monorepo: false });
    }

    /// Stores a grant as it is, without the API's checks.
    pub fn grant(&mut self, project: &str, login: &str, permission: &str) {
        let grantee = self.user_by_login(login).map(|user| Grantee::User(user.id.clone()));
        if let (Some(grantee), Some(project)) = (grantee, self.projects.get_mut(project)) {
            project.grants.insert(grantee, permission);
        }
    }

    /// The same for a group, or [`ANYONE`].
    pub fn grant_group(&mut self, project: &str, group: &str, permission: &str) {
        let grantee = self.group_grantee(group);
        if let (Some(grantee), Some(project)) = (grantee, self.projects.get_mut(project)) {
            project.grants.insert(grantee, permission);
        }
    }

    pub(super) fn group_grantee(&self, name: &str) -> Option<Grantee> {
        if name.eq_ignore_ascii_case(ANYONE) {
            return Some(Grantee::anyone());
        }
        self.group_by_name(name).map(|group| Grantee::Group(group.id.clone()))
    }

    /// Login to permissions, of the people who have any on the project.
    pub fn granted(&self, project: &str) -> Granted {
        self.named(project, |grantee| match grantee {
            Grantee::User(id) => self.users.get(id).map(|user| user.login.clone()),
            Grantee::Group(_) => None,
        })
    }

    /// Group name to permissions, of the groups that have any on the project.
    pub fn granted_groups(&self, project: &str) -> Granted {
        self.named(project, |grantee| match grantee {
            Grantee::Group(id) if id == ANYONE => Some(ANYONE.to_owned()),
            Grantee::Group(id) => self.groups.get(id).map(|group| group.name.clone()),
            Grantee::User(_) => None,
        })
    }

    fn named(&self, project: &str, name: impl Fn(&Grantee) -> Option<String>) -> Granted {
        let Some(project) = self.projects.get(project) else { return Granted::new() };
        let held = |grantee| Some((name(grantee)?, project.grants.of(grantee)));
        project.grants.grantees().filter_map(held).collect()
    }

    /// Deactivates as the server does: grants, memberships, template entries and tokens go with it, for good.
    pub fn deactivate(&mut self, user: &str) {
        let grantee = Grantee::User(user.to_owned());
        if let Some(user) = self.users.get_mut(user) {
            user.active = false;
        }
        self.global.remove_grantee(&grantee);
        self.projects.values_mut().for_each(|project| project.grants.remove_grantee(&grantee));
        self.templates.iter_mut().for_each(|template| template.grants.remove_grantee(&grantee));
        self.memberships.retain(|_, (member, _)| member != user);
        self.tokens.retain(|_, token| token.user != user);
        self.pats.retain(|(owner, _)| owner != user);
    }
}
