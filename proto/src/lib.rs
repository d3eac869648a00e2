//! The contract between the services: what travels in messages, what lies in the key-value buckets, and the
//! words they share. Nothing here does I/O, and no rule of access is decided here (that is the crate `access`).
//!
//! Every message is an [`envelope`] with a schema name and a version, so that a receiver refuses what it does
//! not understand instead of guessing. The JSON schemas in `schema/` are generated from these types.
#![warn(clippy::wildcard_enum_match_arm)]

mod access_level;
mod catalog;
mod change;
mod directory;
pub mod envelope;
mod event;
mod explain;
mod fan_out;
mod gitlab_event;
mod ids;
mod issue;
pub mod live;
mod outcome;
mod permission;
mod plan;
mod position;
mod record;
mod schedule;
pub mod status;
pub mod subject;
mod sync;
mod task;
mod token;

pub use access_level::AccessLevel;
pub use catalog::{CatalogClaim, CatalogComplete, CatalogEntry, CatalogListing};
pub use change::{Change, ChangeKind, Exposure, Grantee, Lines};
pub use directory::{
    DirectoryGroup, DirectoryProject, FoundBy, FoundProject, Presence, PreviousPath, ProjectsBelow,
};
pub use envelope::{DecodeError, Message};
pub use event::{
    Action, ControlEvent, DriftFound, Event, GrantChange, PlanHeld, TaskEnded, TokenEnds, VisibilityChange,
};
pub use explain::{
    AccessPath, AccessReport, AccessVerdict, GroupRef, PersonAccess, Place, Step, UnseenGroup, Void,
};
pub use fan_out::{FanOut, FanOutStep};
pub use gitlab_event::{
    EventGroup, EventProject, EventRefs, EventUser, GitLabEvent, GitLabEventKind, HookSource, Original,
};
pub use ids::{FanOutId, GroupId, ProjectId, TaskId, UserId};
pub use issue::OpenedIssue;
pub use outcome::{Outcome, Person, ProjectOutcome, Verdict, Way, Writing};
pub use permission::{Permission, PermissionSet, UnknownPermission};
pub use plan::{LeftOut, LeftOutReason, Member, Plan, PlannedProject, Restore, Visibility};
pub use position::{Incarnation, PlanOrder, TaskPosition};
pub use record::{
    AppliedPlan, Budget, Control, NewestTask, Pause, PlanSummary, Stages, StartedTask, StreamLife,
    TaskRecord, TaskState,
};
pub use schedule::{EndsOn, LastSweep, Reconciled};
pub use sync::{Decision, HeldByLogin, HeldProject, Hold, HourOfRevokes, LastSync, Ruling, Waiting, Written};
pub use task::{Cause, Task};
pub use token::TokenState;
