//! The nouns of SonarQube's permission rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};

/// Everybody, signed in or not: a group without a row of its own.
pub const ANYONE: &str = "Anyone";
/// The default group: every user is in it.
pub const SONAR_USERS: &str = "sonar-users";
pub const SONAR_ADMINISTRATORS: &str = "sonar-administrators";

/// What 26.8 can grant on a project; a world of a newer server has more.
pub const PROJECT_PERMISSIONS: [&str; 6] =
    ["admin", "codeviewer", "issueadmin", "securityhotspotadmin", "scan", "user"];
/// 26.8 has it in the default template from the start, and knows it nowhere else: it can neither be granted nor taken,
/// and the lists of a project do not show it.
pub const ARCHITECTURE_ADMIN: &str = "architectureadmin";
pub(super) const GLOBAL_PERMISSIONS: [&str; 5] =
    ["admin", "gateadmin", "profileadmin", "provisioning", "scan"];
/// Everybody has these on a public project; they are never stored there.
pub(super) const PUBLIC_PERMISSIONS: [&str; 2] = ["user", "codeviewer"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Up,
    Starting,
    /// Safe mode: most of the API does not exist.
    MigrationNeeded,
    /// The process is gone; the proxy before it answers.
    Down,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    pub active: bool,
    pub local: bool,
    pub managed: bool,
    pub external_provider: String,
    pub external_login: String,
    pub external_id: String,
    pub password: Option<String>,
    pub last_connection: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub description: String,
    pub managed: bool,
}

impl Group {
    pub fn is_default(&self) -> bool {
        self.name == SONAR_USERS
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Private,
    Public,
}

impl Display for Visibility {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Private { "private" } else { "public" })
    }
}

/// Who may be granted something, by id; `Group(ANYONE)` is everybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grantee {
    User(String),
    Group(String),
}

impl Grantee {
    pub(super) fn anyone() -> Self {
        Self::Group(ANYONE.to_owned())
    }
}

/// Permission rows: of a project, of a template, or the global ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<Grantee, BTreeSet<String>>);

impl Grants {
    pub fn has(&self, grantee: &Grantee, permission: &str) -> bool {
        self.0.get(grantee).is_some_and(|held| held.contains(permission))
    }

    /// Whether the row is new.
    pub fn insert(&mut self, grantee: Grantee, permission: &str) -> bool {
        self.0.entry(grantee).or_default().insert(permission.to_owned())
    }

    /// Whether there was such a row.
    pub fn remove(&mut self, grantee: &Grantee, permission: &str) -> bool {
        let removed = self.0.get_mut(grantee).is_some_and(|held| held.remove(permission));
        self.0.retain(|_, held| !held.is_empty());
        removed
    }

    pub fn remove_grantee(&mut self, grantee: &Grantee) {
        self.0.remove(grantee);
    }

    pub fn of(&self, grantee: &Grantee) -> BTreeSet<String> {
        self.0.get(grantee).cloned().unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Grantee, &str)> {
        self.0
            .iter()
            .flat_map(|(grantee, held)| held.iter().map(move |permission| (grantee, permission.as_str())))
    }

    pub fn grantees(&self) -> impl Iterator<Item = &Grantee> {
        self.0.keys()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub key: String,
    pub name: String,
    pub uuid: String,
    pub visibility: Visibility,
    /// Native provisioning owns its permissions.
    pub managed: bool,
    /// A background task is pending or running: visibility cannot change.
    pub task_running: bool,
    pub last_analysis: Option<String>,
    pub grants: Grants,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub description: String,
    pub key_pattern: Option<String>,
    pub created_at: String,
    pub grants: Grants,
}

/// A GitLab that SonarQube knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DopSetting {
    pub id: String,
    pub key: String,
    /// The API address, as `https://gitlab.example.com/api/v4`.
    pub url: String,
}

/// A project bound to a repository. A monorepo has several with the same repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub id: String,
    pub setting: String,
    pub project_uuid: String,
    /// GitLab's numeric project id as text.
    pub repository: String,
    pub monorepo: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `squ_`: all the rights of its user.
    User,
    /// `sqa_`: `scan` and `provisioning`, nothing on permissions.
    GlobalAnalysis,
    /// `sqp_`: `scan` on its project.
    ProjectAnalysis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Id of the user.
    pub user: String,
    pub name: String,
    pub kind: TokenKind,
    /// Shown in a header of every answer.
    pub expires_at: Option<String>,
}
