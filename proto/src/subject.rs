//! Streams, subjects, consumers, buckets and keys: the only place that spells them.

use crate::{ProjectId, TaskId};

/// Work queue of tasks.
pub const TASKS: &str = "GUASSP_TASKS";
/// Work queue of plans: one a project.
pub const PLANS: &str = "GUASSP_PLANS";
/// The audit, kept for 30 days.
pub const EVENTS: &str = "GUASSP_EVENTS";
/// Messages that were given up, whole, with the reason.
pub const DEAD: &str = "GUASSP_DEAD";

/// Bucket of task records.
pub const TASK_RECORDS: &str = "guassp_tasks";
/// Bucket of project keys.
pub const PROJECTS: &str = "guassp_projects";

/// The consumer of [`TASKS`].
pub const RESOLVER: &str = "resolver";
/// The consumer of [`PLANS`].
pub const APPLIER: &str = "applier";

/// All tasks.
pub const ALL_TASKS: &str = "guassp.tasks.>";
/// All plans.
pub const ALL_PLANS: &str = "guassp.plans.>";
/// All events.
pub const ALL_EVENTS: &str = "guassp.events.>";
/// All dead letters.
pub const ALL_DEAD: &str = "guassp.dead.>";

/// Header of a dead letter: why the message was given up.
pub const DEAD_REASON: &str = "Guassp-Dead-Reason";
/// Header of a dead letter: the subject that the message had.
pub const DEAD_SUBJECT: &str = "Guassp-Dead-Subject";
/// Header of a dead letter: how often the message had been delivered.
pub const DEAD_DELIVERIES: &str = "Guassp-Dead-Deliveries";

/// The subject of a project's tasks.
#[must_use]
pub fn task(project: ProjectId) -> String {
    format!("guassp.tasks.{project}")
}

/// The subject of a project's plan.
#[must_use]
pub fn plan(project: ProjectId) -> String {
    format!("guassp.plans.{project}")
}

/// The last part of a subject or key that is about everything, not about one project.
pub const EVERYTHING: &str = "all";

/// The subject of a project's events of one kind; of events about everything when no project is named.
#[must_use]
pub fn event(kind: &str, project: Option<ProjectId>) -> String {
    format!("guassp.events.{kind}.{}", scope(project))
}

/// The events of one kind, whatever they are about.
#[must_use]
pub fn events(kind: &str) -> String {
    format!("guassp.events.{kind}.*")
}

/// The subject of a message that the consumer `stage` gave up; `project` is the last token of its old subject.
#[must_use]
pub fn dead(stage: &str, project: &str) -> String {
    format!("guassp.dead.{stage}.{project}")
}

/// Key of a task's record.
#[must_use]
pub fn record_key(task: TaskId) -> String {
    task.to_string()
}

/// Key of the present life of the stream of tasks.
pub const LIFE_KEY: &str = "life";

/// Key of what people have ordered for the project, or for everything; written by gateways.
#[must_use]
pub fn control_key(project: Option<ProjectId>) -> String {
    format!("{CONTROL}.{}", scope(project))
}

fn scope(project: Option<ProjectId>) -> String {
    project.map_or_else(|| EVERYTHING.to_owned(), |project| project.to_string())
}

/// What the keys of newest tasks begin with.
pub const NEWEST: &str = "newest";
/// What the keys of people's orders begin with.
pub const CONTROL: &str = "control";

/// Key of the project's newest task; written by gateways.
#[must_use]
pub fn newest_key(project: ProjectId) -> String {
    format!("{NEWEST}.{project}")
}

/// Key of the project's newest started task; written by resolvers.
#[must_use]
pub fn started_key(project: ProjectId) -> String {
    format!("started.{project}")
}

/// Key of the project's newest applied plan; written by appliers.
#[must_use]
pub fn applied_key(project: ProjectId) -> String {
    format!("applied.{project}")
}
