//! Who is calling: bearer token, basic with a token as the name, or basic with login and password.
//!
//! A wrong credential is a 401 with an empty body. So is none at all while authentication is forced.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, header};

use super::app::{App, Refusal};
use super::model::TokenKind;
use super::world::World;
use crate::probe::RequestId;

/// How much of the user's rights the credential carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    Full,
    Analysis,
}

#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// `None` is anonymous, where that is allowed.
    pub(super) user: Option<String>,
    pub(super) power: Power,
    /// The number of the request, for the list of writes.
    pub(super) request: u64,
}

impl Caller {
    pub(super) fn is(&self, user: &str) -> bool {
        self.user.as_deref() == Some(user)
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        identify(parts, &app.world())
    }
}

fn identify(parts: &Parts, world: &World) -> Result<Caller, Refusal> {
    let request = parts.extensions.get::<RequestId>().map_or(0, |id| id.0);
    let Some(credential) = Credential::of(&parts.headers) else {
        let anonymous = Caller { user: None, power: Power::Full, request };
        return if world.force_authentication { Err(Refusal::unauthorized()) } else { Ok(anonymous) };
    };
    let (user, power) = world.authenticate(&credential).ok_or_else(Refusal::unauthorized)?;
    Ok(Caller { user: Some(user), power, request })
}

#[derive(Debug)]
pub(super) enum Credential {
    Token(String),
    Password { login: String, password: String },
    Unreadable,
}

impl Credential {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = value.split_once(' ')?;
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(Self::Token(rest.trim().to_owned())),
            "basic" => Some(Self::basic(rest).unwrap_or(Self::Unreadable)),
            _ => None,
        }
    }

    fn basic(encoded: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (login, password) = text.split_once(':')?;
        if password.is_empty() {
            return Some(Self::Token(login.to_owned()));
        }
        Some(Self::Password { login: login.to_owned(), password: password.to_owned() })
    }
}

impl World {
    pub(super) fn authenticate(&self, credential: &Credential) -> Option<(String, Power)> {
        match credential {
            Credential::Token(token) => self.by_token(token),
            Credential::Password { login, password } => {
                let user = self.active_user(login)?;
                (user.password.as_ref() == Some(password)).then(|| (user.id.clone(), Power::Full))
            }
            Credential::Unreadable => None,
        }
    }

    fn by_token(&self, token: &str) -> Option<(String, Power)> {
        let token = self.tokens.get(token)?;
        let user = self.users.get(&token.user).filter(|user| user.active)?;
        let power = if token.kind == TokenKind::User { Power::Full } else { Power::Analysis };
        Some((user.id.clone(), power))
    }
}
