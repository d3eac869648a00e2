//! What people order, told in the audit before it is done.
//!
//! **Invariant:** nothing that a person orders happens untold. What then comes too late or fails is told all the same.

use std::time::Duration;

use proto::{Action, ControlEvent, Event, ProjectId};
use runtime::{clock::Clock, jetstream::Publisher};

use crate::{caller::Person, problem::Problem};

/// Writes people's orders into the audit.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    publisher: Publisher,
    clock: Clock,
}

impl Orders {
    pub(crate) const fn new(publisher: Publisher, clock: Clock) -> Self {
        Self { publisher, clock }
    }

    /// Tells that `person` orders `action`, about a project or about everything.
    ///
    /// # Errors
    /// 503 when it cannot be told: then it must not be done.
    pub(crate) async fn tell(
        &self,
        person: &Person,
        project: Option<ProjectId>,
        action: Action,
    ) -> Result<(), Problem> {
        tracing::info!(
            by = person.name,
            gitlab.project.id = project.map(|id| id.0),
            ?action,
            "a person orders"
        );
        let event =
            Event::Control(ControlEvent { project, action, by: person.name.clone(), at: self.clock.now() });
        self.publisher.tell(&event, format!("control.{}", uuid::Uuid::now_v7())).await.map_err(|error| {
            tracing::error!(%error, "order not told");
            Problem::unavailable("the audit cannot be written, so nothing was done", Duration::from_secs(10))
        })
    }
}
