//! The HTTP surface.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::{health, problem::Problem, state::Gateway, tasks};

/// A job token is a few kilobytes at most.
const LARGEST_BODY: usize = 64 << 10;
/// Verifying and storing take milliseconds; a nats-server that restarts takes up to 15 seconds to be given up.
const LONGEST_REQUEST: Duration = Duration::from_secs(90);

/// Every path.
pub(crate) fn router(gateway: Gateway) -> Router {
    Router::new()
        .route("/task", post(tasks::create))
        .route("/task/{id}", get(tasks::show))
        .route("/health", get(health::health))
        .fallback(|| async { Problem::not_found("there is no such path") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST_REQUEST))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(gateway)
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request handler panicked");
    Problem::internal().into_response()
}
