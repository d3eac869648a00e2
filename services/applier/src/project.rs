//! One SonarQube project: its visibility first, then what is held on it.
//!
//! The visibility comes first because a flip changes grants on its own: to private gives `user` and `codeviewer` to
//! every holder, to public takes both from everybody. So the project is compared again after it, and nothing is taken
//! away then that was not among what was looked at before.

use std::collections::BTreeSet;

use proto::{Change, ChangeKind, Grantee, Permission, ProjectOutcome, Visibility, Writing};
use runtime::jetstream::{KvError, PublishError};

use crate::{
    audit::Told,
    difference::{Comparison, Difference},
    projects::FindError,
    restore::RestoreError,
    sonarqube::{Project, SonarQubeError},
    summary::of_project,
    write::{Pen, WriteError},
};

/// What a sync of one project works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProjectSync<'a> {
    pub(crate) comparison: Comparison<'a>,
    pub(crate) pen: Pen<'a>,
    pub(crate) told: Told<'a>,
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
    Kv(#[from] KvError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

impl From<FindError> for SyncError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::SonarQube(error) => error.into(),
            FindError::Kv(error) => error.into(),
        }
    }
}

impl SyncError {
    /// SonarQube's part in it.
    pub(crate) const fn sonarqube(&self) -> Option<&SonarQubeError> {
        match self {
            Self::SonarQube(error) | Self::Write(WriteError::SonarQube(error)) => Some(error),
            Self::Write(
                WriteError::Audit(_)
                | WriteError::Lost
                | WriteError::NotForTemplates { .. }
                | WriteError::Moved(_),
            )
            | Self::Audit(_)
            | Self::Kv(_)
            | Self::Restore(_) => None,
        }
    }

    /// Whether a background task of the project, usually an analysis, keeps its visibility from being changed.
    pub(crate) const fn is_busy(&self) -> bool {
        matches!(self.sonarqube(), Some(SonarQubeError::Busy { .. }))
    }
}

/// What came of it: how the project is now, and how that was written.
#[derive(Debug)]
pub(crate) struct Synced {
    pub(crate) difference: Difference,
    pub(crate) flipped: Option<Visibility>,
    pub(crate) writing: Option<Writing>,
}

impl ProjectSync<'_> {
    /// Makes what was found to differ, which a guard has let pass.
    pub(crate) async fn run(&self, found: Difference) -> Result<Synced, SyncError> {
        self.told.drift(&found).await?;
        let flipped = found.becomes;
        let difference = match flipped {
            None => found,
            Some(to) => {
                self.flip(&found, to).await?;
                self.after_flip(&found, to).await?
            }
        };
        let writing = self.pen.write(&difference, self.told).await?;
        Ok(Synced { difference, flipped, writing })
    }

    async fn flip(&self, found: &Difference, to: Visibility) -> Result<(), SyncError> {
        let key = &found.project.key;
        self.told.flip(found, to).await?;
        match self.pen.set_visibility(key, to).await {
            // A flip needs `admin` on the project itself, which a system administrator may give itself.
            Err(WriteError::SonarQube(SonarQubeError::Forbidden { .. })) => {
                self.take_admin(found).await?;
                Ok(self.pen.set_visibility(key, to).await?)
            }
            flipped => Ok(flipped?),
        }
    }

    async fn take_admin(&self, found: &Difference) -> Result<(), SyncError> {
        let key = &found.project.key;
        let login = self.comparison.people.own_account().await?.login;
        let change = Change {
            kind: ChangeKind::Grant,
            grantee: Grantee::Login(login.clone()),
            permission: Permission::Admin,
        };
        self.told.own(found, &change).await?;
        Ok(self.pen.grant(key, &login, Permission::Admin).await?)
    }

    /// What differs now that the visibility is changed.
    async fn after_flip(&self, found: &Difference, to: Visibility) -> Result<Difference, SyncError> {
        let project = Project { visibility: to, ..found.project.clone() };
        let comparison = Comparison { drift: Some(&found.drift), ..self.comparison };
        let now = comparison.of(&project, None).await?;
        let looked_at: BTreeSet<&Change> = found.changes.revokes.iter().collect();
        if now.changes.revokes.iter().all(|revoke| looked_at.contains(revoke)) {
            return Ok(now);
        }
        Err(WriteError::Moved(project.key).into())
    }
}

impl Synced {
    /// What is told of it.
    pub(crate) fn outcome(&self) -> ProjectOutcome {
        ProjectOutcome { visibility: self.flipped, writing: self.writing, ..of_project(&self.difference) }
    }
}
