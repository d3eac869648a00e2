//! The contract between the services: what travels in messages, what lies in the key-value buckets, and the
//! words they share. Nothing here does I/O, and no rule of access is decided here (that is the crate `access`).
//!
//! Every message is an [`envelope`] with a schema name and a version, so that a receiver refuses what it does
//! not understand instead of guessing. The JSON schemas in `schema/` are generated from these types.
#![warn(clippy::wildcard_enum_match_arm)]

mod access_level;
mod catalog;
mod change;
pub mod envelope;
mod event;
mod explain;
mod fan_out;
mod ids;
pub mod live;
mod outcome;
mod permission;
mod plan;
mod position;
mod record;
pub mod status;
pub mod subject;
mod sync;
mod task;

pub use access_level::AccessLevel;
pub use catalog::{CatalogClaim, CatalogComplete, CatalogEntry, CatalogListing};
pub use change::{Change, ChangeKind, Exposure, Grantee, Lines};
pub use envelope::{DecodeError, Message};
pub use event::{
    Action, ControlEvent, DriftFound, Event, GrantChange, PlanHeld, TaskEnded, VisibilityChange,
};
pub use explain::{
    AccessPath, AccessReport, AccessVerdict, GroupRef, PersonAccess, Place, Step, UnseenGroup, Void,
};
pub use fan_out::{FanOut, FanOutStep};
pub use ids::{FanOutId, GroupId, ProjectId, TaskId, UserId};
pub use outcome::{Outcome, Person, ProjectOutcome, Verdict, Way, Writing};
pub use permission::{Permission, PermissionSet, UnknownPermission};
pub use plan::{LeftOut, LeftOutReason, Member, Plan, PlannedProject, Restore, Visibility};
pub use position::{Incarnation, PlanOrder, TaskPosition};
pub use record::{
    AppliedPlan, Budget, Control, EndsOn, LastSweep, NewestTask, Pause, PlanSummary, Stages, StartedTask,
    StreamLife, TaskRecord, TaskState,
};
pub use sync::{Decision, HeldByLogin, HeldProject, Hold, HourOfRevokes, LastSync, Ruling, Waiting, Written};
pub use task::{Cause, Task};
