//! JetStream as the services use it, on a real nats-server (`NATS_SERVER_BIN`, or the one on PATH).

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it says"
)]

mod budgets;
mod cancel;
mod catalog;
mod control;
mod desk;
mod directory;
mod doctor;
mod ends;
mod ensure;
mod follow;
mod follow_gitlab;
mod letters;
mod live;
mod login;
mod presence;
mod projects;
mod publish;
mod records;
mod server;
mod stage;
mod stopping;
mod taskless;
mod token;
mod topology;
mod work;
