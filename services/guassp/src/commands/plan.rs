//! `guassp plan`: what a sync of a project would change now.

use std::fmt;

use access::Changes;
use proto::{
    ChangeKind, LeftOut, Person,
    live::{ComparedProject, Preview},
};

use super::ask::{Output, Services};
use crate::{exit::Failed, settings::Settings};

pub(super) async fn run(settings: &Settings, project: &str, output: Output) -> Result<(), Failed> {
    let services = Services::reach(settings).await?;
    let looked = services.look(project, None).await?;
    let compared = services.compare(&looked).await?;
    let preview = compared.preview(looked.plan);
    match output {
        Output::Text => print!("{}", Text(&preview)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&preview).map_err(Failed::because)?),
    }
    Ok(())
}

/// A preview in words.
struct Text<'a>(&'a Preview);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Preview { project, path, skipped, members, left_out, unseen, unmatched, sonarqube, .. } = self.0;
        writeln!(f, "{path} (GitLab id {project})")?;
        if let Some(reason) = skipped {
            return writeln!(f, "\nA sync would do nothing: {reason}");
        }
        sonarqube.iter().try_for_each(|project| changes(f, project))?;
        writeln!(f, "\n{} with access in GitLab", people(members.len()))?;
        if !unmatched.is_empty() {
            let names = unmatched.iter().map(|Person { username, .. }| username.clone());
            writeln!(f, "not signed in to SonarQube yet: {}", listed(names))?;
        }
        for LeftOut { username, reason, .. } in left_out {
            writeln!(f, "left out: {username}, because {}", super::reason(*reason))?;
        }
        unseen.iter().try_for_each(|group| {
            writeln!(
                f,
                "nobody is revoked: GITLAB_TOKEN may not see the members of {group}, if it is invited"
            )
        })
    }
}

fn changes(f: &mut fmt::Formatter<'_>, project: &ComparedProject) -> fmt::Result {
    write!(f, "\n{} ({}", project.key, project.visibility)?;
    match project.becomes {
        Some(becomes) => writeln!(f, ", becomes {becomes})")?,
        None => writeln!(f, ")")?,
    }
    let (grants, revokes) =
        project.changes.iter().cloned().partition(|change| change.kind == ChangeKind::Grant);
    for line in (Changes { grants, revokes }).to_string().lines() {
        writeln!(f, "  {line}")?;
    }
    project.kept.iter().try_for_each(|kept| writeln!(f, "  note: {kept}"))
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
