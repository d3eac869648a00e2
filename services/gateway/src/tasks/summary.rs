//! A task in one sentence, for the log of a CI job.

use proto::{Outcome, ProjectOutcome, TaskRecord, TaskState, Verdict, Visibility};

/// What there is to say of the task now.
pub(crate) fn summary(record: &TaskRecord) -> String {
    let reason = || record.reason.clone().unwrap_or_else(|| "no reason is known".to_owned());
    match (record.state, &record.outcome) {
        (TaskState::Queued, _) => "waits in the queue".to_owned(),
        (TaskState::Started, _) => stage(record).to_owned(),
        (TaskState::Deferred, _) => format!("will be tried again: {}", reason()),
        (TaskState::Failed, _) => format!("failed: {}", reason()),
        (TaskState::Canceled, _) => reason(),
        (TaskState::Finished, Some(outcome)) => ended(record, outcome),
        (TaskState::Finished, None) => "ended".to_owned(),
    }
}

fn stage(record: &TaskRecord) -> &'static str {
    match (record.stages.applying, record.stages.planned) {
        (Some(_), _) => "SonarQube is being brought in line",
        (None, Some(_)) => "the plan is ready",
        (None, None) => "GitLab is being read",
    }
}

fn ended(record: &TaskRecord, outcome: &Outcome) -> String {
    let reason = outcome.reason.as_deref();
    match outcome.verdict {
        Verdict::Done => done(outcome),
        Verdict::Skipped => format!("nothing to do: {}", reason.unwrap_or("SonarQube has no such project")),
        Verdict::Held => {
            let reason = reason.unwrap_or("a person has to approve");
            format!(
                "held, nothing was changed: {reason}; would be: {}; to decide: guassp approve {}",
                done(outcome),
                record.project
            )
        }
        Verdict::Observed => format!("only observed, nothing was changed; would be: {}", done(outcome)),
        Verdict::Superseded => superseded(outcome),
        Verdict::Failed | Verdict::Canceled => reason.unwrap_or("no reason is known").to_owned(),
    }
}

fn superseded(outcome: &Outcome) -> String {
    let by = outcome.superseded_by.map(|task| format!(" ({task})")).unwrap_or_default();
    let reason =
        outcome.reason.as_ref().map(|reason| format!(", because it was {reason}")).unwrap_or_default();
    format!("a newer task does what this one was asked for{by}{reason}")
}

fn done(outcome: &Outcome) -> String {
    let sum = |count: fn(&ProjectOutcome) -> usize| outcome.projects.iter().map(count).sum::<usize>();
    let (granted, revoked) = (sum(|project| project.granted), sum(|project| project.revoked));
    let mut parts = vec![format!("{granted} granted"), format!("{revoked} revoked")];
    parts.extend(outcome.projects.iter().filter_map(flip));
    match outcome.pending {
        0 => {}
        1 => parts.push("1 person has not signed in to SonarQube yet".to_owned()),
        many => parts.push(format!("{many} people have not signed in to SonarQube yet")),
    }
    parts.join(", ")
}

fn flip(project: &ProjectOutcome) -> Option<String> {
    let word = match project.visibility? {
        Visibility::Private => "private",
        Visibility::Public => "public",
    };
    Some(format!("{} is {word} now", project.key))
}
