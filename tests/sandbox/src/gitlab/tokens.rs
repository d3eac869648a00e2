//! Which credential a request carries, and what it is worth.

use http::{HeaderMap, Method, header};
use serde_json::json;

use super::app::Refusal;
use super::model::{Token, TokenState, UserState};
use super::world::World;

/// The access token of a request: `PRIVATE-TOKEN` or a bearer token.
pub(super) fn credential(headers: &HeaderMap) -> Option<&str> {
    headers.get("private-token").and_then(|value| value.to_str().ok()).or_else(|| bearer(headers))
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

impl World {
    /// The token, when it is one and still good. A job token is none: it opens a few routes of its own.
    pub(super) fn checked_token(&self, credential: Option<&str>) -> Result<&Token, Refusal> {
        let token = credential.and_then(|value| self.tokens.get(value)).ok_or_else(Refusal::unauthorized)?;
        match token.state {
            TokenState::Valid if !self.is_over(token) => {}
            TokenState::Revoked => {
                return Err(invalid("Token was revoked. You have to re-authorize from the user."));
            }
            TokenState::Valid | TokenState::Expired => {
                return Err(invalid(
                    "Token is expired. You can either do re-authorization or token refresh.",
                ));
            }
        }
        self.refuse_blocked(token.user)?;
        Ok(token)
    }

    /// A token ends with the beginning of its date, in UTC.
    fn is_over(&self, token: &Token) -> bool {
        token.expires_at.as_ref().is_some_and(|date| *date <= self.today())
    }

    pub(super) fn refuse_blocked(&self, user: u64) -> Result<(), Refusal> {
        match self.users.get(&user).map(|user| user.state) {
            Some(UserState::Active) => Ok(()),
            _ => Err(Refusal::forbidden("403 Forbidden - Your account has been blocked.")),
        }
    }
}

fn invalid(description: &str) -> Refusal {
    Refusal::with(401, json!({ "error": "invalid_token", "error_description": description }))
}

/// Reading takes `read_api` or `api`, writing takes `api`.
pub(super) fn require_scope(token: &Token, method: &Method) -> Result<(), Refusal> {
    let enough: &[&str] = if method == Method::GET { &["api", "read_api"] } else { &["api"] };
    if token.scopes.iter().any(|scope| enough.contains(&scope.as_str())) {
        return Ok(());
    }
    let description = "The request requires higher privileges than provided by the access token.";
    Err(Refusal::with(
        403,
        json!({ "error": "insufficient_scope", "error_description": description, "scope": enough.join(" ") }),
    ))
}
