//! `members/all`: the authority on who has which level.

use std::collections::BTreeSet;

use access::{Account, MembershipRow, Seat};
use proto::{AccessLevel, ProjectId, UserId};
use runtime::http::Call;
use serde::Deserialize;

use super::{
    GitLab, ReadError, SYSTEM,
    pages::{Next, PER_PAGE, Pages},
};

const MEMBERS: &str = "/api/v4/projects/:id/members/all";
/// How often a list that moves under the reading is read again at once.
const READINGS: usize = 3;

/// A line of the list. Everything else on it (`expires_at` above all) belongs to one row among several that lead to
/// the level, and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Line {
    id: u64,
    username: String,
    state: String,
    access_level: u32,
    membership_state: Option<String>,
}

/// A whole pass over the list.
struct Pass {
    lines: Vec<Line>,
    /// Whether it may have shifted under the reading: it has several pages, or a person stands on it twice.
    doubtful: bool,
}

impl GitLab {
    /// Every line of the list.
    ///
    /// One page is one moment. A list of several may have shifted between two of them: somebody left a page that was
    /// read, and the first person of the next one slipped through. Where one leaves and another joins, not even the
    /// total tells, and above 10,000 rows there is none; so a second reading must agree. The same where a person stands
    /// on it twice, though that may be two rows of one person (an accepted e-mail invitation beside a membership).
    pub(super) async fn members(&self, project: ProjectId) -> Result<Vec<MembershipRow>, ReadError> {
        let mut last: Option<Vec<Line>> = None;
        let mut moved = String::new();
        for _ in 0..READINGS {
            match self.pass(project).await {
                Ok(pass) if !pass.doubtful || last.as_ref() == Some(&pass.lines) => {
                    return Ok(pass.lines.into_iter().map(row).collect());
                }
                Ok(pass) => {
                    last = Some(pass.lines);
                    "it changed between two readings".clone_into(&mut moved);
                }
                Err(ReadError::Incomplete(reason)) => moved = reason,
                Err(error @ ReadError::Call(_)) => return Err(error),
            }
        }
        Err(ReadError::Incomplete(moved))
    }

    async fn pass(&self, project: ProjectId) -> Result<Pass, ReadError> {
        let path = format!("/api/v4/projects/{project}/members/all");
        let (mut lines, mut pages, mut page) = (Vec::new(), Pages::default(), 1);
        loop {
            let call = Call::get(MEMBERS, &path).query("per_page", PER_PAGE).query("page", page);
            let answer = self.http.call(call).await?;
            let read: Vec<Line> = answer.json(SYSTEM, MEMBERS)?;
            let next = pages.take(page, &answer, read.len()).map_err(ReadError::Incomplete)?;
            // Every page before this one is full.
            if lines.chunks(PER_PAGE).any(|earlier| is_same_page(earlier, &read)) {
                let reason = format!("page {page} shows the people of a page before it once more");
                return Err(ReadError::Incomplete(reason));
            }
            lines.extend(read);
            match next {
                Next::Page(next) => page = next,
                Next::End => break,
            }
        }
        if lines.is_empty() {
            let reason = "it is empty, and every project has an owner: does GITLAB_TOKEN see the members?";
            return Err(ReadError::Incomplete(reason.to_owned()));
        }
        let repeats = lines.iter().map(|line| line.id).collect::<BTreeSet<_>>().len() < lines.len();
        let doubtful = repeats || page > 1;
        lines.sort_by(|a, b| (a.id, a.access_level, &a.username).cmp(&(b.id, b.access_level, &b.username)));
        Ok(Pass { lines, doubtful })
    }
}

/// Whether both show the same people in the same order. Two rows of one person never make up a page.
fn is_same_page(one: &[Line], other: &[Line]) -> bool {
    one.iter().map(|line| line.id).eq(other.iter().map(|line| line.id))
}

fn row(line: Line) -> MembershipRow {
    MembershipRow {
        user: UserId(line.id),
        level: AccessLevel::from_gitlab(line.access_level),
        account: Account::from_gitlab(&line.state),
        seat: Seat::from_gitlab(line.membership_state.as_deref()),
        bot: is_bot(&line.username),
        username: line.username,
    }
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
