//! Outgoing calls against a real server: what is told of them, and secrets that change meanwhile.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says"
)]

mod audit;
mod rotation;
mod stage;
