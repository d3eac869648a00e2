//! The rules of access as pure functions: who may do what in SonarQube according to GitLab, and what has to
//! change in SonarQube for that.
//!
//! Two halves that meet in the plan. GitLab's side: [`MembershipRow`]s are folded by [`effective()`] to one level
//! a person, a [`RoleMap`] makes permissions of the level, and [`members`] is what the plan carries. SonarQube's
//! side: [`diff()`] compares the desired permissions with the [`Holder`]s, and [`keep_an_administrator`] takes back
//! what would leave a project without one.
//!
//! **Invariant:** nothing here does I/O or knows the time; the same inputs give the same output, whatever their
//! order. **Invariant:** only what is known to be active gives access.
//! Whether a reading of GitLab is complete enough to be acted on is not decided here, nor how changes are written.
#![warn(clippy::wildcard_enum_match_arm)]

mod diff;
mod effective;
mod grant;
mod guard;
mod membership;
mod role_map;

pub use diff::{Changes, diff};
pub use effective::{BotRule, EffectiveAccess, EffectivePerson, Exemptions, effective};
pub use grant::{Holder, Owner, stored};
pub use guard::keep_an_administrator;
pub use membership::{Account, MembershipRow, Seat};
pub use role_map::{Preset, RoleMap, members};
