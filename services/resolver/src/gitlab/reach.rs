//! Which projects a change of a group's memberships reaches, page by page.
//!
//! GitLab gives a person in a project the highest of: their level in it; that in its group, which counts the direct
//! members of the group and of its ancestors, and, of each group that one of these invited, the *direct* members; and
//! that in each group that the project itself invited, which counts in the same way. So a membership of a group counts
//!
//! - in the group and below it,
//! - in each group that invited it and below that. Not further: such an invitation lets only direct members in,
//! - in each project of these groups, and in each project elsewhere that invited one of them.
//!
//! (Seen from a project, the last two are the groups that its group *or one of its ancestors* invited.)

use proto::{FanOutStep, GroupId, ProjectId};
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use super::{GitLab, ReadError, pages::PER_PAGE};

const GROUP: &str = "/api/v4/groups/:id";
const INVITERS: &str = "/api/v4/groups/:id/groups/shared";
pub(super) const DESCENDANTS: &str = "/api/v4/groups/:id/descendant_groups";
pub(super) const PROJECTS: &str = "/api/v4/groups/:id/projects";

/// What a step of a fan-out leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// The projects that the step reached.
    pub projects: Vec<ProjectId>,
    /// What is to be read besides.
    pub steps: Vec<FanOutStep>,
}

/// A group or a project; nothing else of it counts here.
#[derive(Deserialize)]
struct Row {
    id: u64,
}

/// One page of a list.
struct Page {
    ids: Vec<u64>,
    next: Option<u64>,
}

impl GitLab {
    /// Reads the one page that a step of the fan-out of `origin` asks for.
    ///
    /// # Errors
    /// When GitLab does not answer, or the token may not see the group.
    pub async fn reach(&self, origin: GroupId, step: FanOutStep) -> Result<Reached, ReadError> {
        match step {
            FanOutStep::Group { page } => self.inviters(origin, page).await,
            FanOutStep::Tree { group, page } => self.tree(group, page).await,
            FanOutStep::Projects { group, page } => self.projects_of(group, page).await,
            // These are about no change of a group's memberships.
            FanOutStep::User { .. } | FanOutStep::Directory { .. } | FanOutStep::Sweep { .. } => {
                Ok(Reached::default())
            }
        }
    }

    /// The group itself, and the groups that invited it.
    async fn inviters(&self, group: GroupId, page: u64) -> Result<Reached, ReadError> {
        let call = Call::get(INVITERS, format!("/api/v4/groups/{group}/groups/shared"));
        let found = match self.ids(call, page).await {
            Err(error) if is_unknown_call(&error) => self.without_inviters(group, error).await?,
            found => found?,
        };
        let own = (page == 1).then_some(group);
        let groups = own.into_iter().chain(found.ids.into_iter().map(GroupId));
        let steps = groups.map(|group| FanOutStep::Tree { group, page: 1 });
        let next = found.next.map(|page| FanOutStep::Group { page });
        Ok(Reached { steps: steps.chain(next).collect(), ..Reached::default() })
    }

    /// A GitLab that is too old for the call does not tell who invited the group: 404 or 405, though the group is there.
    async fn without_inviters(&self, group: GroupId, error: ReadError) -> Result<Page, ReadError> {
        let call = Call::get(GROUP, format!("/api/v4/groups/{group}")).query("with_projects", false);
        let _: (_, Row) = self.get(call).await?;
        tracing::warn!(gitlab.group.id = group.0, %error,
            "this GitLab does not tell which groups invited a group: their projects are not reached");
        Ok(Page { ids: Vec::new(), next: None })
    }

    /// The group's own projects, and the groups below it.
    async fn tree(&self, group: GroupId, page: u64) -> Result<Reached, ReadError> {
        let call = Call::get(DESCENDANTS, format!("/api/v4/groups/{group}/descendant_groups"));
        let found = self.ids(call.query("all_available", true), page).await?;
        let own = (page == 1).then_some(group);
        let groups = own.into_iter().chain(found.ids.into_iter().map(GroupId));
        let steps = groups.map(|group| FanOutStep::Projects { group, page: 1 });
        let next = found.next.map(|page| FanOutStep::Tree { group, page });
        Ok(Reached { steps: steps.chain(next).collect(), ..Reached::default() })
    }

    /// The projects that lie in this very group, and those elsewhere that invited it.
    async fn projects_of(&self, group: GroupId, page: u64) -> Result<Reached, ReadError> {
        let call = Call::get(PROJECTS, format!("/api/v4/groups/{group}/projects"))
            .query("with_shared", true)
            .query("include_subgroups", false)
            .query("simple", true);
        let found = self.ids(call, page).await?;
        let next = found.next.map(|page| FanOutStep::Projects { group, page });
        let projects = found.ids.into_iter().map(ProjectId).collect();
        Ok(Reached { projects, steps: next.into_iter().collect() })
    }

    /// One page, by id. There is another one where GitLab names it, and where this one is full: behind some proxies
    /// nothing names it.
    async fn ids(&self, call: Call, page: u64) -> Result<Page, ReadError> {
        let call = call.query("order_by", "id").query("sort", "asc").query("per_page", PER_PAGE);
        let (answer, rows): (_, Vec<Row>) = self.get(call.query("page", page)).await?;
        let more = rows.len() >= PER_PAGE || answer.number("x-next-page").is_some();
        Ok(Page { ids: rows.into_iter().map(|row| row.id).collect(), next: more.then_some(page + 1) })
    }
}

const fn is_unknown_call(error: &ReadError) -> bool {
    match error {
        ReadError::Call(failure) => {
            matches!(failure.kind, FailureKind::Missing { .. } | FailureKind::Rejected { status: 405, .. })
        }
        ReadError::Gone { .. }
        | ReadError::Incomplete(_)
        | ReadError::Unproven(_)
        | ReadError::Paused(_)
        | ReadError::Budget(_) => false,
    }
}
