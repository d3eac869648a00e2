//! The models over real HTTP: each test states a rule of the real product.

#![expect(clippy::disallowed_methods, reason = "the models are tested with a plain client")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is how a test fails")]

mod example;
mod faults;
mod gitlab_access;
mod gitlab_changes;
mod gitlab_issues;
mod gitlab_jobs;
mod gitlab_lists;
mod gitlab_tokens;
mod gitlab_writes;
mod grants;
mod ground;
mod hook_api;
mod hook_delivery;
mod hook_events;
mod hook_members;
mod hook_samples;
mod id_tokens;
mod receiver;
mod seeding;
mod sizes;
mod sonarqube_server;
mod support;
mod templates;
mod visibility;
