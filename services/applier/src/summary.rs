//! What is told of a plan and of each project, whatever became of it.

use proto::{Outcome, Plan, ProjectOutcome, Verdict};

use crate::{difference::Difference, sonarqube::Project};

/// What the plan says, and nothing done yet.
pub(crate) fn of_plan(plan: &Plan, managed: &[Project], differences: &[Difference]) -> Outcome {
    let pending = differences.last().map_or(&[][..], |difference| &difference.matched.pending);
    Outcome {
        members: plan.members.len(),
        pending: pending.len(),
        pending_people: pending.iter().take(Outcome::LISTED).cloned().collect(),
        left_out: plan.left_out.len(),
        left_out_people: plan.left_out.iter().take(Outcome::LISTED).cloned().collect(),
        projects: managed.iter().map(left_alone).collect(),
        ..Outcome::bare(Verdict::Done, None)
    }
}

/// What would be done, where nothing is.
pub(crate) fn would_be(plan: &Plan, managed: &[Project], differences: &[Difference]) -> Outcome {
    let mut summary = of_plan(plan, managed, differences);
    summary.projects.extend(differences.iter().map(of_project));
    summary
}

/// What is told of a project: its changes, made or not.
pub(crate) fn of_project(difference: &Difference) -> ProjectOutcome {
    let Difference { project, becomes, changes, kept, drift, exposure, .. } = difference;
    ProjectOutcome {
        visibility: *becomes,
        granted: changes.grants.len(),
        revoked: changes.revokes.len(),
        changes: changes.iter().take(Outcome::LISTED).cloned().collect(),
        drift: drift.len(),
        drift_changes: drift.iter().take(Outcome::LISTED).cloned().collect(),
        exposure: exposure.iter().take(Outcome::LISTED).cloned().collect(),
        ..ProjectOutcome::untouched(
            project.key.to_string(),
            kept.iter().take(Outcome::LISTED).cloned().collect(),
        )
    }
}

/// Why a plan has no project to be written to.
pub(crate) fn nothing_to_do(plan: &Plan, managed: &[Project]) -> String {
    if !managed.is_empty() {
        return "SonarQube's own provisioning manages the permissions of this project".to_owned();
    }
    let (id, path) = (plan.project.id, &plan.project.path);
    format!(
        "SonarQube has no project for {path}: none is bound to GitLab project {id}, and none has that name. As soon as \
         there is one, this is done without another trigger"
    )
}

fn left_alone(project: &Project) -> ProjectOutcome {
    let kept = vec!["SonarQube's own provisioning manages its permissions".to_owned()];
    ProjectOutcome::untouched(project.key.to_string(), kept)
}
