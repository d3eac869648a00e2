//! What a sync would change now: GitLab is looked at, SonarQube compared with it.

use std::time::Duration;

use async_nats::Client;
use proto::live::{Compare, Compared, Look, Looked, Paths, Preview};

use super::{AskError, ask};

/// What a sync of the project would change now, with the reason of whoever would be granted something. Where the
/// memberships on the way cannot be read it is told without reasons. Each question waits so long for its answer.
///
/// # Errors
/// When GitLab or SonarQube cannot be asked; 404 where there is no such project.
pub async fn preview(client: &Client, project: &str, patience: Duration) -> Result<Preview, AskError> {
    let looked = look(client, project, patience).await?;
    Ok(compare(client, &looked, patience).await?.preview(looked))
}

/// What SonarQube has, and what a sync would change; nothing is asked where a sync would do nothing.
///
/// # Errors
/// When there is no answer.
pub async fn compare(client: &Client, looked: &Looked, patience: Duration) -> Result<Compared, AskError> {
    match &looked.skipped {
        None => ask(client, &Compare { plan: looked.plan.clone() }, patience).await,
        Some(_) => Ok(Compared::nothing(looked.skipped.clone())),
    }
}

async fn look(client: &Client, project: &str, patience: Duration) -> Result<Looked, AskError> {
    let look = |paths| Look { project: project.to_owned(), paths };
    // The memberships of all groups on the way take longer than the plan, and are a larger answer.
    match ask(client, &look(Some(Paths::Everybody)), patience / 2).await {
        Err(
            error @ (AskError::Refused { code: 404, .. } | AskError::Nobody(_) | AskError::Unavailable(_)),
        ) => Err(error),
        Err(error) => {
            tracing::debug!(%error, "a plan is told without reasons");
            ask(client, &look(None), patience).await
        }
        looked => looked,
    }
}
