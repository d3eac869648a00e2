//! Questions that are answered at once: request and reply over NATS, registered with its micro API, so that
//! `nats micro ls` shows who answers, and how often and how fast.
//!
//! Nothing is stored: a question that nobody answers is asked again by whoever wants to know.

mod ask;
mod presence;
mod preview;
mod serve;

pub use ask::{AskError, ask};
pub use presence::{NotTold, announce, running};
pub use preview::{compare, preview};
pub use serve::{Refusal, serve};

/// The name under which resolvers and appliers are listed.
pub const SERVICE: &str = "guassp";

/// Header of a question: until when somebody waits for the answer.
const UNTIL: &str = "Guassp-Until";
