//! What lies below a group whose path is another now, or that is gone: read page by page.

use proto::{FanOutStep, GroupId, ProjectId};

use super::{DirectoryKeeper, IN_MEMORY, KeepError, Sighting, reading::Told};
use crate::gitlab::Below;

/// Of what is looked at one by one, so much at a time.
const PAGE: usize = 50;

impl DirectoryKeeper {
    /// Reads one page, counted from 1; returns the step that goes on behind it.
    pub(crate) async fn step(&self, group: GroupId, page: u64) -> Result<Option<FanOutStep>, KeepError> {
        let as_of = self.runtime.clock.now();
        let more = match self.gitlab.below(group, page).await? {
            Some(Below { projects, groups, more }) => {
                for group in &groups {
                    self.notice_group(group, as_of).await?;
                }
                for project in &projects {
                    self.notice(&Sighting::of(project, as_of)).await?;
                }
                more
            }
            None => self.one_by_one(group, page).await?,
        };
        Ok(more.then_some(FanOutStep::Directory { group, page: page + 1 }))
    }

    /// GitLab does not list what lies below a group that is gone: each thing that is known to have is asked for by
    /// itself. Whether there are more.
    async fn one_by_one(&self, group: GroupId, page: u64) -> Result<bool, KeepError> {
        let begin = usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX).saturating_mul(PAGE);
        let below = self.known.read_within(IN_MEMORY, |known| {
            let projects: Vec<ProjectId> =
                known.projects_below(group, None).iter().map(|project| project.id).collect();
            (projects, known.groups_below(group))
        });
        let (projects, groups) = below.await.ok_or(KeepError::NotYet)?;
        let more = projects.len().max(groups.len()) > begin.saturating_add(PAGE);
        for id in groups.into_iter().skip(begin).take(PAGE) {
            self.gitlab.forget_group(id);
            self.read_group(id, &Told::default()).await?;
        }
        for id in projects.into_iter().skip(begin).take(PAGE) {
            self.read_project(id, &Told::default()).await?;
        }
        Ok(more)
    }
}
