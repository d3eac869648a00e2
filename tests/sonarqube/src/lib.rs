//! The stories of the whole system on a real SonarQube, which `SONARQUBE_URL` and `SONARQUBE_TOKEN` name, and what only
//! the real server can show.
//!
//! The stories are in the crate `e2e`, and everything here is in `tests/`. `cargo xtask test --all` (or `--sonarqube`)
//! fetches a server, starts it, runs them and stops it.
