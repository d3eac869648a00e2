//! Whether there is a GitLab, which one, and whether its clock goes like ours.

use runtime::{
    clock::Clock,
    doctor::Check,
    http::{Answer, Call, Client, Failure, FailureKind},
};
use serde::Deserialize;
use url::Url;

use crate::gitlab::SYSTEM;

const VERSION: &str = "/api/v4/version";
/// The words of TLS libraries.
const TLS: [&str; 5] = ["certificate", "tls", "ssl", "handshake", "corrupt message"];

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// The server. A token that it does not take is told by the checks of the token.
pub(super) async fn checks(http: &Client, url: &Url, clock: &Clock) -> Vec<Check> {
    match http.call(Call::get(VERSION, VERSION)).await {
        Ok(answer) => answered(&answer, url, clock),
        Err(Failure { kind: FailureKind::Refused { .. }, .. }) => vec![reached(url)],
        Err(failure) => vec![unreachable(&failure, url)],
    }
}

fn reached(url: &Url) -> Check {
    Check::ok("server", format!("GitLab answers at {url}"))
}

fn answered(answer: &Answer, url: &Url, clock: &Clock) -> Vec<Check> {
    let read: Result<Version, _> = answer.json(SYSTEM, VERSION);
    let mut checks = match read {
        Ok(Version { version }) => vec![reached(url), Check::ok("version", version)],
        Err(failure) => return vec![unreachable(&failure, url)],
    };
    checks.extend(answer.date().map(|date| Check::clock(date, clock.now(), "GitLab")));
    checks
}

fn unreachable(failure: &Failure, url: &Url) -> Check {
    const NAME: &str = "server";
    match &failure.kind {
        FailureKind::NoAnswer { reason, .. } if is_about_tls(reason) => Check::fail(
            NAME,
            format!("no TLS connection to {url}: {reason}"),
            "let this machine trust GitLab's certificate (install its certificate authority), or correct GITLAB_URL",
        ),
        FailureKind::NoAnswer { .. } => Check::fail(
            NAME,
            failure.to_string(),
            format!("correct GITLAB_URL ({url}), or let this machine reach it (DNS, firewall, proxy)"),
        ),
        FailureKind::Broken { .. } | FailureKind::Throttled { .. } => Check::fail(
            NAME,
            failure.to_string(),
            "GitLab is not well, or a proxy before it: try again later",
        ),
        FailureKind::Missing { .. }
        | FailureKind::Rejected { .. }
        | FailureKind::Refused { .. }
        | FailureKind::Unreadable { .. } => Check::fail(
            NAME,
            format!("there is no GitLab at {url}: {failure}"),
            "correct GITLAB_URL: it is the address that people open GitLab by, without /api",
        ),
    }
}

fn is_about_tls(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    TLS.iter().any(|word| reason.contains(word))
}
