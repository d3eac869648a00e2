//! CI jobs by their job token: GitLab judges it.
//!
//! A token's form proves nothing (job tokens can be JWTs, may carry an instance's own prefix, and outlive their job
//! on paper). GitLab's verdict, either way, holds for a moment, so that a pipeline that asks again and again does not
//! ask GitLab each time; no answer is no verdict, and is not kept.

use std::{fmt, sync::Arc, time::Duration};

use axum::http::HeaderMap;
use moka::future::Cache;
use proto::{Cause, ProjectId, UserId};
use reqwest::header::HeaderValue;
use runtime::{
    http::{Call, Client, Failure, FailureKind, Limits},
    metrics::Metrics,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    Job,
    count::{Kind, Outcome, Verdicts},
    credential::{Fingerprint, fingerprint},
};
use crate::problem::Problem;

const SYSTEM: &str = "gitlab";
const ROUTE: &str = "/api/v4/job";
/// What a caller is asked to wait when GitLab does not say.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Verdicts that are kept at most; each is some 200 bytes.
const MOST_VERDICTS: u64 = 20_000;

/// Asks GitLab about job tokens.
pub(super) struct JobTokens {
    gitlab: Client,
    kept: Cache<Fingerprint, Result<Job, Problem>>,
    verdicts: Verdicts,
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
    pub(super) fn new(
        gitlab: &Url,
        limits: &Limits,
        metrics: Arc<Metrics>,
        verdict_ttl: Duration,
        verdicts: Verdicts,
    ) -> Result<Self, reqwest::Error> {
        let gitlab = Client::new(SYSTEM, gitlab, HeaderMap::new(), limits, metrics)?;
        let kept = Cache::builder().max_capacity(MOST_VERDICTS).time_to_live(verdict_ttl).build();
        Ok(Self { gitlab, kept, verdicts })
    }

    /// The job that the token belongs to, while it runs, and for as long after as a verdict holds. Callers with the
    /// same token at the same moment wait for one call.
    ///
    /// # Errors
    /// 401 or 403 when GitLab refuses the token, 503 when GitLab gave no verdict.
    pub(super) async fn verify(&self, token: &SecretString) -> Result<Job, Problem> {
        let verdict = self.kept.entry(fingerprint(token)).or_try_insert_with(self.ask(token)).await;
        let (outcome, result) = match verdict {
            Ok(verdict) if !verdict.is_fresh() => (Outcome::Cached, verdict.into_value()),
            Ok(verdict) => match verdict.into_value() {
                Ok(job) => (Outcome::Accepted, Ok(job)),
                Err(problem) => (Outcome::Refused, Err(problem)),
            },
            Err(no_verdict) => (Outcome::NoVerdict, Err(Arc::unwrap_or_clone(no_verdict))),
        };
        self.verdicts.count(Kind::JobToken, outcome);
        result
    }

    /// GitLab's verdict: the job or a refusal. The error is no verdict.
    async fn ask(&self, token: &SecretString) -> Result<Result<Job, Problem>, Problem> {
        let mut value = HeaderValue::from_str(token.expose_secret())
            .map_err(|_| Problem::bad_request("the token has characters that no token has"))?;
        value.set_sensitive(true);
        let answer = match self.gitlab.call(Call::get(ROUTE, ROUTE).header("JOB-TOKEN", value)).await {
            Ok(answer) => answer,
            Err(failure) => return refusal(&failure).map(Err).ok_or_else(|| no_verdict(&failure)),
        };
        let Answer { id, pipeline, user } =
            answer.json(SYSTEM, ROUTE).map_err(|failure| no_verdict(&failure))?;
        let cause = Cause::Job { job: id, pipeline: pipeline.id, user: user.map(|user| UserId(user.id)) };
        Ok(Ok(Job { project: ProjectId(pipeline.project_id), cause }))
    }
}

impl fmt::Debug for JobTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobTokens").field("gitlab", &self.gitlab).finish_non_exhaustive()
    }
}

/// What GitLab says against the token, if it says anything about it.
fn refusal(failure: &Failure) -> Option<Problem> {
    match &failure.kind {
        FailureKind::Refused { status: 403, .. } => Some(Problem::forbidden(
            "GitLab refuses this job's user: the account is blocked or may not use the API",
        )),
        FailureKind::Refused { .. } => Some(Problem::unauthorized(
            "GitLab does not know this job token: it is wrong, or its job has ended",
        )),
        FailureKind::Missing { .. } => {
            Some(Problem::unauthorized("this is no job token, though GitLab knows it: send $CI_JOB_TOKEN"))
        }
        FailureKind::Rejected { .. }
        | FailureKind::Throttled { .. }
        | FailureKind::Broken { .. }
        | FailureKind::NoAnswer { .. }
        | FailureKind::Unreadable { .. } => None,
    }
}

fn no_verdict(failure: &Failure) -> Problem {
    tracing::warn!(error = %failure, "GitLab gave no verdict on a job token");
    let wait = failure.retry_after().unwrap_or(RETRY_AFTER);
    Problem::no_verdict("GitLab gave no verdict on the job token", wait)
}
