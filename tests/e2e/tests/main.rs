//! Every story on the sandbox's SonarQube, and what only a model can show.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod applier;
mod control;
mod directory;
mod doctor;
mod ends;
mod explain;
mod faults;
mod fleet;
mod groups;
mod hooks;
mod hostile;
mod kills;
mod machine;
mod orders;
mod outages;
mod poison;
mod races;
mod reconcile;
mod rivals;
mod settings;
mod stalls;
mod states;
mod sweeps;
mod token;
mod trace;
mod uninstall;
mod unseen;
mod upkeep;

mod stories {
    e2e::every_story!(e2e::Target::Model);
}
