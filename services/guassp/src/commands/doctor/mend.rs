//! `guassp doctor --mend default-template`: new projects start closed.

use std::fmt;

use applier::doctor::{CloseError, Closing};
use serde::Serialize;

use super::{Options, Output};
use crate::{commands::consent::ask, exit::Failed, settings::Settings};

/// What is, or was, taken from the default template.
#[derive(Serialize)]
struct Taken<'a> {
    template: &'a str,
    taken: &'a [proto::Change],
}

pub(super) async fn default_template(settings: &Settings, options: &Options) -> Result<(), Failed> {
    let closing = Closing::prepare(&settings.doctor()?).await?;
    let taken = Taken { template: closing.template(), taken: closing.changes() };
    if options.output == Output::Text {
        print!("{taken}");
    }
    if !taken.taken.is_empty() {
        ask("Take these?", options.yes, options.output)?;
        closing.carry_out().await?;
    }
    match options.output {
        Output::Text if taken.taken.is_empty() => {}
        Output::Text => println!("Done: new projects start without these."),
        Output::Json => println!("{}", serde_json::to_string_pretty(&taken).map_err(Failed::because)?),
    }
    Ok(())
}

impl fmt::Display for Taken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.taken.is_empty() {
            return writeln!(
                f,
                "Nothing to do: \"{}\" gives nothing to the groups of sonarqube.close_groups.",
                self.template
            );
        }
        writeln!(f, "From the default permission template \"{}\" this is taken:", self.template)?;
        self.taken.iter().try_for_each(|change| writeln!(f, "  - {}: {}", change.grantee, change.permission))
    }
}

impl From<CloseError> for Failed {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Start(error) => error.into(),
            CloseError::Observes => Self::config(error),
            CloseError::SonarQube(_) => Self::because(error),
        }
    }
}
