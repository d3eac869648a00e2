//! The rules of access as pure functions: who may do what in SonarQube according to GitLab, and what has to
//! change in SonarQube for that.
//!
//! Two halves that meet in the plan. GitLab's side: [`MembershipRow`]s are folded by [`effective()`] to one level
//! a person, a [`RoleMap`] makes permissions of the level, and [`members`] is what the plan carries; the [`Policy`]
//! says which map holds for which project. Why a level is what it is, [`paths()`] finds in the [`Facts`] by GitLab's
//! published rule, and [`explain()`] tells of each person. SonarQube's side: [`diff()`] compares the desired permissions
//! with the [`Holder`]s and [`closings`] with the groups; [`keep_an_administrator`] and [`keep_the_unseen`] take back what
//! must not be done, [`drift()`] tells what somebody else did meanwhile, and [`Cap`] and [`digest()`] are what a plan is
//! held by, and approved of.
//!
//! **Invariant:** nothing here does I/O or knows the time; the same inputs give the same output, whatever their
//! order. **Invariant:** only what is known to be active gives access.
//! Whether a reading of GitLab is complete enough to be acted on is not decided here, nor how changes are written.
#![warn(clippy::wildcard_enum_match_arm)]

mod cap;
mod diff;
mod digest;
mod drift;
mod effective;
mod explain;
mod exposure;
mod facts;
mod fingerprint;
mod grant;
mod guard;
mod membership;
mod paths;
mod policy;
mod role_map;
mod routes;
mod scope;
mod unseen;

pub use cap::Cap;
pub use diff::{Changes, diff, each};
pub use digest::digest;
pub use drift::{drift, leave_drift};
pub use effective::{BotRule, EffectiveAccess, EffectivePerson, Exemptions, effective};
pub use explain::explain;
pub use exposure::{ADMINISTRATORS, GroupHolder, closings, opens};
pub use facts::{Facts, GroupFacts, Invitation, Membership, ProjectFacts};
pub use fingerprint::fingerprint;
pub use grant::{Holder, Owner, flipped, stored};
pub use guard::keep_an_administrator;
pub use membership::{Account, MembershipRow, Seat};
pub use paths::{Paths, PersonPaths, paths};
pub use policy::{Layer, Policy, Rules, Skipped};
pub use role_map::{Fall, Preset, RoleMap, members};
pub use scope::{Scope, UnknownScope};
pub use unseen::keep_the_unseen;
