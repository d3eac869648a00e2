//! The gateway over HTTP, on a real nats-server (`NATS_SERVER_BIN`, or the one on PATH) and the sandbox's GitLab.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod caller;
mod limits;
mod looks;
mod outages;
mod refusals;
mod secrets;
mod stage;
mod triggers;
mod workers;
