//! What the resolver reads from a GitLab, whole or not at all.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod budget;
mod ends;
mod faults;
mod front;
mod groups;
mod hook_host;
mod hook_mends;
mod hooks;
mod identity;
mod lists;
mod live;
mod memberships;
mod overview;
mod pages;
mod process;
mod reach;
mod refusals;
mod sketch;
mod stage;
mod sure;
mod unlisted;
