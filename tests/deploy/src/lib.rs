//! The deployment examples (`deploy/gitlab-ci`, `deploy/nginx`), run for real.
//!
//! Everything here is in `tests/`. They need `nginx` and `curl` on PATH; `cargo xtask test --all` runs them.
