//! Who is calling: an extractor, so that no handler forgets to ask.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::app::{App, Refusal};
use super::tokens::{credential, require_scope};
use crate::probe::RequestId;

/// A caller with a good token whose scopes cover the method.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) user: u64,
    pub(super) token: String,
    /// The number of the request, for the list of writes.
    pub(super) request: u64,
}

/// A caller with a good token, whatever its scopes.
#[derive(Debug, Clone)]
pub(super) struct Known(pub(super) Caller);

/// A caller with a good token, or nobody: what is public needs no token. A bad token is refused all the same.
#[derive(Debug, Clone)]
pub(super) struct Visitor(pub(super) Caller);

/// The user id of a caller without a token; nobody has it.
const NOBODY: u64 = 0;

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        if credential(&parts.headers).is_some() {
            return identify(parts, app, true).map(Self);
        }
        let request = parts.extensions.get::<RequestId>().map_or(0, |id| id.0);
        Ok(Self(Caller { user: NOBODY, token: String::new(), request }))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        identify(parts, app, true)
    }
}

impl FromRequestParts<Arc<App>> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        identify(parts, app, false).map(Self)
    }
}

fn identify(parts: &Parts, app: &App, needs_scope: bool) -> Result<Caller, Refusal> {
    let credential = credential(&parts.headers);
    let world = app.world();
    let token = world.checked_token(credential)?;
    if needs_scope {
        require_scope(token, &parts.method)?;
    }
    let user = token.user;
    world.throttle(user)?;
    let request = parts.extensions.get::<RequestId>().map_or(0, |id| id.0);
    Ok(Caller { user, token: credential.unwrap_or_default().to_owned(), request })
}
