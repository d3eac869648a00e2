//! JetStream as the services use it, on a real nats-server (`NATS_SERVER_BIN`, or the one on PATH).

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it says"
)]

mod cancel;
mod control;
mod desk;
mod follow;
mod letters;
mod projects;
mod publish;
mod records;
mod server;
mod stage;
mod stopping;
mod topology;
mod work;
