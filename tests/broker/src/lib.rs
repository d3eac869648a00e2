//! A real nats-server for tests (`NATS_SERVER_BIN`, or the one on PATH), what a process on it is given, and when its
//! consumers have nothing left to do.
#![expect(clippy::expect_used, reason = "a test stops where something is not as it says")]

mod idle;
mod process;
mod server;

pub use idle::is_idle;
pub use process::{connection, queue, runtime};
pub use server::{Nats, nats_server};
