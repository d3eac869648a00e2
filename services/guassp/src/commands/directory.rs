//! `guassp directory`: which group owns a project, and where it lies and lay; or which projects a group has.

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proto::{FoundProject, ProjectsBelow};
use runtime::http::Call;

use super::{ask::Output, gateway::Gateway};
use crate::{exit::Failed, settings::Settings};

/// The most that a page has.
const PAGE: usize = 100;

/// What is looked up.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project, by GitLab's id or by a path that it has or had (group/subgroup/project).
    #[arg(required_unless_present = "group", conflicts_with = "group")]
    project: Option<String>,
    /// All projects of this group and of those below it; by GitLab's id or by its full path.
    #[arg(long)]
    group: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let (gateway, output) = (Gateway::reach(settings)?, arguments.output);
    match (&arguments.project, &arguments.group) {
        (_, Some(group)) => output.print(&gateway.projects_below(group).await?),
        (Some(project), None) => output.print(&gateway.found(project).await?),
        (None, None) => Ok(()),
    }
}

impl Gateway {
    async fn found(&self, project: &str) -> Result<FoundProject, Failed> {
        let path = format!("/directory/projects/{}", encoded(project));
        self.call(Call::get("/directory/projects/:id", path)).await
    }

    /// All pages as one.
    async fn projects_below(&self, group: &str) -> Result<ProjectsBelow, Failed> {
        let (route, path) =
            ("/directory/groups/:id/projects", format!("/directory/groups/{}/projects", encoded(group)));
        let call = || Call::get(route, path.clone()).query("below", true).query("limit", PAGE);
        let mut all: ProjectsBelow = self.call(call()).await?;
        while let Some(after) = all.next {
            let page: ProjectsBelow = self.call(call().query("after", after)).await?;
            all.items.extend(page.items);
            all.next = page.next;
        }
        Ok(all)
    }
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}
