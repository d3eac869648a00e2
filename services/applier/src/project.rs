//! One SonarQube project: its visibility first, then what people hold.
//!
//! The visibility comes first because a flip changes grants on its own: to private gives `user` and `codeviewer` to
//! every holder, to public takes both from everybody. So the holders are read after it.

use std::collections::BTreeMap;

use access::Changes;
use proto::{Change, ChangeKind, Outcome, Permission, ProjectOutcome, UserId, Visibility};
use runtime::jetstream::{KvError, PublishError};

use crate::{
    audit::{Audit, Because},
    difference::{Comparison, Difference},
    people::{Directory, Matched},
    sonarqube::{Project, ProjectKey, Reader, SonarQubeError},
    write::{Pen, WriteError},
};

/// What a sync of one project works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectSync<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) people: &'a Directory,
    pub(crate) audit: &'a Audit,
    pub(crate) pen: Pen<'a>,
    pub(crate) because: Because<'a>,
}

/// Why a project does not match the plan yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Audit(#[from] PublishError),
    #[error(transparent)]
    Catalog(#[from] KvError),
}

/// What came of it: what was done, and who is who.
#[derive(Debug)]
pub(crate) struct Synced {
    pub(crate) outcome: ProjectOutcome,
    pub(crate) matched: Matched,
}

impl ProjectSync<'_> {
    /// Brings the project in line with the plan.
    pub(crate) async fn run(&self, project: &Project) -> Result<Synced, SyncError> {
        let plan = self.because.plan;
        let flipped = self.visibility(project, plan.project.visibility).await?;
        let visibility = flipped.unwrap_or(project.visibility);

        let held = self.reader.holders(&project.key).await?;
        let comparison = Comparison { reader: self.reader, people: self.people, plan };
        let Difference { changes, kept, holders, matched } =
            comparison.of(&project.key, held, visibility).await?;
        let users = Users { members: &matched.user_of, holders: &holders.user_of };
        self.write(&project.key, &changes, users).await?;
        Ok(Synced { outcome: outcome(project, flipped, &changes, kept), matched })
    }

    /// Flips the visibility where it differs; returns what it was changed to.
    async fn visibility(
        &self,
        project: &Project,
        wanted: Option<Visibility>,
    ) -> Result<Option<Visibility>, SyncError> {
        let Some(to) = wanted.filter(|to| *to != project.visibility) else { return Ok(None) };
        self.audit.visibility(self.because, &project.key, project.visibility, to).await?;
        match self.pen.set_visibility(&project.key, to).await {
            Ok(()) => {}
            // A flip needs `admin` on the project itself, which a system administrator may give itself.
            Err(WriteError::SonarQube(SonarQubeError::Forbidden { .. })) => {
                self.take_admin(&project.key).await?;
                self.pen.set_visibility(&project.key, to).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Some(to))
    }

    async fn take_admin(&self, key: &ProjectKey) -> Result<(), SyncError> {
        let login = self.people.own_account().await?.login;
        let change = Change { kind: ChangeKind::Grant, login, permission: Permission::Admin };
        self.audit.changes(self.because, key, vec![(change.clone(), None)]).await?;
        Ok(self.pen.make(key, &[change]).await?)
    }

    /// Tells the changes, then makes them: grants first, so that nobody who keeps access is without it meanwhile.
    async fn write(&self, key: &ProjectKey, changes: &Changes, users: Users<'_>) -> Result<(), SyncError> {
        let told = changes.iter().map(|change| (change.clone(), users.of(&change.login)));
        self.audit.changes(self.because, key, told.collect()).await?;
        self.pen.make(key, &changes.grants).await?;
        self.pen.make(key, &changes.revokes).await?;
        Ok(())
    }
}

/// GitLab's ids of the people behind the logins.
#[derive(Clone, Copy)]
struct Users<'a> {
    members: &'a BTreeMap<String, UserId>,
    holders: &'a BTreeMap<String, UserId>,
}

impl Users<'_> {
    fn of(self, login: &str) -> Option<UserId> {
        self.members.get(login).or_else(|| self.holders.get(login)).copied()
    }
}

fn outcome(
    project: &Project,
    visibility: Option<Visibility>,
    changes: &Changes,
    mut kept: Vec<String>,
) -> ProjectOutcome {
    kept.truncate(Outcome::LISTED);
    ProjectOutcome {
        key: project.key.to_string(),
        visibility,
        granted: changes.grants.len(),
        revoked: changes.revokes.len(),
        changes: changes.iter().take(Outcome::LISTED).cloned().collect(),
        kept,
    }
}
