//! Streams, subjects, consumers, buckets and keys: the only place that spells them.

use crate::{GroupId, ProjectId, TaskId, UserId};

/// Work queue of tasks.
pub const TASKS: &str = "GUASSP_TASKS";
/// Work queue of fan-outs: a group changed.
pub const FAN_OUTS: &str = "GUASSP_FANOUT";
/// Work queue of plans: one a project.
pub const PLANS: &str = "GUASSP_PLANS";
/// The audit, kept for 30 days.
pub const EVENTS: &str = "GUASSP_EVENTS";
/// Messages that were given up, whole, with the reason.
pub const DEAD: &str = "GUASSP_DEAD";
/// What GitLab's webhooks told, verified and normalised, for anybody to consume; kept for 7 days.
pub const GITLAB: &str = "GUASSP_GITLAB";

/// Bucket of task records.
pub const TASK_RECORDS: &str = "guassp_tasks";
/// Bucket of project keys.
pub const PROJECTS: &str = "guassp_projects";
/// Bucket of the budgets of calls that all processes share.
pub const BUDGETS: &str = "guassp_budgets";

/// Bucket of the catalogue: the GitLab projects that SonarQube has.
pub const CATALOG: &str = "guassp_catalog";

/// Bucket of the directory: which projects and groups GitLab has, and had.
pub const DIRECTORY: &str = "guassp_directory";
/// Bucket of the issues that were opened for people.
pub const ISSUES: &str = "guassp_issues";

/// The consumer of [`TASKS`].
pub const RESOLVER: &str = "resolver";
/// The consumer of [`FAN_OUTS`].
pub const RESOLVER_FAN_OUT: &str = "resolver-fanout";
/// The consumer of [`PLANS`].
pub const APPLIER: &str = "applier";
/// The consumer of [`GITLAB`] by which events lead to tasks and fan-outs.
pub const GATEWAY_HOOKS: &str = "gateway-hooks";
/// The consumer of [`GITLAB`] by which events bring the directory up to date.
pub const RESOLVER_DIRECTORY: &str = "resolver-directory";
/// The consumer of [`EVENTS`] by which people are told of what needs them.
pub const NOTIFIER: &str = "notifier";

/// All tasks.
pub const ALL_TASKS: &str = "guassp.tasks.>";
/// All fan-outs.
pub const ALL_FAN_OUTS: &str = "guassp.fanout.>";
/// All plans.
pub const ALL_PLANS: &str = "guassp.plans.>";
/// All events.
pub const ALL_EVENTS: &str = "guassp.events.>";
/// All events of GitLab.
pub const ALL_GITLAB: &str = "guassp.gitlab.>";
/// All dead letters.
pub const ALL_DEAD: &str = "guassp.dead.>";

/// Where resolvers are asked what GitLab says of a project.
pub const LOOK: &str = "guassp.live.look";
/// Where appliers are asked what a plan would change.
pub const COMPARE: &str = "guassp.live.compare";

/// Where appliers are asked whose a SonarQube project is.
pub const DISCOVER: &str = "guassp.live.discover";

/// Where appliers are asked to put a project back as it was.
pub const RESTORE: &str = "guassp.live.restore";

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

/// The subject of the steps of a fan-out that are about this group, or of a sweep, which is about everything.
#[must_use]
pub fn fan_out(group: Option<GroupId>) -> String {
    let about = group.map_or_else(|| EVERYTHING.to_owned(), |group| group.to_string());
    format!("guassp.fanout.{about}")
}

