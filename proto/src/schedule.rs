//! What comes round by itself, and when: ends of memberships, sweeps, the reading of the stalest projects.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Message;

/// Project key `ends`, written by resolvers: when the project is to be looked at because a membership or an invitation
/// ends. GitLab goes on granting until its nightly job has removed the row, so the date alone is not the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndsOn {
    /// The earliest end date.
    pub on: Date,
    /// When to look.
    pub due: Timestamp,
}

/// Key `sweep`, written by resolvers: when the last sweep began, and whether another is wanted before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastSweep {
    /// When it began, or when the first one was waited for.
    pub began: Timestamp,
    /// Since when another is wanted, because nobody could tell what an event reaches.
    #[serde(default)]
    pub wanted: Option<Timestamp>,
    /// When the last one began that was wanted so.
    #[serde(default)]
    pub for_event: Option<Timestamp>,
}

impl LastSweep {
    /// There was none yet, so that it is time for the first one.
    #[must_use]
    pub const fn never() -> Self {
        Self { began: Timestamp::UNIX_EPOCH, wanted: None, for_event: None }
    }
}

/// Key `reconcile`, written by gateways: how far in time the stalest projects have been synchronised. A period of
/// `reconcile.every` has as many moments as there are projects, and each moment is one project's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciled {
    /// The moments before this have had their project.
    pub until: Timestamp,
}

impl Message for Reconciled {
    const SCHEMA: &'static str = "guassp.reconciled";
    const VERSION: u32 = 1;
}

impl Message for LastSweep {
    const SCHEMA: &'static str = "guassp.last_sweep";
    const VERSION: u32 = 1;
}

impl Message for EndsOn {
    const SCHEMA: &'static str = "guassp.ends_on";
    const VERSION: u32 = 1;
}
