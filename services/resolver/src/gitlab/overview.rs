//! Projects by the hundred, and a cheap view of who has access to one: what a sweep compares with the last plan.
//!
//! The view is made of what GitLab lists of the project itself, one call, and of what is kept of the groups that lead
//! to it. It follows the published rule, so that it says the same as `members/all` wherever the token sees everything;
//! where it does not, the project is read properly, which costs calls and changes nothing. It decides no grant, so
//! nothing is read twice to be sure, and an empty list is believed.

use access::MembershipRow;
use proto::{AccessLevel, GroupId, ProjectId};
use runtime::http::Call;

use super::{
    GitLab, Listed, ReadError,
    members::{all_of, direct_of},
    pages::{PER_PAGE, next_link},
    project::Project,
};

const PROJECTS: &str = "/api/v4/projects";

/// Some of the projects that the token sees, by id.
#[derive(Debug)]
pub struct Projects {
    /// A hundred at most.
    pub projects: Vec<Project>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

impl GitLab {
    /// The next projects after this one, a hundred at most: all for an administrator, otherwise those whose member the
    /// token's user is, because the others may be all public ones of a GitLab.com.
    ///
    /// # Errors
    /// When the page is not whole.
    pub async fn projects_after(&self, after: Option<ProjectId>) -> Result<Projects, ReadError> {
        let call = Call::get(PROJECTS, PROJECTS)
            .query("order_by", "id")
            .query("sort", "asc")
            .query("pagination", "keyset")
            .query("per_page", PER_PAGE)
            .query("membership", !self.account().await?.is_admin)
            .query("id_after", after.map_or(0, |after| after.0));
        let (answer, projects): (_, Vec<Project>) = self.get(call).await?;
        let more = next_link(&answer).is_some();
        if more && projects.len() < PER_PAGE {
            let reason = format!("a page of projects has {} of them and is not the last", projects.len());
            return Err(ReadError::Incomplete(reason));
        }
        if projects.iter().any(|project| Some(project.id()) <= after) {
            let reason = "a page of projects repeats one that came before".to_owned();
            return Err(ReadError::Incomplete(reason));
        }
        // Behind a proxy that takes the headers away a full page says nothing.
        let more = more || projects.len() == PER_PAGE;
        Ok(Projects { projects, more })
    }

    /// Who has access to the project, by its own members and by what is kept of groups.
    ///
    /// # Errors
    /// When a list is not whole, or the token may not see a group.
    pub async fn overview(&self, project: &Project) -> Result<Vec<MembershipRow>, ReadError> {
        // Some versions, or permissions, may show less in a list than of one project.
        if !project.tells_invitations() {
            return self.overview_of(&self.project(project.id()).await?).await;
        }
        self.overview_of(project).await
    }

    async fn overview_of(&self, project: &Project) -> Result<Vec<MembershipRow>, ReadError> {
        // The owner of a personal project need not be among its own members; and no kept group leads to it.
        if project.is_personal() {
            return Ok(rows(&self.glance_at(&all_of(project.id())).await?, AccessLevel::Owner));
        }
        let mut rows = rows(&self.glance_at(&direct_of(project.id())).await?, AccessLevel::Owner);
        let group = project.group();
        if let Some(group) = group {
            rows.extend(self.capped(group, AccessLevel::Owner).await?);
        }
        for share in project.invited().iter().filter(|share| share.cap > AccessLevel::Minimal) {
            if !self.is_share_locked(group).await? {
                rows.extend(self.capped(share.group, share.cap).await?);
            }
        }
        Ok(rows)
    }

    /// Everybody who has access in a group, with at most `cap`.
    async fn capped(&self, group: GroupId, cap: AccessLevel) -> Result<Vec<MembershipRow>, ReadError> {
        Ok(rows(&self.all_group_members(group).await?, cap))
    }

    async fn is_share_locked(&self, group: Option<GroupId>) -> Result<bool, ReadError> {
        let Some(group) = group else { return Ok(false) };
        Ok(self.group(group).await?.is_some_and(|group| group.share_lock))
    }
}

fn rows(listed: &[Listed], cap: AccessLevel) -> Vec<MembershipRow> {
    let capped = |row: &MembershipRow| MembershipRow { level: row.level.min(cap), ..row.clone() };
    listed.iter().map(|listed| capped(&listed.row)).collect()
}