/// The subject of the steps of a fan-out that are about this person.
#[must_use]
pub fn fan_out_of_user(user: UserId) -> String {
    format!("guassp.fanout.user.{user}")
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

/// The kinds of events that may need a person, or end the need of one.
pub const EVENTS_FOR_PEOPLE: [&str; 4] = ["ended", "held", "control", "token"];

/// The subject of an event of GitLab: `guassp.gitlab.<kind>.<scope>.<id>`, where the scope is `project`, `group`, `user`
/// or `instance`, and the id is 0 for the instance. So `guassp.gitlab.push.>` is every push, and
/// `guassp.gitlab.*.project.7` everything about one project.
#[must_use]
pub fn gitlab(kind: &str, scope: &str, id: u64) -> String {
    format!("guassp.gitlab.{kind}.{scope}.{id}")
}

/// The subjects of events of GitLab of one kind, or of all (`*`), at a place: `project.7`, `group.10`, or anywhere (`>`).
#[must_use]
pub fn gitlab_filter(kind: &str, place: &str) -> String {
    format!("guassp.gitlab.{kind}.{place}")
}

/// The subject of a message that the consumer `stage` gave up; `about` is the last token of its old subject: a
/// project, or a group where a fan-out was given up.
#[must_use]
pub fn dead(stage: &str, about: &str) -> String {
    format!("guassp.dead.{stage}.{about}")
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
/// What the keys of started tasks begin with.
pub const STARTED: &str = "started";
/// What the keys of applied plans begin with.
pub const APPLIED: &str = "applied";
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
    format!("{STARTED}.{project}")
}

/// Key of the project's newest applied plan; written by appliers.
#[must_use]
pub fn applied_key(project: ProjectId) -> String {
    format!("{APPLIED}.{project}")
}

/// What the keys of last syncs begin with.
pub const LAST: &str = "last";

/// What the keys of held plans begin with.
pub const HOLD: &str = "hold";
/// What the keys of what could not be done yet begin with.
pub const WAITING: &str = "waiting";

/// Key of the project's plan that waits for approval; written by appliers.
#[must_use]
pub fn hold_key(project: ProjectId) -> String {
    format!("{HOLD}.{project}")
}

/// Key of what a person decided about the project's held plan; written by gateways.
#[must_use]
pub fn decision_key(project: ProjectId) -> String {
    format!("decision.{project}")
}

/// Key of how the project's last sync went; written by appliers.
#[must_use]
pub fn last_key(project: ProjectId) -> String {
    format!("{LAST}.{project}")
}

/// Key of what could not be done for the project yet; written by appliers.
#[must_use]
pub fn waiting_key(project: ProjectId) -> String {
    format!("{WAITING}.{project}")
}

/// Key of what this system's accounts held after the project's last sync; written by appliers.
#[must_use]
pub fn written_key(project: ProjectId) -> String {
    format!("written.{project}")
}

/// Key of how many revokes were made within the hour over all projects; written by appliers.
pub const REVOKES_KEY: &str = "revokes";

/// Key of the last sweep over all projects; written by resolvers.
pub const SWEEP_KEY: &str = "sweep";

/// What the keys of end dates begin with.
pub const ENDS: &str = "ends";

/// Key of the earliest end date that the project's memberships and invitations have; written by resolvers.
#[must_use]
pub fn ends_key(project: ProjectId) -> String {
    format!("{ENDS}.{project}")
}

/// Key of the time up to which projects were synchronised because they were the stalest; written by gateways.
pub const RECONCILE_KEY: &str = "reconcile";

/// Key of what is known of the token that a system is called with: `gitlab`, `sonarqube`; written by whoever holds it.
#[must_use]
pub fn token_key(system: &str) -> String {
    format!("{TOKEN}.{system}")
}
/// What the keys of tokens begin with.
pub const TOKEN: &str = "token";

/// Key of a project in the directory; written by resolvers, like every key of it.
#[must_use]
pub fn directory_project_key(project: ProjectId) -> String {
    format!("project.{project}")
}

/// Key of a group in the directory.
#[must_use]
pub fn directory_group_key(group: GroupId) -> String {
    format!("group.{group}")
}

/// Key of a project in the catalogue; written by appliers, like every key of it but [`RECONCILE_TURN_KEY`].
#[must_use]
pub fn catalog_key(project: ProjectId) -> String {
    project.to_string()
}

/// Key of the catalogue that says whose a SonarQube project is; its key is written in hex, as it may hold a colon.
#[must_use]
pub fn claim_key(sonarqube_project: &str) -> String {
    let hex: String = sonarqube_project.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("claim.{hex}")
}

/// Key of the catalogue that says that it was complete once.
pub const COMPLETE_KEY: &str = "complete";
/// Key of the catalogue that says when it is listed next.
pub const LISTING_KEY: &str = "listing";
/// Key of the catalogue that says when appliers look out next for what projects wait for.
pub const LOOKOUT_KEY: &str = "lookout";
/// Key of the catalogue that says when gateways synchronise the stalest projects next.
pub const RECONCILE_TURN_KEY: &str = "reconcile";
