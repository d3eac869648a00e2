//! The answer to a question about a project: what GitLab says of it at this moment, and what follows from it. The same
//! reading and the same rules as a sync; nothing is published.

use access::{Exemptions, Policy, Rules, effective, explain, paths};
use proto::{
    AccessReport, AccessVerdict, Cause, Incarnation, PersonAccess, Plan, PlanOrder, ProjectId, Task, TaskId,
    TaskPosition, UserId,
    live::{Look, Looked, Paths},
};
use runtime::{
    clock::Clock,
    http::{Failure, FailureKind},
    live::Refusal,
};

use crate::{
    facts,
    gitlab::{GitLab, ReadError, Reading, is_about_the_project},
    plan::Draft,
};

/// Answers questions.
#[derive(Debug)]
pub(crate) struct Looker {
    pub(crate) gitlab: GitLab,
    pub(crate) exempt: Exemptions,
    pub(crate) policy: Policy,
    pub(crate) clock: Clock,
}

impl Looker {
    /// What GitLab says of the project.
    pub(crate) async fn answer(&self, question: Look) -> Result<Looked, Refusal> {
        self.look(question).await.map_err(|error| refusal(&error))
    }

    async fn look(&self, Look { project, paths }: Look) -> Result<Looked, ReadError> {
        let read_at = self.clock.now();
        let found = self.gitlab.find(&project).await?;
        let project = found.id();
        let reading = self.gitlab.read(found).await?;
        let skipped = self.policy.rules_for(project, &reading.path).err().map(|skipped| skipped.to_string());
        let rules = self.policy.rules_regardless(project, &reading.path);
        let people = match &paths {
            Some(paths) => Some(self.people(project, &reading, &rules, paths).await?),
            None => None,
        };
        let task = Task { id: TaskId::new(), project, cause: Cause::Manual { by: "look".to_owned() } };
        let draft = Draft { task: &task, order: no_order(), read_at, rules, exempt: &self.exempt };
        let plan = draft.plan(&reading);
        let access = people.map(|people| report(&plan, people));
        Ok(Looked { plan, skipped, access })
    }

    async fn people(
        &self,
        project: ProjectId,
        reading: &Reading,
        rules: &Rules,
        whom: &Paths,
    ) -> Result<Vec<PersonAccess>, ReadError> {
        let facts = facts::gather(&self.gitlab, project, reading).await?;
        let authority = effective(reading.rows.iter().cloned(), &self.exempt);
        let people = explain(&authority, paths(&facts), &self.exempt, &rules.roles);
        let Paths::Person(name) = whom else { return Ok(people) };
        let named = named(people, name);
        if named.is_empty() {
            return Ok(self.gitlab.user(name).await?.map(stranger).into_iter().collect());
        }
        Ok(named)
    }
}

/// Somebody without a membership may still hold something in SonarQube.
fn stranger((id, username): (UserId, String)) -> PersonAccess {
    let verdict = AccessVerdict::NoMembership;
    PersonAccess { id, username, verdict, paths: Vec::new(), by_paths: None }
}

/// Those of this name, or of this id. A username may be a number: it goes before an id.
fn named(people: Vec<PersonAccess>, name: &str) -> Vec<PersonAccess> {
    let (named, others): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|person| person.username.eq_ignore_ascii_case(name));
    if named.is_empty() {
        return others.into_iter().filter(|person| person.id.to_string() == name).collect();
    }
    named
}

fn report(plan: &Plan, people: Vec<PersonAccess>) -> AccessReport {
    AccessReport {
        project: plan.project.id,
        path: plan.project.path.clone(),
        visibility: plan.project.visibility,
        read_at: plan.read_at,
        people,
        unseen: plan.unseen.clone(),
    }
}

/// A plan that is only looked at has no place among others.
fn no_order() -> PlanOrder {
    let incarnation = Incarnation(jiff::Timestamp::UNIX_EPOCH);
    PlanOrder { task: TaskPosition { incarnation, sequence: 0 }, attempt: 0 }
}

/// A group that has just gone is no reason to say that there is no such project.
fn is_no_project(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Missing { .. }) && is_about_the_project(failure)
}

fn refusal(error: &ReadError) -> Refusal {
    let code = match error {
        ReadError::Gone { .. } => 404,
        ReadError::Call(failure) if is_no_project(failure) => 404,
        ReadError::Call(_)
        | ReadError::Incomplete(_)
        | ReadError::Unproven(_)
        | ReadError::Paused(_)
        | ReadError::Budget(_) => 503,
    };
    Refusal::new(code, error)
}
