//! `guassp status`: how far one project is, or how the system is and all of them.

use std::fmt;

use proto::{
    ProjectId,
    status::{ProjectStatus, ProjectsPage, ServiceStatus},
};
use runtime::http::Call;

use super::{ask::Output, gateway::Gateway};
use crate::{exit::Failed, settings::Settings};

/// The most that a page has.
const PAGE: usize = 100;

pub(super) async fn run(settings: &Settings, project: Option<u64>, output: Output) -> Result<(), Failed> {
    let gateway = Gateway::reach(settings)?;
    match project {
        Some(project) => output.print(&gateway.status(ProjectId(project)).await?),
        None => {
            let (service, projects) = (gateway.service().await?, gateway.statuses(&[]).await?);
            output.print(&Whole { service, projects })
        }
    }
}

impl Gateway {
    /// How the whole system is.
    async fn service(&self) -> Result<ServiceStatus, Failed> {
        self.call(Call::get("/status", "/status")).await
    }

    /// How far the project is.
    pub(super) async fn status(&self, project: ProjectId) -> Result<ProjectStatus, Failed> {
        self.call(Call::get("/projects/:id", format!("/projects/{project}"))).await
    }

    /// How far all projects are, or those of which this is so: `held`, `in_sonarqube`.
    pub(super) async fn statuses(
        &self,
        filters: &[(&'static str, bool)],
    ) -> Result<Vec<ProjectStatus>, Failed> {
        let (mut found, mut after) = (Vec::new(), None::<ProjectId>);
        loop {
            let mut call = Call::get("/projects", "/projects").query("limit", PAGE);
            for (name, wanted) in filters {
                call = call.query(name, wanted);
            }
            if let Some(after) = after {
                call = call.query("after", after);
            }
            let page: ProjectsPage = self.call(call).await?;
            found.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }
}

/// The system, and its projects one after the other.
#[derive(serde::Serialize)]
struct Whole {
    service: ServiceStatus,
    projects: Vec<ProjectStatus>,
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.service.fmt(f)?;
        self.projects.iter().try_for_each(|status| write!(f, "{status}"))
    }
}
