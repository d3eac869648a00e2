//! Readings of a project: by one pass over its members, and made sure of.
//!
//! One pass may be wrong without any error: the list may shift between two of its pages (`list`), and a token may have
//! become one that sees less (`unseen`). So it will do where it comes to what was agreed on before, which whoever knows
//! the last plan decides. Anything else is made sure of ([`GitLab::make_sure`]): by the token's user, asked for after
//! the pass, and by a second pass that agrees, where the first is doubtful.

use std::sync::Arc;

use access::MembershipRow;
use jiff::civil::Date;
use proto::{GroupId, UnseenGroup};

use super::{GitLab, Group, Listed, Project, ReadError, Share, identity::Account, list::Pass, members::Line};

/// Everything a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The project's path with namespace.
    pub path: String,
    /// Whether everybody may see the project and its code; GitLab's `internal` is not public.
    pub public: bool,
    /// The group that the project lies in; none for a personal project.
    pub group: Option<GroupId>,
    /// Whether the project lies in a person's own namespace.
    pub personal: bool,
    /// The groups that are invited to the project itself.
    pub invited: Vec<Share>,
    /// The lines of `members/all`, all of them.
    pub rows: Vec<MembershipRow>,
    /// Invited groups whose members the token may not see: the lines may lack people who have access.
    pub unseen: Vec<UnseenGroup>,
    /// The earliest end date that a membership or an invitation has, to the project or above it; also one that has
    /// passed already.
    pub ends: Option<Date>,
}

/// A reading of which nothing is sure yet.
#[derive(Debug)]
pub(crate) struct ReadOnce {
    pub(crate) reading: Reading,
    project: Project,
    /// The account behind the token, as it was known before the pass.
    account: Account,
    above: Vec<Arc<Group>>,
    pass: Pass<Line>,
}

impl ReadOnce {
    /// The same, to be believed only when a second pass agrees.
    pub(crate) fn doubted(mut self) -> Self {
        self.pass.doubtful = true;
        self
    }
}

impl GitLab {
    /// Reads the members of a project that was found, and makes sure of it.
    ///
    /// # Errors
    /// When anything is missing from the answer.
    pub async fn read(&self, project: Project) -> Result<Reading, ReadError> {
        let once = self.read_once(project).await?;
        self.make_sure(once).await
    }

    /// Reads the members of a project that was found, in one pass.
    pub(crate) async fn read_once(&self, project: Project) -> Result<ReadOnce, ReadError> {
        let account = self.account().await?;
        let pass = self.everybody_once(project.id()).await?;
        let above = self.groups_above(project.group()).await?;
        let reading = self.composed(&project, &above, &pass, &account).await?;
        Ok(ReadOnce { reading, project, account, above, pass })
    }

    /// Makes sure of a reading: the token's user is proven after the pass, and a second pass agrees where the first is
    /// doubtful, or was made while the account was not what it is now.
    pub(crate) async fn make_sure(&self, once: ReadOnce) -> Result<Reading, ReadError> {
        let ReadOnce { project, above, mut pass, .. } = once;
        let account = self.prove().await?;
        if pass.doubtful || account != once.account {
            pass = self.everybody_again(project.id(), pass).await?;
        }
        self.composed(&project, &above, &pass, &account).await
    }

    /// What the pass comes to, if it was made by this account.
    async fn composed(
        &self,
        project: &Project,
        above: &[Arc<Group>],
        pass: &Pass<Line>,
        account: &Account,
    ) -> Result<Reading, ReadError> {
        let listed: Vec<Listed> = pass.rows.iter().map(Listed::from).collect();
        let invited = project.invited();
        let shares = invited.iter().chain(above.iter().flat_map(|group| &group.invited));
        let ends = listed.iter().map(|line| line.ends).chain(shares.map(|share| share.ends)).flatten().min();
        let mut reading = Reading {
            path: project.path().to_owned(),
            public: project.is_open(),
            group: project.group(),
            personal: project.is_personal(),
            invited,
            rows: listed.into_iter().map(|line| line.row).collect(),
            unseen: Vec::new(),
            ends,
        };
        reading.unseen = self.unseen(&reading, above, account).await?;
        Ok(reading)
    }
}
