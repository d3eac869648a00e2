//! Who may call: CI jobs, proven by their job token, which GitLab vouches for.
//!
//! A token's form proves nothing (job tokens can be JWTs, may carry an instance's own prefix, and outlive their job
//! on paper), so GitLab is asked every time. A refusal is passed on; no answer is no verdict.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use proto::{Cause, ProjectId, UserId};
use reqwest::header::HeaderValue;
use runtime::{
    http::{Call, Client, Failure, FailureKind, Limits},
    metrics::Metrics,
};
use serde::Deserialize;
use url::Url;

use crate::problem::Problem;

const SYSTEM: &str = "gitlab";
const ROUTE: &str = "/api/v4/job";
/// What a caller is asked to wait when GitLab does not say.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Asks GitLab about job tokens.
#[derive(Debug, Clone)]
pub(crate) struct JobTokens {
    gitlab: Client,
}

/// A job that GitLab vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) project: ProjectId,
    pub(crate) cause: Cause,
}

/// The part of GitLab's answer that counts. The project's id is only at the pipeline; `project` holds no id.
#[derive(Deserialize)]
struct Answer {
    id: u64,
    pipeline: Pipeline,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Pipeline {
    id: Option<u64>,
    project_id: u64,
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

impl JobTokens {
    pub(crate) fn new(gitlab: &Url, limits: &Limits, metrics: Arc<Metrics>) -> Result<Self, reqwest::Error> {
        let gitlab = Client::new(SYSTEM, gitlab, HeaderMap::new(), limits, metrics)?;
        Ok(Self { gitlab })
    }

    /// The job that the token belongs to, while it runs.
    ///
    /// # Errors
    /// 401 or 403 when GitLab refuses the token, 503 when GitLab gave no verdict.
    pub(crate) async fn verify(&self, token: &str) -> Result<Job, Problem> {
        let mut value = HeaderValue::from_str(token).map_err(|_| malformed())?;
        value.set_sensitive(true);
        let answer = self
            .gitlab
            .call(Call::get(ROUTE, ROUTE).header("JOB-TOKEN", value))
            .await
            .map_err(|f| refusal(&f))?;
        let Answer { id, pipeline, user } = answer.json(SYSTEM, ROUTE).map_err(|f| refusal(&f))?;
        let cause = Cause::Job { job: id, pipeline: pipeline.id, user: user.map(|user| UserId(user.id)) };
        Ok(Job { project: ProjectId(pipeline.project_id), cause })
    }
}

/// The token of a request: header `JOB-TOKEN`, `Authorization: Bearer`, or `job_token` in a JSON body.
///
/// # Errors
/// 401 when there is none, 400 when there is one that cannot be read.
pub(crate) fn token(headers: &HeaderMap, body: &[u8]) -> Result<String, Problem> {
    let text =
        |name: &str| headers.get(name).map(|value| value.to_str().map(str::trim).map_err(|_| malformed()));
    if let Some(token) = text("job-token") {
        return some(token?);
    }
    if let Some(value) = text(AUTHORIZATION.as_str()) {
        let value = value?;
        return match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => some(token),
            _ => Err(Problem::unauthorized("the Authorization header must be \"Bearer\" and a CI job token")),
        };
    }
    if body.is_empty() {
        return Err(missing());
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(Body { job_token: Some(token) }) => some(&token),
        Ok(_) => Err(missing()),
        Err(_) => Err(Problem::bad_request("the body is not JSON of the form {\"job_token\": \"...\"}")),
    }
}

#[derive(Deserialize)]
struct Body {
    job_token: Option<String>,
}

fn some(token: &str) -> Result<String, Problem> {
    if token.trim().is_empty() {
        Err(Problem::bad_request("the job token is empty"))
    } else {
        Ok(token.trim().to_owned())
    }
}

fn missing() -> Problem {
    Problem::unauthorized(
        "no job token: send $CI_JOB_TOKEN in the header JOB-TOKEN, as Authorization: Bearer, or as JSON job_token",
    )
}

fn malformed() -> Problem {
    Problem::bad_request("the job token has characters that no token has")
}

fn refusal(failure: &Failure) -> Problem {
    match &failure.kind {
        FailureKind::Refused { status: 403, .. } => Problem::forbidden(
            "GitLab refuses this job's user: the account is blocked or may not use the API",
        ),
        FailureKind::Refused { .. } => {
            Problem::unauthorized("GitLab does not know this job token: it is wrong, or its job has ended")
        }
        FailureKind::Missing { .. } => {
            Problem::unauthorized("this is no job token, though GitLab knows it: send $CI_JOB_TOKEN")
        }
        FailureKind::Rejected { .. }
        | FailureKind::Throttled { .. }
        | FailureKind::Broken { .. }
        | FailureKind::NoAnswer { .. }
        | FailureKind::Unreadable { .. } => {
            tracing::warn!(error = %failure, "GitLab gave no verdict on a job token");
            Problem::unavailable(
                "GitLab gave no verdict on the job token",
                failure.retry_after().unwrap_or(RETRY_AFTER),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (axum::http::HeaderName::from_static(k), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_comes_by_header_by_bearer_or_by_body() {
        assert_eq!(token(&headers(&[("job-token", " t1 ")]), b"").unwrap(), "t1");
        assert_eq!(token(&headers(&[("authorization", "bearer t2")]), b"").unwrap(), "t2");
        assert_eq!(token(&HeaderMap::new(), br#"{"job_token":"t3"}"#).unwrap(), "t3");
    }

    #[test]
    fn no_token_is_401_and_an_unreadable_one_is_400() {
        let status = |headers: &HeaderMap, body: &[u8]| token(headers, body).unwrap_err().status().as_u16();
        assert_eq!(status(&HeaderMap::new(), b""), 401);
        assert_eq!(status(&HeaderMap::new(), b"{}"), 401);
        assert_eq!(status(&HeaderMap::new(), b"job_token=x"), 400);
        assert_eq!(status(&headers(&[("authorization", "Basic eDp5")]), b""), 401);
        assert_eq!(status(&headers(&[("job-token", "")]), b""), 400);
    }
}
