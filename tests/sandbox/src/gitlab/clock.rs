//! What time it is for this GitLab: every answer tells it in its `Date` header.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::app::App;
use super::world::World;

impl World {
    /// The time of the machine, and [`World::clock_offset_s`] on top.
    pub fn now(&self) -> Timestamp {
        ahead_by(self.clock_offset_s)
    }

    /// The date in UTC, as `2026-11-22`.
    pub(super) fn today(&self) -> String {
        self.now().strftime("%Y-%m-%d").to_string()
    }
}

/// The time of a clock that is so many seconds ahead of the machine's.
#[expect(clippy::disallowed_methods, reason = "a server tells the time of the machine")]
pub(super) fn ahead_by(seconds: i64) -> Timestamp {
    let machine = Timestamp::now();
    machine.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(machine)
}

/// A moment as events and hooks show it: whole seconds, UTC.
pub(super) fn shown(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub(super) async fn date(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = app.world().now();
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        // A fault may have given it another.
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}
