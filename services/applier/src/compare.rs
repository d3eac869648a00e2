//! The answer to "what would this plan change?": the same reading and the same rules as a sync, and no write.

use std::{collections::BTreeMap, sync::Arc};

use proto::{
    PermissionSet,
    live::{Compare, Compared, ComparedHolder, ComparedProject},
};
use runtime::{jetstream::KvError, live::Refusal};

use crate::{
    difference::{Comparison, Difference},
    guards::Guards,
    people::Directory,
    projects::{FindError, Projects},
    sonarqube::{Reader, SonarQubeError},
    summary::nothing_to_do,
};

/// Compares plans with SonarQube.
#[derive(Debug)]
pub(crate) struct Comparer {
    pub(crate) reader: Reader,
    pub(crate) people: Arc<Directory>,
    pub(crate) projects: Arc<Projects>,
    pub(crate) guards: Arc<Guards>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    SonarQube(#[from] SonarQubeError),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Kv(#[from] KvError),
}

impl Comparer {
    /// What SonarQube has, and what the plan would change.
    pub(crate) async fn answer(&self, question: Compare) -> Result<Compared, Refusal> {
        self.compare(&question).await.map_err(|error| Refusal::new(503, error))
    }

    async fn compare(&self, Compare { plan }: &Compare) -> Result<Compared, CompareError> {
        let jetstream = &self.guards.jetstream;
        self.reader.status().await?;
        let found = self.projects.find_by_now(&plan.project, &jetstream.catalog).await?;
        let (managed, ours): (Vec<_>, Vec<_>) =
            found.projects.into_iter().partition(|project| project.managed);
        if ours.is_empty() {
            return Ok(Compared::nothing(Some(nothing_to_do(plan, &managed))));
        }
        let written = jetstream.projects.written(plan.project.id).await?;
        let (reader, people, rules) = (&self.reader, &*self.people, &self.guards.rules);
        let comparison =
            Comparison { reader, people, rules, plan, written: written.as_ref(), past: None, drift: None };
        let (mut projects, mut differences) = (Vec::new(), Vec::new());
        for project in &ours {
            let becomes = plan.project.visibility.filter(|wanted| *wanted != project.visibility);
            let difference = comparison.of(project, becomes).await?;
            projects.push(compared(&difference));
            differences.push(difference);
        }
        let held = self.guards.reasons(&differences, written.as_ref());
        let pending = differences.pop().map(|difference| difference.matched.pending).unwrap_or_default();
        Ok(Compared { skipped: None, projects, pending, held })
    }
}

fn compared(difference: &Difference) -> ComparedProject {
    ComparedProject {
        key: difference.project.key.to_string(),
        visibility: difference.project.visibility,
        becomes: difference.becomes,
        holders: holders(difference),
        changes: difference.changes.iter().cloned().collect(),
        kept: difference.kept.clone(),
        drift: difference.drift.clone(),
        exposure: difference.exposure.clone(),
    }
}

/// Who holds something now, and whose it is; also members of the plan who hold nothing yet.
fn holders(Difference { now, matched, .. }: &Difference) -> Vec<ComparedHolder> {
    let new = matched.user_of.iter().map(|(login, user)| ComparedHolder {
        login: login.clone(),
        user: Some(*user),
        permissions: PermissionSet::EMPTY,
        ours: true,
    });
    let held = now.people.iter().map(|holding| ComparedHolder {
        user: matched.user(&holding.login),
        permissions: holding.permissions,
        ours: matched.is_ours(&holding.login),
        login: holding.login.clone(),
    });
    // Of two lines of one login the later one counts: what is held.
    let by_login: BTreeMap<String, ComparedHolder> =
        new.chain(held).map(|holder| (holder.login.clone(), holder)).collect();
    by_login.into_values().collect()
}
