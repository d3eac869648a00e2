//! GitLab's issues of one project. The only part of this crate that calls GitLab.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use runtime::{
    http::{Answer, Call, Client, Credential, Failure},
    metrics::Metrics,
};
use serde::Deserialize;
use serde_json::json;

use crate::{Config, StartError, words::Words};

pub(crate) const SYSTEM: &str = "gitlab";
const ISSUES: &str = "/api/v4/projects/:id/issues";
const ISSUE: &str = "/api/v4/projects/:id/issues/:issue_iid";
const NOTES: &str = "/api/v4/projects/:id/issues/:issue_iid/notes";
/// The most that a page has.
const PAGE: u64 = 100;

/// The issues of one project.
#[derive(Debug)]
pub(crate) struct Issues {
    client: Client,
    path: String,
    labels: String,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Issue {
    pub(crate) iid: u64,
    #[serde(rename = "web_url")]
    pub(crate) url: String,
    state: String,
    description: Option<String>,
}

/// What becomes of an issue's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    Open,
    Closed,
}

impl Issue {
    pub(crate) fn is_open(&self) -> bool {
        self.state == "opened"
    }

    /// Whether it is the one of this marker, which is the last line of ours: a text that merely shows one is none.
    fn has(&self, marker: &str) -> bool {
        self.description.as_deref().is_some_and(|text| text.lines().next_back() == Some(marker))
    }
}

impl Issues {
    pub(crate) fn new(config: &Config, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        let project = utf8_percent_encode(&config.project, NON_ALPHANUMERIC);
        Ok(Self {
            client: connect(config, metrics)?,
            path: format!("/api/v4/projects/{project}/issues"),
            labels: config.labels.join(","),
        })
    }

    /// The issue about `key`, open or closed: the oldest of this user's, where there are several. All of them are looked
    /// through: GitLab's search leaves out what stands in a comment of HTML.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Issue>, Failure> {
        let marker = marker(key);
        let mut page = Some(1);
        while let Some(number) = page {
            let call = Call::get(ISSUES, self.path.clone())
                .query("scope", "created_by_me")
                .query("state", "all")
                .query("order_by", "created_at")
                .query("sort", "asc")
                .query("per_page", PAGE)
                .query("page", number);
            let answer = self.client.call(call).await?;
            let found: Vec<Issue> = answer.json(SYSTEM, ISSUES)?;
            if let Some(issue) = found.into_iter().find(|issue| issue.has(&marker)) {
                return Ok(Some(issue));
            }
            page = answer.number("x-next-page");
        }
        Ok(None)
    }

    /// Opens the issue about `key`.
    pub(crate) async fn open(&self, key: &str, words: &Words) -> Result<Issue, Failure> {
        let body =
            json!({ "title": words.title, "description": described(key, words), "labels": self.labels });
        let answer = self.client.call(Call::post_json(ISSUES, self.path.clone(), &body)).await?;
        answer.json(SYSTEM, ISSUES)
    }

    /// Has the issue say something else, and opens it again where it was closed.
    pub(crate) async fn say(&self, iid: u64, key: &str, words: &Words) -> Result<Issue, Failure> {
        let body = json!({ "title": words.title, "description": described(key, words) });
        let issue = self.edit(iid, &body).await?;
        if issue.is_open() { Ok(issue) } else { self.become_(iid, Becomes::Open).await }
    }

    /// Opens or closes the issue.
    pub(crate) async fn become_(&self, iid: u64, becomes: Becomes) -> Result<Issue, Failure> {
        let event = match becomes {
            Becomes::Open => "reopen",
            Becomes::Closed => "close",
        };
        self.edit(iid, &json!({ "state_event": event })).await
    }

    /// Adds a comment.
    pub(crate) async fn note(&self, iid: u64, text: &str) -> Result<Answer, Failure> {
        let path = format!("{}/{iid}/notes", self.path);
        self.client.call(Call::post_json(NOTES, path, &json!({ "body": text }))).await
    }

    async fn edit(&self, iid: u64, body: &serde_json::Value) -> Result<Issue, Failure> {
        let answer = self.client.call(Call::put_json(ISSUE, format!("{}/{iid}", self.path), body)).await?;
        answer.json(SYSTEM, ISSUE)
    }
}

/// A client that signs in with the token of issues. No call is made yet.
///
/// # Errors
/// When the token cannot be sent, or the HTTP client cannot be set up.
pub(crate) fn connect(config: &Config, metrics: Arc<Metrics>) -> Result<Client, StartError> {
    let credential = Credential::header_of("private-token", config.token.clone());
    let client = Client::new(SYSTEM, &config.gitlab_url, HeaderMap::new(), &config.limits, metrics)?;
    Ok(client.signed_in(credential.map_err(|_| StartError::Token)?))
}

/// What is said, and the line by which it is found again; people do not see that.
fn described(key: &str, words: &Words) -> String {
    format!("{}\n{}", words.body, marker(key))
}

fn marker(key: &str) -> String {
    format!("<!-- guassp:{key} -->")
}
