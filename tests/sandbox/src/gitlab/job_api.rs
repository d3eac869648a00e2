//! `GET /job`: the verdict on a job token. Every reason to refuse it is the same 401; a blocked person is a 403;
//! a good access token that is no job token is a 404, because it has no current job.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, Uri};

use super::app::{Answer, App, Refusal};
use super::page::param;
use super::tokens::{bearer, credential};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/job", get(current))
}

async fn current(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    let world = app.world();
    let token = job_credential(&uri, &headers);
    let Some(job) = token.as_deref().and_then(|token| world.job_of(token)) else {
        world.checked_token(credential(&headers).or(token.as_deref()))?;
        return Err(Refusal::not_found("Job"));
    };
    world.refuse_blocked(job.user)?;
    Ok(Json(world.job_json(job, &app.url)).into_response())
}

/// In GitLab's order: parameter `job_token`, parameter `token`, header `JOB-TOKEN`, bearer token.
fn job_credential(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let header = || headers.get("job-token")?.to_str().ok().map(str::to_owned);
    let bearer = || bearer(headers).map(str::to_owned);
    param(uri, "job_token").or_else(|| param(uri, "token")).or_else(header).or_else(bearer)
}
