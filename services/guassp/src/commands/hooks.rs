//! `guassp hooks install|list|remove`: this system's webhooks in GitLab.

use std::{fmt, sync::Arc};

use clap::{Args, Subcommand};
use resolver::hooks::{Choice, Done, Events, Health, HookError, Hooks, Mode, Outcome, Places, Wanted};
use runtime::metrics::Metrics;
use serde::Serialize;

use super::ask::Output;
use crate::{exit::Failed, settings::Settings};

/// What GitLab sends of projects is less than what it sends of groups.
const NO_MEMBERS: &str = "Hooks of projects tell nothing of members: who joins or leaves is found by pipelines, by the \
                          sweep and by reconciling. Hooks of a group (GitLab Premium) or of the system tell it at once.";

/// What to do with hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make the hooks, or make those that are there as they should be; there is never a second one at a place.
    Install(Install),
    /// Show the hooks that lead here, and how they are.
    List(Where),
    /// Take the hooks that lead here away, and no others.
    Remove(Where),
}

/// Which hooks, and what they send.
#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Have them send every event that GitLab has, for those who consume the events; otherwise those that tell of who has
    /// access, and whatever a hook sends already.
    #[arg(long)]
    all_events: bool,
    #[command(flatten)]
    place: Where,
}

/// Which hooks.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// The public address of the gateway, in place of webhooks.url.
    #[arg(long)]
    url: Option<String>,
    /// A group, by id or path. Without any place: the whole system where the token is an administrator's, otherwise the
    /// top-level groups that its user owns, otherwise the projects that its user maintains.
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// A project, by id or path.
    #[arg(long, value_name = "PROJECT")]
    project: Vec<String>,
    /// Only tell what would be done.
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) async fn run(settings: &Settings, action: Action) -> Result<(), Failed> {
    match action {
        Action::Install(Install { all_events, place }) => {
            let (hooks, wanted, places) = reach(settings, &place).await?;
            let wanted = wanted.sending(if all_events { Events::All } else { Events::Access });
            if let Some(count) = places.maintained().filter(|_| place.output == Output::Text) {
                println!(
                    "The token's user owns no top-level group: hooks go to the {count} projects that it maintains."
                );
            }
            let done = hooks.install(&wanted, &places, place.mode()).await?;
            tell(&wanted, done, place.output, places.have_projects().then_some(NO_MEMBERS))
        }
        Action::Remove(place) => {
            let (hooks, wanted, places) = reach(settings, &place).await?;
            tell(&wanted, hooks.remove(&wanted, &places, place.mode()).await, place.output, None)
        }
        Action::List(place) => {
            let (hooks, wanted, places) = reach(settings, &place).await?;
            let health = hooks.list(&wanted, &places).await?;
            place.output.print(&Found(health))
        }
    }
}

impl Where {
    const fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Apply }
    }
}

async fn reach(settings: &Settings, place: &Where) -> Result<(Hooks, Wanted, Places), Failed> {
    let wanted = settings.hooks_to(place.url.as_deref())?;
    let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
    let hooks = Hooks::new(&settings.gitlab_client()?, metrics)?;
    let choice = Choice { groups: place.group.clone(), projects: place.project.clone(), ..Choice::default() };
    let places = hooks.places(&choice).await?;
    Ok((hooks, wanted, places))
}

/// What failed ends the program with code 1, and what is left to a person with code 77, so that a script notices.
fn tell(
    wanted: &Wanted,
    places: Vec<Done>,
    output: Output,
    note: Option<&'static str>,
) -> Result<(), Failed> {
    let told = Told { url: wanted.url.to_string(), places, note };
    output.print(&told)?;
    let count = |result| told.places.iter().filter(|done| done.result == result).count();
    match (count(Outcome::Failed), count(Outcome::ByHand)) {
        (0, 0) => Ok(()),
        (0, left) => {
            Err(Failed::not_allowed(format!("{left} places are left to a person; the steps are above")))
        }
        (failed, _) => {
            Err(Failed::because(format!("{failed} hooks are not as they should be; the reasons are above")))
        }
    }
}

#[derive(Serialize)]
struct Told {
    url: String,
    places: Vec<Done>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places.is_empty() {
            return writeln!(f, "There is no hook to {}.", self.url);
        }
        for Done { place, result, hook, details } in &self.places {
            let hook = hook.map(|hook| format!(" (hook {hook})")).unwrap_or_default();
            writeln!(f, "{place}: {}{hook}", words(*result))?;
            details.iter().try_for_each(|detail| writeln!(f, "  - {detail}"))?;
        }
        self.note.map_or(Ok(()), |note| writeln!(f, "{note}"))
    }
}

const fn words(result: Outcome) -> &'static str {
    match result {
        Outcome::Installed => "installed",
        Outcome::Updated => "updated",
        Outcome::Woken => "woken: GitLab had switched it off",
        Outcome::Unchanged => "as it should be",
        Outcome::Removed => "removed",
        Outcome::WouldInstall => "would be installed",
        Outcome::WouldUpdate => "would be updated",
        Outcome::WouldRemove => "would be removed",
        Outcome::ByHand => "left to a person",
        Outcome::Failed => "failed",
    }
}

#[derive(Serialize)]
struct Found(Health);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Health { hooks, without, unseen } = &self.0;
        for hook in hooks {
            let well = if hook.problems.is_empty() { "well" } else { "not well" };
            writeln!(f, "{}: hook {} to {}: {well}", hook.place, hook.hook, hook.url)?;
            hook.problems.iter().try_for_each(|problem| writeln!(f, "  - {problem}"))?;
        }
        without.iter().try_for_each(|place| writeln!(f, "{place}: none"))?;
        unseen.iter().try_for_each(|place| writeln!(f, "{place} (not to be seen with this token)"))
    }
}

impl From<HookError> for Failed {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Start(error) => error.into(),
            HookError::NoPlace(_) => Self::not_allowed(error),
            HookError::NoSecret => Self::config(error),
            HookError::Incomplete(_) => Self::because(error),
            HookError::Call(failure) if failure.is_unauthorized() => {
                Self::not_allowed(format!("GITLAB_TOKEN: {failure}"))
            }
            HookError::Call(failure) => Self::because(format!("GITLAB_URL: {failure}")),
        }
    }
}
