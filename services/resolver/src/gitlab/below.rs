//! What lies below a group, page by page, with everything that GitLab tells of each: for the directory.

use proto::GroupId;
use runtime::http::{Answer, Call, FailureKind};
use serde::de::DeserializeOwned;

use super::{
    GitLab, Group, Project, ReadError,
    groups::GroupJson,
    pages::PER_PAGE,
    reach::{DESCENDANTS, PROJECTS},
};

/// One page of the projects and of the groups below a group.
#[derive(Debug)]
pub(crate) struct Below {
    pub(crate) projects: Vec<Project>,
    pub(crate) groups: Vec<Group>,
    /// Whether either of the two lists goes on.
    pub(crate) more: bool,
}

impl GitLab {
    /// The page of what lies below the group, counted from 1; nothing where GitLab answers 404.
    ///
    /// # Errors
    /// When GitLab gives no answer.
    pub(crate) async fn below(&self, group: GroupId, page: u64) -> Result<Option<Below>, ReadError> {
        let call = Call::get(PROJECTS, format!("/api/v4/groups/{group}/projects"))
            .query("include_subgroups", true)
            .query("with_shared", false);
        let Some((projects, more_projects)) = self.page_below::<Project>(call, page).await? else {
            return Ok(None);
        };
        let call = Call::get(DESCENDANTS, format!("/api/v4/groups/{group}/descendant_groups"));
        let call = call.query("all_available", true);
        let Some((groups, more_groups)) = self.page_below::<GroupJson>(call, page).await? else {
            return Ok(None);
        };
        let groups = groups.into_iter().map(Group::from).collect();
        Ok(Some(Below { projects, groups, more: more_projects || more_groups }))
    }

    /// The rows, and whether there are more.
    async fn page_below<T: DeserializeOwned>(
        &self,
        call: Call,
        page: u64,
    ) -> Result<Option<(Vec<T>, bool)>, ReadError> {
        let call = call.query("order_by", "id").query("sort", "asc").query("per_page", PER_PAGE);
        let read: Result<(Answer, Vec<T>), ReadError> = self.get(call.query("page", page)).await;
        match read {
            Ok((answer, rows)) => {
                let more = rows.len() >= PER_PAGE || answer.number("x-next-page").is_some();
                Ok(Some((rows, more)))
            }
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
