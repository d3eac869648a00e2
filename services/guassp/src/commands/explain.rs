//! `guassp explain`: what one person has in a project, and why; in GitLab, and in SonarQube.

mod text;

use proto::{
    PersonAccess,
    live::{Compared, Looked, Paths},
};
use serde::Serialize;

use super::ask::{Output, Services};
use crate::{exit::Failed, settings::Settings};

/// Everything that is told of one person.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    project: &'a proto::PlannedProject,
    person: &'a PersonAccess,
    /// Groups whose members the token may not see.
    unseen: &'a [proto::UnseenGroup],
    /// Why a sync would do nothing.
    skipped: Option<&'a str>,
    sonarqube: &'a Compared,
}

pub(super) async fn run(
    settings: &Settings,
    project: &str,
    person: &str,
    output: Output,
) -> Result<(), Failed> {
    let services = Services::reach(settings).await?;
    let looked = services.look(project, Some(Paths::Person(person.to_owned()))).await?;
    let compared = services.compare(&looked).await?;
    let explained = Explained::of(&looked, &compared, person)?;
    if output == Output::Text {
        print!("{}", text::Text(&explained));
    }
    output.print_json(&explained)
}

impl<'a> Explained<'a> {
    fn of(looked: &'a Looked, compared: &'a Compared, person: &str) -> Result<Self, Failed> {
        let report = looked.access.as_ref().ok_or_else(|| Failed::because("the answer lacks the paths"))?;
        let found = report
            .people
            .first()
            .ok_or_else(|| Failed::because(format!("GitLab knows nobody of the username or id {person}")))?;
        Ok(Self {
            project: &looked.plan.project,
            person: found,
            unseen: &report.unseen,
            skipped: compared.skipped.as_deref(),
            sonarqube: compared,
        })
    }
}
