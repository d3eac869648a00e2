//! `guassp config check` and `guassp config show`.

use clap::Subcommand;

use crate::{exit::Failed, settings::Settings};

/// What to do with the settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Check that every role has what it needs.
    Check,
    /// Show every setting as it is in force; secrets are masked.
    Show,
}

pub(super) fn run(settings: &Settings, action: Action) -> Result<(), Failed> {
    match action {
        Action::Check => check(settings),
        Action::Show => show(settings),
    }
}

fn check(settings: &Settings) -> Result<(), Failed> {
    settings.gateway()?;
    let resolver = settings.resolver()?;
    settings.applier()?;
    println!("The settings are complete: every role has what it needs.");
    for warning in resolver.policy.warnings() {
        println!("Warning: {warning}.");
    }
    for variable in settings.without_effect() {
        println!("{variable} is set and has no effect: it belongs to the older tool.");
    }
    Ok(())
}

fn show(settings: &Settings) -> Result<(), Failed> {
    print!("{}", toml::to_string(settings).map_err(Failed::because)?);
    Ok(())
}
