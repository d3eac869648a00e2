//! The models over real HTTP: each test states a rule of the real product.

#![expect(clippy::disallowed_methods, reason = "the models are tested with a plain client")]

mod example;
mod faults;
mod gitlab_access;
mod gitlab_jobs;
mod gitlab_lists;
mod grants;
mod seeding;
mod sonarqube_server;
mod support;
mod templates;
mod visibility;
