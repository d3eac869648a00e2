//! GitLab's calls about hooks.

use std::collections::BTreeSet;

use runtime::http::{Call, Failure, FailureKind};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{HookError, Hooks, Place};
use crate::gitlab::SYSTEM;

const PER_PAGE: usize = 100;
const SYSTEM_HOOKS: &str = "/api/v4/hooks";
const SYSTEM_HOOK: &str = "/api/v4/hooks/:id";
const GROUP_HOOKS: &str = "/api/v4/groups/:id/hooks";
const GROUP_HOOK: &str = "/api/v4/groups/:id/hooks/:hook_id";
const PROJECT_HOOKS: &str = "/api/v4/projects/:id/hooks";
const PROJECT_HOOK: &str = "/api/v4/projects/:id/hooks/:hook_id";
const SYSTEM_TEST: &str = SYSTEM_HOOK;
const GROUP_TEST: &str = "/api/v4/groups/:id/hooks/:hook_id/test/:trigger";
const PROJECT_TEST: &str = "/api/v4/projects/:id/hooks/:hook_id/test/:trigger";
/// What a test request tells of: a push, which takes no more than a project with a commit.
const TRIGGER: &str = "push_events";

/// A hook as GitLab shows it: never its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hook {
    /// GitLab's id.
    pub id: u64,
    /// Where it leads.
    pub url: String,
    /// Everything else, which differs between versions and kinds of hooks.
    #[serde(flatten)]
    pub(super) fields: Map<String, Value>,
}

impl Hook {
    /// A field that is yes or no, where it is shown.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.fields.get(name)?.as_bool()
    }

    /// A field of text, where it is shown.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }
}

impl Place {
    /// Route and path of its list of hooks.
    fn list(&self) -> (&'static str, String) {
        match self {
            Self::System => (SYSTEM_HOOKS, SYSTEM_HOOKS.to_owned()),
            Self::Group { id, .. } => (GROUP_HOOKS, format!("/api/v4/groups/{id}/hooks")),
            Self::Project { id, .. } => (PROJECT_HOOKS, format!("/api/v4/projects/{id}/hooks")),
        }
    }

    /// Route and path of one of its hooks.
    fn one(&self, hook: u64) -> (&'static str, String) {
        let route = match self {
            Self::System => SYSTEM_HOOK,
            Self::Group { .. } => GROUP_HOOK,
            Self::Project { .. } => PROJECT_HOOK,
        };
        (route, format!("{}/{hook}", self.list().1))
    }

    /// Route and path of a test request to one of its hooks.
    fn test(&self, hook: u64) -> (&'static str, String) {
        let (_, path) = self.one(hook);
        match self {
            Self::System => (SYSTEM_TEST, path),
            Self::Group { .. } => (GROUP_TEST, format!("{path}/test/{TRIGGER}")),
            Self::Project { .. } => (PROJECT_TEST, format!("{path}/test/{TRIGGER}")),
        }
    }
}

impl Hooks {
    /// Every hook of the place.
    pub(super) async fn of(&self, place: &Place) -> Result<Vec<Hook>, HookError> {
        let (route, path) = place.list();
        self.all_pages(Call::get(route, path), |hook: &Hook| hook.id).await
    }

    /// Makes a hook. A try that was not answered is not repeated: the next `install` looks first.
    pub(super) async fn create(&self, place: &Place, body: &Value) -> Result<Hook, HookError> {
        let (route, path) = place.list();
        Ok(self.http.call(Call::post_json(route, path, body)).await?.json(SYSTEM, route)?)
    }

    pub(super) async fn change(&self, place: &Place, hook: u64, body: &Value) -> Result<Hook, HookError> {
        let (route, path) = place.one(hook);
        Ok(self.http.call(Call::put_json(route, path, body)).await?.json(SYSTEM, route)?)
    }

    /// Removes a hook. One that somebody else has removed meanwhile is removed as well.
    pub(super) async fn delete(&self, place: &Place, hook: u64) -> Result<(), HookError> {
        let (route, path) = place.one(hook);
        match self.http.call(Call::delete(route, path)).await {
            Ok(_) => Ok(()),
            Err(Failure { kind: FailureKind::Missing { .. }, .. }) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Has GitLab send a test request; one that is answered with 2xx makes it call a hook again that it had switched off.
    /// GitLab sends five a minute.
    pub(super) async fn test(&self, place: &Place, hook: u64) -> Result<(), HookError> {
        let (route, path) = place.test(hook);
        self.http.call(Call::post(route, path)).await?;
        Ok(())
    }

    /// A list to its end, as GitLab tells it, or else to the first short page; a page that was there before is an error.
    pub(super) async fn all_pages<T: DeserializeOwned>(
        &self,
        call: Call,
        id: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, HookError> {
        let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
        for page in 1_u64.. {
            let call = call.clone().query("per_page", PER_PAGE).query("page", page);
            let route = call.route;
            let answer = self.http.call(call).await?;
            let rows: Vec<T> = answer.json(SYSTEM, route)?;
            let told = answer.headers.get("x-next-page").map(|next| next.is_empty());
            let last = rows.is_empty() || told.unwrap_or(rows.len() < PER_PAGE);
            if let Some(row) = rows.iter().find(|row| !seen.insert(id(row))) {
                return Err(HookError::Incomplete(format!("page {page} shows {} once more", id(row))));
            }
            all.extend(rows);
            if last {
                break;
            }
        }
        Ok(all)
    }
}
