//! The gateway over HTTP, on a real nats-server (`NATS_SERVER_BIN`, or the one on PATH) and the sandbox's GitLab.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod analyses;
mod brokers;
mod caller;
mod connections;
mod directory;
mod documented;
mod events;
mod forgeries;
mod groups;
mod guard;
mod holds;
mod id_tokens;
mod keys;
mod letters;
mod limits;
mod lists;
mod looks;
mod mirrors;
mod orders;
mod outages;
mod people;
mod plain;
mod plans;
mod raw;
mod refusals;
mod restores;
mod secrets;
mod staff;
mod stage;
mod statuses;
mod system;
mod triggers;
mod verdicts;
mod waits;
mod webhooks;
mod workers;
