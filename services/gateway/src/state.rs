//! What the handlers work with.

use std::sync::Arc;

use runtime::jetstream::JetStream;

use crate::{intake::Intake, job_token::JobTokens};

/// The parts of a gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    pub(crate) tokens: JobTokens,
    pub(crate) intake: Arc<Intake>,
    pub(crate) jetstream: JetStream,
}
