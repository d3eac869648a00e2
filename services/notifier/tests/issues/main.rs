//! The notifier against a GitLab with issues, over real HTTP, and a real nats-server (`NATS_SERVER_BIN`, or the one on
//! PATH).
#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod crowds;
mod doctor;
mod failing;
mod held;
mod refused;
mod stage;
mod tokens;
