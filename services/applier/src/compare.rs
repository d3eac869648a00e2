//! The answer to "what would this plan change?": the same reading and the same rules as a sync, and no write.

use std::{collections::BTreeMap, sync::Arc};

use access::{Owner, flipped};
use proto::{
    PermissionSet, Person, Visibility,
    live::{Compare, Compared, ComparedHolder, ComparedProject},
};
use runtime::live::Refusal;

use crate::{
    apply::nothing_to_do,
    difference::{Comparison, Difference},
    people::Directory,
    projects::Projects,
    sonarqube::{Holding, Project, Reader, SonarQubeError},
};

/// Compares plans with SonarQube.
#[derive(Debug)]
pub(crate) struct Comparer {
    pub(crate) reader: Reader,
    pub(crate) people: Arc<Directory>,
    pub(crate) projects: Arc<Projects>,
}

impl Comparer {
    /// What SonarQube has, and what the plan would change.
    pub(crate) async fn answer(&self, question: Compare) -> Result<Compared, Refusal> {
        self.compare(&question).await.map_err(|error| Refusal::new(503, error))
    }

    async fn compare(&self, Compare { plan }: &Compare) -> Result<Compared, SonarQubeError> {
        self.reader.status().await?;
        let found = self.projects.find(&plan.project).await?;
        let (managed, ours): (Vec<_>, Vec<_>) =
            found.projects.into_iter().partition(|project| project.managed);
        if ours.is_empty() {
            let skipped = Some(nothing_to_do(plan, &managed));
            return Ok(Compared { skipped, projects: Vec::new(), unmatched: Vec::new() });
        }
        let comparison = Comparison { reader: &self.reader, people: &self.people, plan };
        let mut compared = Compared { skipped: None, projects: Vec::new(), unmatched: Vec::new() };
        for project in &ours {
            let (project, unmatched) = one(comparison, project).await?;
            compared.projects.push(project);
            compared.unmatched = unmatched;
        }
        Ok(compared)
    }
}

async fn one(
    comparison: Comparison<'_>,
    project: &Project,
) -> Result<(ComparedProject, Vec<Person>), SonarQubeError> {
    let wanted = comparison.plan.project.visibility;
    let becomes = wanted.filter(|wanted| *wanted != project.visibility);
    let now = comparison.reader.holders(&project.key).await?;
    let held = becomes.map_or_else(|| now.clone(), |to| after_flip(now.clone(), to));
    let difference = comparison.of(&project.key, held, becomes.unwrap_or(project.visibility)).await?;
    let holders = holders(now, &difference);
    let Difference { changes, kept, matched, .. } = difference;
    let compared = ComparedProject {
        key: project.key.to_string(),
        visibility: project.visibility,
        becomes,
        holders,
        changes: changes.iter().cloned().collect(),
        kept,
    };
    Ok((compared, matched.unmatched))
}

fn after_flip(held: Vec<Holding>, to: Visibility) -> Vec<Holding> {
    let flip = |holding: Holding| Holding { permissions: flipped(holding.permissions, to), ..holding };
    held.into_iter().map(flip).collect()
}

/// Who holds something now, and whose it is; also members of the plan who hold nothing yet.
fn holders(now: Vec<Holding>, Difference { holders, matched, .. }: &Difference) -> Vec<ComparedHolder> {
    let new = matched.user_of.iter().map(|(login, user)| ComparedHolder {
        login: login.clone(),
        user: Some(*user),
        permissions: PermissionSet::EMPTY,
        ours: true,
    });
    let held = now.into_iter().zip(&holders.holders).map(|(holding, holder)| ComparedHolder {
        user: matched.user_of.get(&holding.login).or_else(|| holders.user_of.get(&holding.login)).copied(),
        permissions: holding.permissions,
        ours: holder.owner == Owner::Ours,
        login: holding.login,
    });
    // Of two lines of one login the later one counts: what is held.
    let by_login: BTreeMap<String, ComparedHolder> =
        new.chain(held).map(|holder| (holder.login.clone(), holder)).collect();
    by_login.into_values().collect()
}
