//! The CI job under a shell and curl, nginx in front of gateways, the death of either gateway behind it, and what the
//! containers of Docker Compose are told.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod ci;
mod compose;
mod deaths;
mod example;
mod gateway;
mod job;
mod nginx;
mod proxy;
mod readme;
