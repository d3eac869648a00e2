//! What the tests of the whole system stand on: all services against a real nats-server, with the sandbox's GitLab
//! and either the sandbox's SonarQube or a real one.
//!
//! [`Stack`] is what runs; [`Scene`] is a stack with people and projects in it, told in the domain's words;
//! [`mod@stories`] are told on a scene, and run on both servers: a story that holds on the model and not on the real
//! server has found a fault in the model.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod admin;
pub mod binary;
mod orders;
mod plans;
mod processes;
mod scene;
mod seeded;
mod settings;
mod stack;
pub mod states;
pub mod stories;
mod streams;
pub mod sudden_death;
mod task;
mod time;
pub mod wait;
pub mod wire;

pub use admin::Admin;
pub use broker::Nats;
pub use plans::{LEVELS, Wish, worth};
pub use processes::free_port;
pub use scene::{Grants, Person, Project, Scene, Target, grants};
pub use seeded::Seeded;
pub use settings::Settings;
pub use stack::Stack;
pub use streams::DeadLetter;
pub use task::TaskView;
pub use time::Time;
