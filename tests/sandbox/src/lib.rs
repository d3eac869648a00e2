//! Stateful models of GitLab and SonarQube behind real HTTP.
//!
//! Written from the published behaviour of both products alone: the crate knows nothing of the services that
//! it tests. Each model holds a [`gitlab::World`] or [`sonarqube::World`] that a test may change directly, and
//! answers the same calls, with the same quirks, as the real product. What the models do *not* do: background
//! jobs, search indexes, web pages.

pub mod bench;
pub mod example;
pub mod fault;
pub mod gitlab;
pub mod journal;
mod lock;
mod probe;
mod server;
pub mod sonarqube;
pub mod worlds;

pub use fault::{Fault, FaultKind, Faults, Gate};
pub use gitlab::GitLab;
pub use journal::{RecordedRequest, Write};
pub use sonarqube::SonarQube;
pub use worlds::Worlds;
