//! Every story on the sandbox's SonarQube, and what only a model can show.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod control;
mod ends;
mod explain;
mod faults;
mod fleet;
mod groups;
mod hostile;
mod kills;
mod poison;
mod races;
mod settings;
mod stalls;
mod sweeps;
mod token;
mod trace;
mod unseen;

mod stories {
    e2e::every_story!(e2e::Target::Model);
}
