//! What a person is a member of: only an administrator's token is told.

use proto::{GroupId, ProjectId, UserId};
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use super::{GitLab, ReadError, pages::PER_PAGE};

const MEMBERSHIPS: &str = "/api/v4/users/:id/memberships";

/// One page of a person's own memberships; what they inherit is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memberships {
    /// The projects.
    pub projects: Vec<ProjectId>,
    /// The groups.
    pub groups: Vec<GroupId>,
    /// The next page.
    pub next: Option<u64>,
}

#[derive(Deserialize)]
struct Row {
    source_id: u64,
    source_type: String,
}

impl GitLab {
    /// Reads one page of what a person is a member of; nothing where nobody tells: the person is gone, or the token is
    /// no administrator's.
    ///
    /// # Errors
    /// When GitLab does not answer.
    pub async fn memberships(&self, user: UserId, page: u64) -> Result<Option<Memberships>, ReadError> {
        let call = Call::get(MEMBERSHIPS, format!("/api/v4/users/{user}/memberships"));
        let read = self.get(call.query("per_page", PER_PAGE).query("page", page)).await;
        let (answer, rows): (_, Vec<Row>) = match read {
            Err(error) if is_untold(&error) => return Ok(None),
            read => read?,
        };
        let of = |kind: &'static str| {
            rows.iter().filter(move |row| row.source_type == kind).map(|row| row.source_id)
        };
        let more = rows.len() >= PER_PAGE || answer.number("x-next-page").is_some();
        Ok(Some(Memberships {
            projects: of("Project").map(ProjectId).collect(),
            // GitLab's name of a group, as of what a group and a person's own space have in common.
            groups: of("Namespace").map(GroupId).collect(),
            next: more.then_some(page + 1),
        }))
    }
}

fn is_untold(error: &ReadError) -> bool {
    let ReadError::Call(failure) = error else { return false };
    matches!(failure.kind, FailureKind::Missing { .. } | FailureKind::Refused { status: 403, .. })
}
