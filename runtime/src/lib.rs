//! How a service lives: settings, telemetry, start and stop, outgoing HTTP and JetStream.
//!
//! It knows NATS and HTTP; it does not know GitLab, SonarQube or any rule of access. A service gets a [`Runtime`]
//! and runs until its [`lifecycle::Lifecycle`] tells it to stop.

pub mod admin;
pub mod cause;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod http;
pub mod jetstream;
pub mod lifecycle;
pub mod live;
pub mod metrics;
pub mod readiness;
pub mod secret;
pub mod telemetry;
pub mod token;
pub mod trace;

use std::sync::Arc;

/// What every service is given. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Start and stop.
    pub lifecycle: lifecycle::Lifecycle,
    /// The time.
    pub clock: clock::Clock,
    /// Which parts are ready to serve.
    pub readiness: readiness::Readiness,
    /// The figures that all services share, and the registry that they and the services' own are in.
    pub metrics: Arc<metrics::Metrics>,
    /// The streams and buckets.
    pub jetstream: jetstream::JetStream,
}
