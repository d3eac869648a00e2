//! The models over real HTTP: each test states a rule of the real product.

#![expect(clippy::disallowed_methods, reason = "the models are tested with a plain client")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is how a test fails")]

mod example;
mod faults;
mod gitlab_access;
mod gitlab_jobs;
mod gitlab_lists;
mod grants;
mod id_tokens;
mod seeding;
mod sizes;
mod sonarqube_server;
mod support;
mod templates;
mod visibility;
