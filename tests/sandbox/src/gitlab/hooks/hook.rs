//! One webhook, and the events that each kind of it can be switched on for.

use std::collections::BTreeSet;
use std::fmt::{Display, Formatter};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::clock;
use super::super::model::Place;
use super::super::world::World;
use super::health::Health;

/// Events of a system hook that can be switched; all others always come.
const SYSTEM_EVENTS: &[&str] =
    &["push_events", "tag_push_events", "merge_requests_events", "repository_update_events"];

const PROJECT_EVENTS: &[&str] = &[
    "push_events",
    "tag_push_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "merge_requests_events",
    "job_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "feature_flag_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "resource_access_token_events",
    "vulnerability_events",
];

/// What a group hook has besides: no project hook is told of members.
const GROUP_EVENTS: &[&str] = &["member_events", "subgroup_events", "project_events"];

/// Whose hook it is, and so what it hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookOwner {
    /// A system hook: the whole instance.
    Instance,
    /// The group and all below it.
    Group(u64),
    Project(u64),
}

impl HookOwner {
    /// Whether it is the hook of this group or project.
    pub(crate) fn is_of(self, place: Place) -> bool {
        matches!((self, place), (Self::Group(own), Place::Group(id)) | (Self::Project(own), Place::Project(id)) if own == id)
    }

    /// The names that the API has for the events of such a hook.
    pub fn events(self) -> Vec<&'static str> {
        match self {
            Self::Instance => SYSTEM_EVENTS.to_vec(),
            Self::Group(_) => [PROJECT_EVENTS, GROUP_EVENTS].concat(),
            Self::Project(_) => PROJECT_EVENTS.to_vec(),
        }
    }

    /// What a new hook is switched on for when nobody says.
    fn default_event(self) -> &'static str {
        match self {
            Self::Instance => "repository_update_events",
            Self::Group(_) | Self::Project(_) => "push_events",
        }
    }
}

/// Whether GitLab sends to a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertStatus {
    Executable,
    TemporarilyDisabled,
    Disabled,
}

impl Display for AlertStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Executable => "executable",
            Self::TemporarilyDisabled => "temporarily_disabled",
            Self::Disabled => "disabled",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: u64,
    pub owner: HookOwner,
    pub url: String,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Sent along in clear.
    pub token: Option<String>,
    /// `whsec_` and the key in base64; deliveries are signed with it.
    pub signing_token: Option<String>,
    /// What it is switched on for, as the API names it (`push_events`).
    pub events: BTreeSet<&'static str>,
    pub enable_ssl_verification: bool,
    pub created_at: Timestamp,
    pub(crate) health: Health,
}

impl World {
    /// Adds a hook as the API does when it is given nothing but the address; the rest may be set on what it gives.
    pub fn add_hook(&mut self, owner: HookOwner, url: &str) -> &mut Hook {
        let (id, created_at) = (self.next_id(), self.now());
        let hook = Hook {
            id,
            owner,
            url: url.to_owned(),
            name: None,
            description: None,
            token: None,
            signing_token: None,
            events: [owner.default_event()].into(),
            enable_ssl_verification: true,
            created_at,
            health: Health::default(),
        };
        self.hooks.by_id.entry(id).or_insert(hook)
    }

    /// Whether GitLab sends to it at this moment.
    pub fn alert_status(&self, hook: &Hook) -> AlertStatus {
        hook.health.alert_status(self.now())
    }

    /// As the API shows it: never a secret, only whether there is one.
    pub(crate) fn hook_json(&self, hook: &Hook) -> Value {
        let mut value = json!({
            "id": hook.id, "url": hook.url, "name": hook.name, "description": hook.description,
            "created_at": clock::shown(hook.created_at), "enable_ssl_verification": hook.enable_ssl_verification,
            "alert_status": self.alert_status(hook).to_string(),
            "disabled_until": hook.health.disabled_until.map(clock::shown),
            "url_variables": [], "custom_headers": [], "custom_webhook_template": null,
            "token_present": hook.token.is_some(), "signing_token_present": hook.signing_token.is_some(),
        });
        if let Some(fields) = value.as_object_mut() {
            fields.extend(owner_fields(hook.owner));
            let switched = |name: &&'static str| ((*name).to_owned(), hook.events.contains(name).into());
            fields.extend(hook.owner.events().iter().map(switched));
        }
        value
    }
}

fn owner_fields(owner: HookOwner) -> Map<String, Value> {
    let (name, id) = match owner {
        HookOwner::Instance => return Map::new(),
        HookOwner::Group(id) => ("group_id", id),
        HookOwner::Project(id) => ("project_id", id),
    };
    let filter = [("push_events_branch_filter", Value::Null), ("branch_filter_strategy", "wildcard".into())];
    let filter = filter.map(|(name, value)| (name.to_owned(), value));
    [(name.to_owned(), id.into())].into_iter().chain(filter).collect()
}
