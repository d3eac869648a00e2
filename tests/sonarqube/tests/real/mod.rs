//! What only the real server can show: no model of it proves anything about it.
//!
//! A test here starts a scene on [`e2e::Target::Real`], which also waits for its turn on the server; [`crowd`] puts many
//! people and projects into it at once, and [`server`] does what a scene's administrator does not.

mod crowd;
mod exposure;
mod server;
mod states;
mod template;
mod thousand;
