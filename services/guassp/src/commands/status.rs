//! `guassp status`: how far one project is, or all of them.

use std::fmt;

use proto::{
    ProjectId,
    status::{ProjectStatus, ProjectsPage},
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
        None => output.print(&Listed(gateway.statuses(None).await?)),
    }
}

impl Gateway {
    /// How far the project is.
    pub(super) async fn status(&self, project: ProjectId) -> Result<ProjectStatus, Failed> {
        self.call(Call::get("/projects/:id", format!("/projects/{project}"))).await
    }

    /// How far all projects are, or those that have a held plan, or have none.
    pub(super) async fn statuses(&self, held: Option<bool>) -> Result<Vec<ProjectStatus>, Failed> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let mut call = Call::get("/projects", "/projects").query("limit", PAGE);
            for (name, value) in [("held", held.map(|held| held.to_string())), ("after", after)] {
                call = match value {
                    Some(value) => call.query(name, value),
                    None => call,
                };
            }
            let page: ProjectsPage = self.call(call).await?;
            found.extend(page.items);
            match page.next {
                Some(next) => after = Some(next.to_string()),
                None => return Ok(found),
            }
        }
    }
}

/// Projects, one after the other.
#[derive(serde::Serialize)]
struct Listed(Vec<ProjectStatus>);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|status| write!(f, "{status}"))
    }
}
