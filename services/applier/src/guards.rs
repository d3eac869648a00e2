//! Whether a plan may be written without a person's word.
//!
//! Decides when a plan is held and when an approval lets it pass. An approval is for exactly the changes that the person
//! saw: a plan that comes to others is held anew.

use std::collections::BTreeSet;

use proto::{Change, Decision, HeldProject, Hold, Plan, ProjectId, Ruling, Written};
use runtime::{
    clock::Clock,
    jetstream::{JetStream, KvError},
};

use crate::{difference::Difference, rules::Rules, sync::Flips};

/// The guards of an installation.
#[derive(Debug)]
pub(crate) struct Guards {
    pub(crate) rules: Rules,
    pub(crate) jetstream: JetStream,
    pub(crate) clock: Clock,
}

impl Guards {
    /// The hold of a plan that has to wait; nothing where it may be written. Its revokes are then counted for the hour,
    /// once for all attempts at it. `written` is what the last sync left, and what attempts since have touched.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) async fn hold(
        &self,
        plan: &Plan,
        differences: &[Difference],
        written: Option<&Written>,
        flips: Flips,
    ) -> Result<Option<Hold>, KvError> {
        let projects = &self.jetstream.projects;
        let before = projects.hold(plan.project.id).await?;
        let decision = projects.decision(plan.project.id).await?;
        let decided = |hold: &Hold| decision.clone().filter(|decision| decision.is_about(hold));
        let digest = digest(differences);
        let approved = before.as_ref().filter(|hold| is_approved(decided(hold).as_ref()));
        let is_it = |hold: &&Hold| hold.digest == digest || (hold.begun && is_rest_of(differences, hold));
        if let Some(approved) = approved.filter(is_it) {
            return self.begin(plan.project.id, approved).await.map(|()| None);
        }
        let about_this = before.filter(|before| before.digest == digest);
        // A plan that was counted for the hour may have been written in part; no second attempt waits for the hour.
        let counted =
            flips == Flips::Later || written.is_some_and(|written| written.counted == Some(plan.task));
        let (reasons, hourly) = self.examine(differences, written, about_this.as_ref(), counted).await?;
        if reasons.is_empty() {
            return Ok(None);
        }
        // A hold that nobody has decided about stays what it is, whichever plan comes to it.
        let (task, at) = match about_this.filter(|hold| decided(hold).is_none()) {
            Some(same) => (same.task, same.at),
            None => (plan.task, self.clock.now()),
        };
        let grants = differences.iter().map(|difference| difference.changes.grants.len()).sum();
        let (revokes, projects) = (revokes(differences), listed(differences));
        Ok(Some(Hold { task, digest, at, reasons, hourly, begun: false, grants, revokes, projects }))
    }

    /// What was approved is being written from now on. It does not count for the hour: a person has said so.
    async fn begin(&self, project: ProjectId, approved: &Hold) -> Result<(), KvError> {
        self.jetstream.projects.set_hold(project, Some(Hold { begun: true, ..approved.clone() })).await
    }

    /// Why the plan has to wait, and whether the hour is among the reasons.
    async fn examine(
        &self,
        differences: &[Difference],
        written: Option<&Written>,
        about_this: Option<&Hold>,
        counted: bool,
    ) -> Result<(Vec<String>, bool), KvError> {
        let mut reasons = self.reasons(differences, written);
        // The hour that held it may be over; a person has to decide all the same.
        let mut hourly = about_this.is_some_and(|before| before.hourly);
        if reasons.is_empty() && !hourly && !counted {
            hourly = !self.fits_into_the_hour(differences).await?;
        }
        if hourly {
            reasons.push(self.too_many_in_an_hour(differences));
        }
        Ok((reasons, hourly))
    }

    /// Why a plan would be held, the hour apart. `written` is what the last sync left.
    pub(crate) fn reasons(&self, differences: &[Difference], written: Option<&Written>) -> Vec<String> {
        let (revokes, ours) = (revokes(differences), differences.iter().map(Difference::ours).sum());
        let mut reasons: Vec<String> = self.rules.cap.exceeded(revokes, ours).into_iter().collect();
        let is_first = |difference: &&Difference| {
            let key = difference.project.key.as_str();
            !written.is_some_and(|written| {
                written.projects.contains_key(key) || written.touched.contains_key(key)
            })
        };
        let first: usize =
            differences.iter().filter(is_first).map(|difference| difference.changes.revokes.len()).sum();
        if self.rules.adopt && first > 0 {
            reasons.push(format!(
                "it is the first sync, and {first} permissions that somebody else gave would be taken away \
                 (applier.adopt)"
            ));
        }
        reasons
    }

    async fn fits_into_the_hour(&self, differences: &[Difference]) -> Result<bool, KvError> {
        let (revokes, limit) = (revokes(differences) as u64, self.rules.revokes_per_hour);
        let unlimited = limit == 0 || revokes == 0;
        Ok(unlimited || self.jetstream.budgets.count_revokes(revokes, limit).await?)
    }

    fn too_many_in_an_hour(&self, differences: &[Difference]) -> String {
        format!(
            "{} permissions would be taken away, and with those that were taken over all projects they were more than \
             {} within an hour",
            revokes(differences),
            self.rules.revokes_per_hour
        )
    }
}

fn is_approved(decision: Option<&Decision>) -> bool {
    decision.is_some_and(|decision| decision.ruling == Ruling::Approved)
}

/// Whether nothing is to be changed that the hold does not name. Of a hold that does not list everything nobody knows.
fn is_rest_of(differences: &[Difference], hold: &Hold) -> bool {
    let named: BTreeSet<(&str, &Change)> = hold
        .projects
        .iter()
        .flat_map(|project| project.changes.iter().map(|change| (project.key.as_str(), change)))
        .collect();
    let may_become = |key: &str| hold.projects.iter().find(|held| held.key == key)?.becomes;
    differences.iter().all(|difference| {
        let key = difference.project.key.as_str();
        let flip = difference.becomes.is_none() || difference.becomes == may_become(key);
        flip && difference.changes.iter().all(|change| named.contains(&(key, change)))
    })
}

fn revokes(differences: &[Difference]) -> usize {
    differences.iter().map(|difference| difference.changes.revokes.len()).sum()
}

/// What an approval names.
fn digest(differences: &[Difference]) -> String {
    access::digest(differences.iter().map(|difference| {
        (difference.project.key.as_str(), difference.becomes, difference.changes.iter().collect())
    }))
}

/// What is shown of the changes.
fn listed(differences: &[Difference]) -> Vec<HeldProject> {
    let mut room = Hold::LISTED;
    let listed = |difference: &Difference| {
        let changes: Vec<_> = difference.changes.iter().take(room).cloned().collect();
        room -= changes.len();
        HeldProject { key: difference.project.key.to_string(), becomes: difference.becomes, changes }
    };
    differences.iter().map(listed).collect()
}
