//! What people order, and what appliers keep of a project meanwhile.

use std::time::Duration;

use proto::{
    Decision, Hold, Pause, ProjectId, ProjectOutcome, Ruling, TaskId, Verdict, Waiting, live::PutBack,
};
use runtime::live::{AskError, ask};

use crate::{Project, Scene, TaskView};

/// Whoever orders in a story.
const OPS: &str = "ops";

impl Scene {
    /// The plan of the project that waits for a person.
    pub async fn hold(&self, project: &Project) -> Option<Hold> {
        self.stack.runtime.jetstream.projects.hold(ProjectId(project.id)).await.expect("a readable hold")
    }

    /// A person decides about this held plan.
    pub async fn decide(&self, project: &Project, hold: &Hold, ruling: Ruling) {
        let (held, digest) = (hold.task, hold.digest.clone());
        let decision =
            Decision { held, digest, ruling, by: OPS.to_owned(), at: self.stack.runtime.clock.now() };
        let projects = &self.stack.runtime.jetstream.projects;
        projects.decide(ProjectId(project.id), decision).await.expect("a stored decision");
    }

    /// What the project waits for.
    pub async fn waiting(&self, project: &Project) -> Option<Waiting> {
        self.stack.runtime.jetstream.projects.waiting(ProjectId(project.id)).await.expect("a readable key")
    }

    /// Nothing of the project is begun or written until it is resumed.
    pub async fn pause(&self, project: &Project) {
        let pause = Pause { by: OPS.to_owned(), at: self.stack.runtime.clock.now(), reason: None };
        self.set_pause(project, Some(pause)).await;
    }

    /// It goes on.
    pub async fn resume(&self, project: &Project) {
        self.set_pause(project, None).await;
    }

    async fn set_pause(&self, project: &Project, pause: Option<Pause>) {
        let projects = &self.stack.runtime.jetstream.projects;
        projects.set_pause(Some(ProjectId(project.id)), pause).await.expect("a stored pause");
    }

    /// A person puts the project back as it was before the task.
    ///
    /// # Errors
    /// When it is refused: the code and the reason.
    pub async fn put_back(&self, project: &Project, before: TaskId) -> Result<TaskId, (u16, String)> {
        let question = PutBack { project: ProjectId(project.id), before, by: OPS.to_owned() };
        let client = self.stack.runtime.jetstream.context().client();
        match ask(&client, &question, Duration::from_secs(30)).await {
            Ok(putting) => Ok(putting.task),
            Err(AskError::Refused { code, reason }) => Err((code, reason)),
            Err(error) => panic!("{error}"),
        }
    }

    /// The same, in a pause that goes on: it is done when this returns.
    pub async fn is_put_back(&self, project: &Project, before: TaskId) -> TaskId {
        self.pause(project).await;
        let task = self.put_back(project, before).await.expect("put back");
        let record = self.recorded_end(task).await;
        assert_eq!(record.outcome.map(|outcome| outcome.verdict), Some(Verdict::Done), "{:?}", record.reason);
        self.quiet(project).await;
        task
    }
}

impl TaskView {
    /// What was done to its only SonarQube project.
    ///
    /// # Panics
    /// When there is none, or more than one.
    #[must_use]
    pub fn only(&self) -> &ProjectOutcome {
        let [project] = self.outcome().projects.as_slice() else { panic!("{self:?}") };
        project
    }
}
