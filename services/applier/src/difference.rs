//! What a plan would change on one SonarQube project. Reads, and changes nothing.

use access::{Changes, Holder, diff, keep_an_administrator, keep_the_unseen};
use proto::{Permission, Plan, Visibility};

use crate::{
    people::{Directory, Holders, Matched},
    sonarqube::{Holding, ProjectKey, Reader, SonarQubeError},
};

/// What SonarQube is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) people: &'a Directory,
    pub(crate) plan: &'a Plan,
}

/// What would have to change, and who is who.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) changes: Changes,
    /// What is wanted and must not be done, in one sentence each.
    pub(crate) kept: Vec<String>,
    pub(crate) holders: Holders,
    pub(crate) matched: Matched,
}

impl Comparison<'_> {
    /// Compares what the project's accounts hold with the plan. `visibility` is that of the project when the changes
    /// are made, and `held` what it leaves of the grants.
    pub(crate) async fn of(
        &self,
        project: &ProjectKey,
        held: Vec<Holding>,
        visibility: Visibility,
    ) -> Result<Difference, SonarQubeError> {
        let logins: Vec<&str> = held.iter().map(|holding| holding.login.as_str()).collect();
        let matched = self.people.resolve(&self.plan.members, &self.plan.left_out, &logins).await?;
        let holders = matched.holders(held);
        let wanted = diff(&matched.by_login, &holders.holders, visibility);
        let (wanted, mut kept) = keep_the_unseen(wanted, &self.plan.unseen);
        let (changes, administrator) = self.guarded(project, wanted, &holders.holders).await?;
        kept.extend(administrator);
        kept.extend(matched.ambiguous.iter().cloned());
        Ok(Difference { changes, kept, holders, matched })
    }

    /// Takes back what would leave the project without an administrator. Groups are asked for only where somebody is
    /// about to lose `admin`. This system's own account is no administrator that anybody could turn to.
    async fn guarded(
        &self,
        project: &ProjectKey,
        changes: Changes,
        holders: &[Holder],
    ) -> Result<(Changes, Vec<String>), SonarQubeError> {
        if !changes.revokes.iter().any(|change| change.permission == Permission::Admin) {
            return Ok((changes, Vec::new()));
        }
        let own = self.people.own_account().await?.login;
        let people: Vec<Holder> = holders.iter().filter(|holder| holder.login != own).cloned().collect();
        let groups = self.reader.group_holders(project, Permission::Admin).await?;
        Ok(keep_an_administrator(changes, &people, !groups.is_empty()))
    }
}
