//! One call for each change.

use std::time::Instant;

use proto::{Change, ChangeKind, Grantee};

use super::{Pen, WriteError};
use crate::{
    audit::Told,
    difference::Difference,
    sonarqube::{ProjectKey, SonarQubeError},
};

/// Tells the changes, then makes them: grants first, so that nobody who keeps access is without it meanwhile, and no
/// revoke follows a grant that failed.
pub(super) async fn write(pen: &Pen<'_>, difference: &Difference, told: Told<'_>) -> Result<(), WriteError> {
    let Difference { project, changes, .. } = difference;
    told.changes(difference).await?;
    let began = Instant::now();
    for changes in [&changes.grants, &changes.revokes] {
        pen.calls(changes.iter().map(|change| make(pen, &project.key, change)).collect()).await?;
    }
    pen.desk.pace.single.observe(changes.len(), began.elapsed());
    Ok(())
}

async fn make(pen: &Pen<'_>, key: &ProjectKey, change: &Change) -> Result<(), SonarQubeError> {
    let writer = &pen.desk.writer;
    let Change { kind, grantee, permission } = change;
    match (kind, grantee) {
        (ChangeKind::Grant, Grantee::Login(login)) => writer.grant(key, login, *permission).await,
        (ChangeKind::Revoke, Grantee::Login(login)) => writer.revoke(key, login, *permission).await,
        (ChangeKind::Grant, Grantee::Group(group)) => writer.grant_group(key, group, *permission).await,
        (ChangeKind::Revoke, Grantee::Group(group)) => writer.revoke_group(key, group, *permission).await,
    }
}
