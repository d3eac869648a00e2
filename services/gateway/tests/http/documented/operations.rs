//! The operations of the gateway as the recipes know them, apart from the description.

use std::fmt::Display;

use crate::stage::SHOP;

/// What a caller asks for by `Accept`.
pub(super) const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain";

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// A CI job.
    Job,
    /// A CI job or a viewer.
    Reader,
    Viewer,
    Operator,
    /// A hook in GitLab.
    Hook,
    /// Whoever signs the body with a secret.
    Signed,
}

/// Method, path, and who may call.
pub(super) const OPERATIONS: [(&str, &str, Who); 29] = [
    ("POST", "/task", Who::Job),
    ("POST", "/task_manual/{project}", Who::Operator),
    ("GET", "/task/{id}", Who::Reader),
    ("DELETE", "/task/{id}", Who::Operator),
    ("GET", "/tasks", Who::Viewer),
    ("POST", "/groups/{id}/sync", Who::Operator),
    ("GET", "/projects", Who::Viewer),
    ("GET", "/projects/{id}", Who::Viewer),
    ("GET", "/directory/projects/{id}", Who::Viewer),
    ("GET", "/directory/groups/{id}/projects", Who::Viewer),
    ("POST", "/webhooks/sonarqube", Who::Signed),
    ("GET", "/projects/{id}/access", Who::Viewer),
    ("GET", "/projects/{id}/plan", Who::Reader),
    ("POST", "/projects/{id}/approve", Who::Operator),
    ("POST", "/projects/{id}/reject", Who::Operator),
    ("POST", "/projects/{id}/restore", Who::Operator),
    ("POST", "/projects/{id}/pause", Who::Operator),
    ("POST", "/projects/{id}/resume", Who::Operator),
    ("POST", "/pause", Who::Operator),
    ("POST", "/resume", Who::Operator),
    ("GET", "/dead", Who::Viewer),
    ("POST", "/dead/{number}/replay", Who::Operator),
    ("DELETE", "/dead/{number}", Who::Operator),
    ("GET", "/events", Who::Viewer),
    ("POST", "/webhooks/gitlab", Who::Hook),
    ("POST", "/webhooks/gitlab/test", Who::Viewer),
    ("GET", "/status", Who::Viewer),
    ("GET", "/health", Who::Anybody),
    ("GET", "/openapi.json", Who::Anybody),
];

/// The path of something that need not be there.
pub(super) fn anywhere(path: &str) -> String {
    match path {
        "/task/{id}" => fill(path, &proto::TaskId::new()),
        _ => fill(path, &SHOP),
    }
}

/// The path with what it names.
pub(super) fn fill(path: &str, what: &dyn Display) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(begin), Some(end)) => format!("{}{}{}", &path[..begin], what, &path[end + 1..]),
        _ => path.to_owned(),
    }
}
