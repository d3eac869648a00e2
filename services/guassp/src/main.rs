//! The guassp binary. Each command is a file in `commands`; each section of settings is a file in `settings`.

mod commands;
mod exit;
mod open_files;
mod settings;

use std::process::ExitCode;

use crate::{commands::Cli, exit::Failed};

fn main() -> ExitCode {
    let cli = Cli::read();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report(),
    }
}

#[tokio::main]
async fn start(cli: Cli) -> Result<(), Failed> {
    // Two TLS users in one process must agree on one library.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    commands::run(cli).await
}
