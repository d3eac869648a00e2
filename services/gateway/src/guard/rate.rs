//! How often a caller may ask, and how often the jobs of a project may trigger, or look at its plan.
//!
//! Counted in this process only: two gateways let twice as many through.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use proto::ProjectId;

use super::{
    Limits,
    bucket::Buckets,
    metrics::{HttpMetrics, Refusal},
    source::Source,
};
use crate::{
    caller::network::{Client, Peer},
    problem::Problem,
};

/// What anybody may ask for as often as they like: the load balancer does.
const UNCOUNTED: [&str; 2] = ["/health", "/openapi.json"];
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The buckets of callers and projects.
#[derive(Debug)]
pub(crate) struct Rates {
    callers: Buckets<Source>,
    unproven: Buckets<Source>,
    projects: Buckets<ProjectId>,
    metrics: HttpMetrics,
}

impl Rates {
    pub(super) fn new(limits: &Limits, metrics: HttpMetrics) -> Self {
        Self {
            callers: Buckets::new(limits.caller_per_second, SECOND, limits.caller_burst),
            unproven: Buckets::new(limits.caller_per_second, SECOND, unproven_burst(limits)),
            projects: Buckets::new(limits.project_per_minute, MINUTE, limits.project_burst),
            metrics,
        }
    }

    /// Counts a trigger of the project, or a job's look at its plan; ask when it is certain that the caller speaks for the project.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub(crate) fn project(&self, project: ProjectId) -> Result<(), Problem> {
        self.projects.take(project, Instant::now()).map_err(|wait| {
            self.metrics.refused(Refusal::RateProject);
            Problem::too_many_requests("the jobs of this project trigger too often", wait)
        })
    }

    /// Counts a request of its caller.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub(super) fn caller(&self, request: &Request) -> Result<(), Problem> {
        source(request).map_or(Ok(()), |source| self.source(source))
    }

    /// Counts a request of this source.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub(super) fn source(&self, source: Source) -> Result<(), Problem> {
        self.callers.take(source, Instant::now()).map_err(|wait| self.too_many(wait))
    }

    /// Counts a delivery of this source whose body has to prove that it is GitLab's.
    ///
    /// # Errors
    /// 429 when too many did not.
    pub(super) fn unproven(&self, source: Source) -> Result<(), Problem> {
        self.unproven.take(source, Instant::now()).map_err(|wait| self.too_many(wait))
    }

    /// One of them has: it does not count.
    pub(super) fn proven(&self, source: Source) {
        self.unproven.give_back(&source);
    }

    fn too_many(&self, wait: Duration) -> Problem {
        self.metrics.refused(Refusal::RateCaller);
        Problem::too_many_requests("too many requests come from this address", wait)
    }
}

/// As many as may be read at a time are not too many: GitLab sends thousands at once.
fn unproven_burst(limits: &Limits) -> u32 {
    limits.caller_burst.saturating_add(u32::try_from(limits.active).unwrap_or(u32::MAX))
}

/// Who is counted; nobody where the path is not counted.
pub(super) fn source(request: &Request) -> Option<Source> {
    let extensions = request.extensions();
    let is_uncounted = |path: &MatchedPath| UNCOUNTED.contains(&path.as_str());
    if extensions.get::<MatchedPath>().is_some_and(is_uncounted) {
        return None;
    }
    // Where a proxy did not say for whom it asks, the proxy itself is counted.
    let client = extensions.get::<Client>().map(|client| client.address);
    client.or_else(|| extensions.get::<Peer>().map(|Peer(peer)| peer.ip())).map(Source::of)
}
