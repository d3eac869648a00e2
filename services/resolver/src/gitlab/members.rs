//! The lists of members: `members/all` of a project, the authority on who has which level; and the lists that tell
//! where a level comes from.

use access::{Account, MembershipRow, Seat};
use jiff::civil::Date;
use proto::{AccessLevel, GroupId, ProjectId, UserId};
use serde::Deserialize;

use super::{
    GitLab, ReadError,
    list::{List, Pass, Row},
};

/// The route that has a limit of its own.
pub(super) const PROJECT_ALL: &str = "/api/v4/projects/:id/members/all";

/// A line of a list. `expires_at` belongs to one row among several that lead to the level: it decides nothing, and
/// says only when to look again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Line {
    id: u64,
    access_level: u32,
    username: String,
    state: String,
    membership_state: Option<String>,
    expires_at: Option<String>,
}

impl Row for Line {
    fn id(&self) -> u64 {
        self.id
    }
}

/// A membership as GitLab lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who, and with which level.
    pub row: MembershipRow,
    /// When GitLab ends it; a date that has passed still counts until GitLab removes the row.
    pub ends: Option<Date>,
}

impl GitLab {
    /// One pass over everybody who has access to the project. It is never taken from what was kept, and never empty.
    pub(super) async fn everybody_once(&self, project: ProjectId) -> Result<Pass<Line>, ReadError> {
        self.not_empty(self.first_pass(&all_of(project)).await?).await
    }

    /// A further such pass, which agrees with the one before it.
    pub(super) async fn everybody_again(
        &self,
        project: ProjectId,
        first: Pass<Line>,
    ) -> Result<Pass<Line>, ReadError> {
        self.not_empty(self.agreeing_pass(&all_of(project), first).await?).await
    }

    /// Every project has an owner.
    async fn not_empty(&self, pass: Pass<Line>) -> Result<Pass<Line>, ReadError> {
        if !pass.rows.is_empty() {
            return Ok(pass);
        }
        let user = self.prove().await?.username;
        Err(ReadError::Incomplete(format!(
            "it is empty, and every project has an owner: does GITLAB_TOKEN see the members? Its user is {user}"
        )))
    }

    /// The members of the project itself, without those of groups. There may be none.
    ///
    /// # Errors
    /// When the list is not whole, or the project cannot be seen.
    pub async fn project_members(&self, project: ProjectId) -> Result<Vec<Listed>, ReadError> {
        self.listed(&direct_of(project)).await
    }

    /// A list of members as one call shows it, unconfirmed, also when it is empty: for a look that decides nothing.
    pub(super) async fn glance_at(&self, list: &List) -> Result<Vec<Listed>, ReadError> {
        let lines: Vec<Line> = self.glance(list).await?;
        Ok(lines.iter().map(Listed::from).collect())
    }

    /// The members of the group itself, as GitLab tells them now.
    pub(super) async fn read_group_members(&self, group: GroupId) -> Result<Vec<Listed>, ReadError> {
        let path = format!("/api/v4/groups/{group}/members");
        self.listed(&List { route: "/api/v4/groups/:id/members", path, tagged: true }).await
    }

    /// Everybody who is a member of the group, as GitLab tells them now.
    pub(super) async fn read_all_group_members(&self, group: GroupId) -> Result<Vec<Listed>, ReadError> {
        let path = format!("/api/v4/groups/{group}/members/all");
        self.listed(&List { route: "/api/v4/groups/:id/members/all", path, tagged: true }).await
    }

    /// A list that may be empty. That is believed only of a token whose user is proven.
    async fn listed(&self, list: &List) -> Result<Vec<Listed>, ReadError> {
        let lines: Vec<Line> = self.whole(list).await?;
        if lines.is_empty() {
            self.prove().await?;
        }
        Ok(lines.iter().map(Listed::from).collect())
    }
}

/// Everybody who has access to the project.
pub(super) fn all_of(project: ProjectId) -> List {
    List { route: PROJECT_ALL, path: format!("/api/v4/projects/{project}/members/all"), tagged: false }
}

/// The members of the project itself.
pub(super) fn direct_of(project: ProjectId) -> List {
    let path = format!("/api/v4/projects/{project}/members");
    List { route: "/api/v4/projects/:id/members", path, tagged: false }
}

impl From<&Line> for Listed {
    fn from(line: &Line) -> Self {
        Self {
            ends: line.expires_at.as_deref().and_then(end),
            row: MembershipRow {
                user: UserId(line.id),
                level: AccessLevel::from_gitlab(line.access_level),
                account: Account::from_gitlab(&line.state),
                seat: Seat::from_gitlab(line.membership_state.as_deref()),
                bot: is_bot(&line.username),
                username: line.username.clone(),
            },
        }
    }
}

/// GitLab writes a date; its own schema of the list calls it a time, and of that the date counts.
pub(super) fn end(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// Whether GitLab made the account for an access token of a project or group: `project_7_bot`, `project_7_bot1`,
/// `group_7_bot_0123abcd`. Nothing else on the line tells; a person cannot choose such a name while GitLab keeps it
/// for its bots.
fn is_bot(username: &str) -> bool {
    let rest = username.strip_prefix("project_").or_else(|| username.strip_prefix("group_"));
    let Some((id, tail)) = rest.and_then(|rest| rest.split_once("_bot")) else { return false };
    let is_tail = tail.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && is_tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_date_whether_it_is_written_as_one_or_as_a_time() {
        let date = Date::constant(2026, 12, 1);
        assert_eq!(end("2026-12-01"), Some(date));
        assert_eq!(end("2026-12-01T00:00:00.000Z"), Some(date));
        assert_eq!(end("soon"), None);
    }

    #[test]
    fn accounts_of_access_tokens_are_told_by_their_name() {
        for bot in ["project_7_bot", "project_7_bot2", "group_12_bot_9f3a", "project_7_bot_1a2b3c"] {
            assert!(is_bot(bot), "{bot}");
        }
        for person in
            ["project_manager_bot", "group_bot", "robot", "project__bot", "jane_bot", "project_7_robot"]
        {
            assert!(!is_bot(person), "{person}");
        }
    }
}
