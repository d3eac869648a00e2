//! Making and revoking tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::app::{Answer, App, Refusal, no_content};
use super::auth::Caller;
use super::model::{Token, TokenKind};
use super::params::Params;
use super::world::World;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/user_tokens/generate", post(generate))
        .route("/api/user_tokens/revoke", post(revoke))
}

impl World {
    /// The caller, or the `login` that an administrator names.
    fn token_owner(&self, caller: &Caller, params: &Params) -> Result<(String, String), Refusal> {
        if params.get("login").is_some() {
            self.require_global(caller, "admin")?;
            let id = self.asked_user(params)?;
            return Ok((id, params.required("login")?.to_owned()));
        }
        let own = caller.user.as_ref().and_then(|id| self.users.get(id));
        own.map(|user| (user.id.clone(), user.login.clone())).ok_or_else(Refusal::unauthorized)
    }
}

fn kind(params: &Params) -> Result<(TokenKind, &str, &'static str), Refusal> {
    match params.get("type").unwrap_or("USER_TOKEN") {
        text @ "USER_TOKEN" => Ok((TokenKind::User, text, "squ_")),
        text @ "GLOBAL_ANALYSIS_TOKEN" => Ok((TokenKind::GlobalAnalysis, text, "sqa_")),
        text @ "PROJECT_ANALYSIS_TOKEN" => Ok((TokenKind::ProjectAnalysis, text, "sqp_")),
        other => Err(Refusal::invalid(format!(
            "Value of parameter 'type' ({other}) must be one of: [USER_TOKEN, GLOBAL_ANALYSIS_TOKEN, PROJECT_ANALYSIS_TOKEN]"
        ))),
    }
}

async fn generate(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let (user, login) = world.token_owner(&caller, &params)?;
    let name = params.required("name")?;
    let (kind, kind_text, prefix) = kind(&params)?;
    if world.tokens.values().any(|token| token.user == user && token.name == name) {
        let text = format!("A user token for login '{login}' and name '{name}' already exists");
        return Err(Refusal::invalid(text));
    }
    let value = format!("{prefix}{:0>40}", world.next_id().replace('-', ""));
    let expires_at = params.get("expirationDate").map(|date| format!("{date}T00:00:00+0000"));
    let body = json!({
        "login": login, "name": name, "token": value, "createdAt": "2026-11-01T09:00:00+0000", "type": kind_text,
        "expirationDate": expires_at,
    });
    world.tokens.insert(value, Token { user, name: name.to_owned(), kind, expires_at });
    Ok(Json(body).into_response())
}

async fn revoke(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer {
    let mut world = app.world();
    let (user, _) = world.token_owner(&caller, &params)?;
    let name = params.required("name")?;
    world.tokens.retain(|_, token| token.user != user || token.name != name);
    no_content()
}
