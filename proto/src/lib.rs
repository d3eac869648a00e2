//! The contract between the services: what travels in messages, what lies in the key-value buckets, and the
//! words they share. Nothing here does I/O, and no rule of access is decided here (that is the crate `access`).
//!
//! Every message is an [`envelope`] with a schema name and a version, so that a receiver refuses what it does
//! not understand instead of guessing. The JSON schemas in `schema/` are generated from these types.
#![warn(clippy::wildcard_enum_match_arm)]

mod access_level;
mod catalog;
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
pub mod subject;
mod task;

pub use access_level::AccessLevel;
pub use catalog::{CatalogComplete, CatalogEntry, CatalogListing};
pub use envelope::{DecodeError, Message};
pub use event::{Action, ControlEvent, Event, GrantChange, TaskEnded, VisibilityChange};
pub use explain::{
    AccessPath, AccessReport, AccessVerdict, GroupRef, PersonAccess, Place, Step, UnseenGroup, Void,
};
pub use fan_out::{FanOut, FanOutStep};
pub use ids::{FanOutId, GroupId, ProjectId, TaskId, UserId};
pub use outcome::{Change, ChangeKind, Outcome, Person, ProjectOutcome, Verdict};
pub use permission::{Permission, PermissionSet, UnknownPermission};
pub use plan::{LeftOut, LeftOutReason, Member, Plan, PlannedProject, Visibility};
pub use position::{Incarnation, PlanOrder, TaskPosition};
pub use record::{
    AppliedPlan, Budget, Control, EndsOn, LastSweep, NewestTask, Pause, PlanSummary, Stages, StartedTask,
    StreamLife, TaskRecord, TaskState,
};
pub use task::{Cause, Task};
