//! What the handlers share: the world, the server's own address, and the ways to refuse.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::hooks::Courier;
use super::model::Project;
use super::opened::{Opened, Served};
use super::page::Context;
use super::world::World;
use crate::journal::Write;
use crate::probe::Probe;

#[derive(Debug)]
pub(super) struct App {
    served: Mutex<Served>,
    pub(super) url: String,
    pub(super) probe: Arc<Probe>,
    pub(super) courier: Courier,
}

impl App {
    pub(super) fn new(world: World, url: String, probe: Arc<Probe>, courier: Courier) -> Self {
        Self { served: Mutex::new(Served::new(world)), url, probe, courier }
    }

    pub(super) fn world(&self) -> Opened<'_> {
        Opened::new(&self.served, &self.courier)
    }

    pub(super) fn context(&self, world: &World) -> Context<'_> {
        Context { base: &self.url, total_limit: world.total_limit }
    }

    pub(super) fn take_world(&self) -> World {
        std::mem::take(&mut *self.world())
    }
}

/// A refusal in GitLab's form: a status and a small object.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn with(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    /// Plain text, as from the layers in front of the API.
    pub(super) fn plain(status: u16, text: &str, headers: Vec<(&'static str, String)>) -> Self {
        Self { status, body: Value::from(text), headers }
    }

    fn message(status: u16, message: &str) -> Self {
        Self::with(status, json!({ "message": message }))
    }

    pub(super) fn unauthorized() -> Self {
        Self::message(401, "401 Unauthorized")
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::message(403, message)
    }

    /// `404 Project Not Found`, or without the noun for a plain missing record.
    pub(super) fn not_found(noun: &str) -> Self {
        let message =
            if noun.is_empty() { "404 Not found".to_owned() } else { format!("404 {noun} Not Found") };
        Self::message(404, &message)
    }

    pub(super) fn bad(message: &str) -> Self {
        Self::message(400, message)
    }

    pub(super) fn conflict(message: &str) -> Self {
        Self::message(409, message)
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::with(400, json!({ "error": message }))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match self.body {
            Value::String(text) => (status, text).into_response(),
            body => (status, Json(body)).into_response(),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

pub(super) type Answer = Result<Response, Refusal>;

pub(super) async fn not_found() -> Refusal {
    Refusal::with(404, json!({ "error": "404 Not Found" }))
}

pub(super) async fn method_not_allowed() -> Refusal {
    Refusal::with(405, json!({ "error": "405 Not Allowed" }))
}

impl World {
    /// A project by id or path in any case, as far as this person may know of it.
    pub(super) fn visible_project(&self, id_or_path: &str, caller: u64) -> Result<&Project, Refusal> {
        let project = match id_or_path.parse::<u64>() {
            Ok(id) => self.projects.get(&id),
            Err(_) => {
                let is_here = |path: &str| path.eq_ignore_ascii_case(id_or_path);
                self.projects.values().find(|project| is_here(&project.path_with_namespace))
            }
        };
        project.filter(|project| self.can_see(caller, project)).ok_or_else(|| Refusal::not_found("Project"))
    }

    pub(super) fn log(
        &mut self,
        caller: &super::auth::Caller,
        project: Option<String>,
        action: &'static str,
        detail: String,
    ) {
        let actor = self.username(caller.user);
        let request = caller.request;
        let (started, ended) = (None, None);
        self.writes.push(Write { request, actor, project, action, detail, effective: true, started, ended });
    }
}
