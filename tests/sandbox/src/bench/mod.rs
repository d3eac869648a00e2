//! What the benchmarks need of GitLab and SonarQube: many jobs, or worlds of a chosen size.

mod jobs;
mod sizes;

pub use jobs::{BenchJob, add_jobs, write_tokens};
pub use sizes::Size;

/// The first project's id; the others count on from it.
const FIRST_PROJECT: u64 = 1_000_000;
