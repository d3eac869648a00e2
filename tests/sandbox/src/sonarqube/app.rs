//! What the handlers share: the world, the server's own address, and the ways to refuse.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::auth::Caller;
use super::world::World;
use crate::journal::Write;
use crate::lock::lock;
use crate::probe::Probe;

#[derive(Debug)]
pub(super) struct App {
    world: Mutex<World>,
    pub(super) probe: Arc<Probe>,
}

impl App {
    pub(super) fn new(world: World, probe: Arc<Probe>) -> Self {
        Self { world: Mutex::new(world), probe }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(super) fn take_world(&self) -> World {
        std::mem::take(&mut *self.world())
    }
}

/// A refusal: rendered in the first version's form; [`super::front`] turns it into the second version's.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    /// `None` is an empty body.
    pub(super) text: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: Some(text.into()) }
    }

    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(404, text)
    }

    /// A wrong token, or none where one is needed: nothing but the status.
    pub(super) fn unauthorized() -> Self {
        Self { status: 401, text: None }
    }

    /// An illegal state inside the server: the real cause stands only in its log.
    pub(super) fn internal() -> Self {
        Self::new(500, "An error has occurred. Please contact your administrator")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match &self.text {
            Some(text) => (status, Json(json!({ "errors": [{ "msg": text }] }))).into_response(),
            None => status.into_response(),
        };
        response.extensions_mut().insert(self);
        response
    }
}

pub(super) type Answer = Result<Response, Refusal>;

pub(super) fn no_content() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl World {
    pub(super) fn log(
        &mut self,
        caller: &Caller,
        project: Option<&str>,
        action: &'static str,
        detail: &str,
        effective: bool,
    ) {
        let login = |id: &String| self.users.get(id).map(|user| user.login.clone());
        let actor = caller.user.as_ref().and_then(login).unwrap_or_default();
        let (project, detail) = (project.map(str::to_owned), detail.to_owned());
        let (request, started, ended) = (caller.request, None, None);
        self.writes.push(Write { request, actor, project, action, detail, effective, started, ended });
    }
}
