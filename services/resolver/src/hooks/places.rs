//! Where hooks may be: the whole instance, a group, a project; and who asks.

use std::fmt;

use runtime::http::Call;
use serde::Deserialize;
use url::form_urlencoded;

use super::{HookError, Hooks};
use crate::gitlab::{OWN_TOKEN, OwnToken, SYSTEM};

/// A place that may have hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The instance: its hooks are called system hooks.
    System,
    /// A group, with everything below it.
    Group {
        /// GitLab's id.
        id: u64,
        /// Its full path.
        path: String,
    },
    /// A project.
    Project {
        /// GitLab's id.
        id: u64,
        /// Its path with namespace.
        path: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Group { path, .. } => write!(f, "group {path}"),
            Self::Project { path, .. } => write!(f, "project {path}"),
        }
    }
}

/// The places that a person names, by id or path. Without any, the system where the token is an administrator's, otherwise
/// the top-level groups that its user owns, otherwise the projects that its user maintains.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Groups.
    pub groups: Vec<String>,
    /// Projects.
    pub projects: Vec<String>,
    /// Whether the places that are meant without any name are meant beside those that are named.
    pub and_default: bool,
}

/// The places that are meant, and who asks.
#[derive(Debug)]
pub struct Places {
    pub(super) standing: Standing,
    list: Vec<Place>,
    /// Whether they are projects for want of a group.
    pub(super) maintained: bool,
}

impl Places {
    /// The places, each once.
    #[must_use]
    pub fn list(&self) -> &[Place] {
        &self.list
    }

    /// How many projects these are, where the token's user owns no top-level group and they are those that it maintains.
    #[must_use]
    pub fn maintained(&self) -> Option<usize> {
        self.maintained.then_some(self.list.len())
    }

    /// Whether one of them is a project, whose hooks tell nothing of members.
    #[must_use]
    pub fn have_projects(&self) -> bool {
        self.list.iter().any(|place| matches!(place, Place::Project { .. }))
    }
}

/// Who asks, as far as hooks go.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Standing {
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) is_admin: bool,
    #[serde(skip)]
    pub(crate) scopes: Option<Vec<String>>,
}

impl Standing {
    /// Whether the token's scopes let it write; where GitLab does not tell them, it is tried.
    pub(crate) fn may_write(&self) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == "api"))
    }
}

#[derive(Deserialize)]
struct GroupRow {
    id: u64,
    full_path: String,
    parent_id: Option<u64>,
}

#[derive(Deserialize)]
struct ProjectRow {
    id: u64,
    path_with_namespace: String,
}

const USER: &str = "/api/v4/user";
const GROUPS: &str = "/api/v4/groups";
const GROUP: &str = "/api/v4/groups/:id";
const PROJECTS: &str = "/api/v4/projects";
const PROJECT: &str = "/api/v4/projects/:id";
/// GitLab's number of the level.
const MAINTAINER: u8 = 40;

impl Hooks {
    /// Who asks.
    pub(crate) async fn standing(&self) -> Result<Standing, HookError> {
        let standing: Standing = self.http.call(Call::get(USER, USER)).await?.json(SYSTEM, USER)?;
        // Older versions do not tell, nor for every kind of token.
        let told = self.http.call(Call::get(OWN_TOKEN, OWN_TOKEN)).await;
        let token = told.ok().and_then(|answer| answer.json::<OwnToken>(SYSTEM, OWN_TOKEN).ok());
        Ok(Standing { scopes: token.map(|token| token.scopes), ..standing })
    }

    /// The places that are meant.
    ///
    /// # Errors
    /// When GitLab does not know one, or there is none.
    pub async fn places(&self, choice: &Choice) -> Result<Places, HookError> {
        let standing = self.standing().await?;
        let mut list = self.named(choice).await?;
        let mut maintained = false;
        if list.is_empty() || choice.and_default {
            let (default, projects) = self.default_places(&standing).await?;
            maintained = projects && list.is_empty();
            let more: Vec<Place> = default.into_iter().filter(|place| !list.contains(place)).collect();
            list.extend(more);
        }
        if list.is_empty() {
            return Err(HookError::NoPlace(standing.username));
        }
        Ok(Places { standing, list, maintained })
    }

    async fn named(&self, choice: &Choice) -> Result<Vec<Place>, HookError> {
        let mut places: Vec<Place> = Vec::new();
        for group in &choice.groups {
            let path = format!("{GROUPS}/{}", encoded(group));
            let row: GroupRow = self.http.call(Call::get(GROUP, path)).await?.json(SYSTEM, GROUP)?;
            places.push(row.into());
        }
        for project in &choice.projects {
            let path = format!("{PROJECTS}/{}", encoded(project));
            let row: ProjectRow = self.http.call(Call::get(PROJECT, path)).await?.json(SYSTEM, PROJECT)?;
            places.push(row.into());
        }
        Ok(places)
    }

    /// Where hooks are when nobody names a place, and whether these are projects.
    async fn default_places(&self, standing: &Standing) -> Result<(Vec<Place>, bool), HookError> {
        if standing.is_admin {
            return Ok((vec![Place::System], false));
        }
        let groups = self.owned_groups().await?;
        if groups.is_empty() { Ok((self.maintained_projects().await?, true)) } else { Ok((groups, false)) }
    }

    async fn owned_groups(&self) -> Result<Vec<Place>, HookError> {
        let owned = Call::get(GROUPS, GROUPS).query("owned", true).query("top_level_only", true);
        let rows: Vec<GroupRow> = self.all_pages(owned, |row: &GroupRow| row.id).await?;
        Ok(rows.into_iter().filter(|row| row.parent_id.is_none()).map(Place::from).collect())
    }

    /// Making hooks takes a Maintainer.
    async fn maintained_projects(&self) -> Result<Vec<Place>, HookError> {
        let call = Call::get(PROJECTS, PROJECTS)
            .query("membership", true)
            .query("min_access_level", MAINTAINER)
            .query("simple", true)
            .query("order_by", "id");
        let rows: Vec<ProjectRow> = self.all_pages(call, |row: &ProjectRow| row.id).await?;
        Ok(rows.into_iter().map(Place::from).collect())
    }
}

fn encoded(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

impl From<GroupRow> for Place {
    fn from(GroupRow { id, full_path, parent_id: _ }: GroupRow) -> Self {
        Self::Group { id, path: full_path }
    }
}

impl From<ProjectRow> for Place {
    fn from(ProjectRow { id, path_with_namespace }: ProjectRow) -> Self {
        Self::Project { id, path: path_with_namespace }
    }
}
