//! One line for each outgoing call, under the target `calls`: what was asked of whom, how it ended, how long it took, and
//! for what. Never a body, a token, an id or a value of a query.
//!
//! Calls that write are told at `info`, calls that read at `debug`, failures at `warn`. A read that is answered with "no"
//! (401, 403, 404) is an answer, and whoever asked says what it means: anybody may make a gateway ask about a wrong token.

use std::time::Duration;

use reqwest::Method;

use super::{Answer, FailureKind};
use crate::cause;

/// Tells of a call that has ended.
pub(super) fn tell(
    system: &str,
    method: &Method,
    route: &str,
    result: &Result<Answer, FailureKind>,
    took: Duration,
) {
    let cause = cause::current();
    let (status, error) = match result {
        Ok(answer) => (Some(answer.status.as_u16()), None),
        Err(kind) => (kind.status(), Some(kind.name())),
    };
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "calls",
                system,
                http.request.method = method.as_str(),
                url.template = route,
                http.response.status_code = status,
                error.type = error,
                duration_ms,
                cause = cause.as_deref(),
                "call"
            )
        };
    }
    let reads = method.is_safe();
    match result {
        Err(FailureKind::Refused { .. } | FailureKind::Missing { .. }) | Ok(_) if reads => line!(debug),
        Ok(_) => line!(info),
        Err(_) => line!(warn),
    }
}
