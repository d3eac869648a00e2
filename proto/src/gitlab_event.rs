//! What GitLab's webhooks told, in one form for all kinds: what lies in the stream `GUASSP_GITLAB`, for anybody to consume.
//!
//! An event is a hint that something changed, never the state itself: deliveries are lost, repeated and reordered, and what
//! stands in one may be over by now. The original goes along untouched.

mod kind;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::kind::GitLabEventKind;
use crate::{GroupId, Message, ProjectId, UserId, subject};

/// One verified delivery of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GitLabEvent {
    /// The delivery, the same for every repetition of it: GitLab's `Idempotency-Key`, or else a digest of the body.
    pub id: String,
    /// What it is about.
    pub kind: GitLabEventKind,
    /// What happened: GitLab's own word where its payload has one (`open`, `merge`, `update`), otherwise what the name of
    /// the event says (`created`, `removed`, `renamed`).
    pub action: Option<String>,
    /// Which kind of hook sent it.
    pub source: HookSource,
    /// The address of the GitLab, as it tells it.
    pub instance: Option<String>,
    /// The project, where it is about one.
    pub project: Option<EventProject>,
    /// The group, where it is about one; of a project only its id and path are told as such.
    pub group: Option<EventGroup>,
    /// The person whom it is about: a member, or an account.
    pub user: Option<EventUser>,
    /// The role that the person has now, in GitLab's word (`Maintainer`). Of one membership: access may come another way.
    pub role: Option<String>,
    /// The person who did it, where GitLab tells that.
    pub actor: Option<EventUser>,
    /// What in the project it is about.
    pub refs: EventRefs,
    /// When it happened, where GitLab tells that.
    pub happened_at: Option<Timestamp>,
    /// When it was received.
    pub received_at: Timestamp,
    /// The length of the original in bytes.
    pub original_bytes: u64,
    /// The payload as GitLab sent it; left out where no message can hold it.
    pub original: Option<Original>,
}

/// Which kind of hook sent an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookSource {
    /// A system hook of the whole instance.
    System,
    /// A webhook of a group or of a project; GitLab does not tell which of the two.
    Webhook,
}

/// The project of an event, as far as its payload tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventProject {
    /// GitLab's id.
    pub id: Option<ProjectId>,
    /// The path with namespace.
    pub path: Option<String>,
    /// The path that it had before.
    pub old_path: Option<String>,
    /// `private`, `internal` or `public`.
    pub visibility: Option<String>,
}

/// The group of an event, as far as its payload tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventGroup {
    /// GitLab's id.
    pub id: Option<GroupId>,
    /// The full path.
    pub path: Option<String>,
    /// The full path that it had before.
    pub old_path: Option<String>,
}

/// A person of an event, as far as its payload tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventUser {
    /// GitLab's id.
    pub id: Option<UserId>,
    /// The username.
    pub username: Option<String>,
    /// The username that the account had before.
    pub old_username: Option<String>,
    /// The state of the account, such as `blocked`.
    pub state: Option<String>,
}

/// What in a project an event is about, as far as its payload tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventRefs {
    /// The branch: what was pushed to, what a pipeline or a job ran on, where a merge request goes to.
    pub branch: Option<String>,
    /// The branch that a merge request comes from.
    pub source_branch: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// The commit before a push; forty zeros where the branch or tag is new.
    pub before: Option<String>,
    /// The commit that it is about; forty zeros where a push removed the branch or tag.
    pub commit: Option<String>,
    /// The issue, by its number in the project.
    pub issue: Option<u64>,
    /// The merge request, by its number in the project.
    pub merge_request: Option<u64>,
    /// The pipeline, by GitLab's id.
    pub pipeline: Option<u64>,
    /// The job, by GitLab's id.
    pub job: Option<u64>,
    /// What the payload calls the state or status of the thing, such as `opened`, `success`, `failed`.
    pub state: Option<String>,
    /// Its title or name.
    pub title: Option<String>,
    /// Where people look at it.
    pub url: Option<String>,
}

/// A payload, byte for byte as it came.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Original(#[schemars(with = "serde_json::Map<String, serde_json::Value>")] Box<RawValue>);

impl Original {
    /// The JSON text, if it is JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Original {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Original {}

impl GitLabEvent {
    /// The subject that it is published on: about a project where it names one, else about a group, a person, or the
    /// instance.
    #[must_use]
    pub fn subject(&self) -> String {
        let project = self.project.as_ref().and_then(|project| project.id).map(|id| ("project", id.0));
        let group = || self.group.as_ref().and_then(|group| group.id).map(|id| ("group", id.0));
        let user = || self.user.as_ref().and_then(|user| user.id).map(|id| ("user", id.0));
        let (scope, id) = project.or_else(group).or_else(user).unwrap_or(("instance", 0));
        subject::gitlab(self.kind.key(), scope, id)
    }

    /// The same without its payload.
    #[must_use]
    pub fn without_original(self) -> Self {
        Self { original: None, ..self }
    }
}

impl Message for GitLabEvent {
    const SCHEMA: &'static str = "guassp.gitlab_event";
    const VERSION: u32 = 1;
}
