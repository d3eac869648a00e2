//! Everything that one SonarQube knows, as a fresh installation has it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::model::{
    ARCHITECTURE_ADMIN, Binding, DopSetting, Grantee, Grants, Group, Mode, PROJECT_PERMISSIONS, Project,
    SONAR_ADMINISTRATORS, SONAR_USERS, Template, Token, User, Visibility,
};
use crate::journal::Write;

/// The state of a SonarQube. Tests may change any part of it at any time.
#[derive(Debug, Clone)]
pub struct World {
    pub version: String,
    pub mode: Mode,
    /// By id.
    pub users: BTreeMap<String, User>,
    /// By id.
    pub groups: BTreeMap<String, Group>,
    /// Membership id to (user id, group id); the default group has none.
    pub memberships: BTreeMap<String, (String, String)>,
    pub global: Grants,
    /// By key.
    pub projects: BTreeMap<String, Project>,
    pub templates: Vec<Template>,
    /// The id of the one for new projects.
    pub default_template: String,
    /// What this server can grant on a project.
    pub project_permissions: Vec<String>,
    pub settings: Vec<DopSetting>,
    pub bindings: Vec<Binding>,
    /// Who stored a personal access token for which setting: (user id, setting key).
    pub pats: BTreeSet<(String, String)>,
    /// The body of the one `gitlab-configurations` entry.
    pub gitlab_configuration: Option<serde_json::Value>,
    pub tokens: BTreeMap<String, Token>,
    pub default_visibility: Visibility,
    /// `sonar.forceAuthentication`
    pub force_authentication: bool,
    /// `sonar.allowPermissionManagementForProjectAdmins`
    pub project_admins_manage_permissions: bool,
    /// How long each change takes: the real server waits for its search index.
    pub write_delay: Duration,
    pub(super) last_id: u64,
    pub(crate) writes: Vec<Write>,
}

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            version: "26.8.0.126808".to_owned(),
            mode: Mode::Up,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeMap::new(),
            global: Grants::default(),
            projects: BTreeMap::new(),
            templates: Vec::new(),
            default_template: String::new(),
            project_permissions: PROJECT_PERMISSIONS.map(str::to_owned).to_vec(),
            settings: Vec::new(),
            bindings: Vec::new(),
            pats: BTreeSet::new(),
            gitlab_configuration: None,
            tokens: BTreeMap::new(),
            default_visibility: Visibility::Public,
            force_authentication: true,
            project_admins_manage_permissions: true,
            write_delay: Duration::ZERO,
            last_id: 0,
            writes: Vec::new(),
        };
        world.install();
        world
    }
}

impl World {
    /// What the first start of a server writes into its database.
    fn install(&mut self) {
        let users = Grantee::Group(self.add_group(SONAR_USERS));
        let administrators = self.add_group(SONAR_ADMINISTRATORS);
        for permission in ["scan", "provisioning"] {
            self.global.insert(users.clone(), permission);
        }
        for permission in ["admin", "gateadmin", "profileadmin", "provisioning"] {
            self.global.insert(Grantee::Group(administrators.clone()), permission);
        }
        let admin = self.add_local_user("admin", "Administrator", Some("admin"));
        self.add_membership(&admin, &administrators);
        let mut grants = Grants::default();
        for permission in ["user", "codeviewer", "issueadmin", "securityhotspotadmin"] {
            grants.insert(users.clone(), permission);
        }
        for permission in ["admin", ARCHITECTURE_ADMIN] {
            grants.insert(Grantee::Group(administrators.clone()), permission);
        }
        let description = "This permission template will be used as default when no other permission configuration is available";
        self.default_template = self.add_template("Default template", "2026-11-01T09:00:00+0000");
        if let Some(template) = self.templates.last_mut() {
            description.clone_into(&mut template.description);
            template.grants = grants;
        }
    }

    /// Ids look like the real ones and are the same in every run.
    pub(super) fn next_id(&mut self) -> String {
        self.last_id += 1;
        format!("5a0db0c5-0000-4000-8000-{:012x}", self.last_id)
    }

    pub fn user_by_login(&self, login: &str) -> Option<&User> {
        self.users.values().find(|user| user.login == login)
    }

    pub(super) fn active_user(&self, login: &str) -> Option<&User> {
        self.user_by_login(login).filter(|user| user.active)
    }

    pub fn group_by_name(&self, name: &str) -> Option<&Group> {
        self.groups.values().find(|group| group.name == name)
    }

    pub(super) fn is_member(&self, user: &str, group: &Group) -> bool {
        group.is_default() || self.memberships.values().any(|(member, of)| member == user && *of == group.id)
    }

    pub(super) fn project_by_uuid(&self, uuid: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.uuid == uuid)
    }

    pub(super) fn is_gitlab_enabled(&self) -> bool {
        let enabled = |config: &serde_json::Value| config.get("enabled").and_then(serde_json::Value::as_bool);
        self.gitlab_configuration.as_ref().and_then(enabled).unwrap_or_default()
    }
}
