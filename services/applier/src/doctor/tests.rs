//! A SonarQube that is well, and each way in which it can be not.

mod closing;
mod looking;
mod stage;
