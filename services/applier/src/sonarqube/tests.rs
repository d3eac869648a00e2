//! The client against the model of SonarQube in the crate `sandbox`: real HTTP, the real product's answers.

mod failures;
mod groups;
mod lists;
mod settings;
pub(crate) mod stage;
mod templates;
mod writing;
