//! Serves the worked example, or a world for a benchmark, as a process of its own, for a demo and for Docker Compose.
//!
//! `sandbox [--gitlab ADDRESS] [--sonarqube ADDRESS] [--gitlab-url URL]`, or the environment variables
//! `SANDBOX_GITLAB`, `SANDBOX_SONARQUBE`, `SANDBOX_GITLAB_URL`. The last names the address that GitLab's own links
//! and ID tokens carry, where others reach it by another name than it listens on.
//!
//! `--hooks URL` (`SANDBOX_HOOKS`) gives GitLab a system hook to there, switched on for all events, with the secret
//! `--hook-token TEXT` (`SANDBOX_HOOK_TOKEN`) where that is given.
//!
//! For a benchmark: `--world project:MEMBERS` or `--world sweep:PROJECTS` (`SANDBOX_WORLD`) serves a world of that size
//! in place of the example; see [`bench::Size`]. `--jobs N` (`SANDBOX_JOBS`) adds N projects with a running job each, and
//! `--tokens FILE` (`SANDBOX_TOKENS`) writes a line for each of them, `<project id> <job token> <ID token>`, the latter
//! for the `--audience TEXT` (`SANDBOX_AUDIENCE`; guassp). The line with the summary comes when the file is whole.

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use sandbox::bench;
use sandbox::gitlab::HookOwner;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut worlds = match setting("--world", "SANDBOX_WORLD") {
        Some(size) => size.parse::<bench::Size>()?.worlds(),
        None => sandbox::example::shop(),
    };
    worlds.gitlab.external_url = setting("--gitlab-url", "SANDBOX_GITLAB_URL");
    if let Some(url) = setting("--hooks", "SANDBOX_HOOKS") {
        let hook = worlds.gitlab.add_hook(HookOwner::Instance, &url);
        hook.events.extend(HookOwner::Instance.events());
        hook.token = setting("--hook-token", "SANDBOX_HOOK_TOKEN");
    }
    let gitlab = address("--gitlab", "SANDBOX_GITLAB", "127.0.0.1:8929")?;
    let sonarqube = address("--sonarqube", "SANDBOX_SONARQUBE", "127.0.0.1:9000")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let jobs = match setting("--jobs", "SANDBOX_JOBS") {
        Some(count) => bench::add_jobs(&mut worlds.gitlab, count.parse()?),
        None => Vec::new(),
    };
    let running = worlds.serve(gitlab, sonarqube).await?;
    if let Some(file) = setting("--tokens", "SANDBOX_TOKENS") {
        let audience = setting("--audience", "SANDBOX_AUDIENCE").unwrap_or_else(|| "guassp".to_owned());
        bench::write_tokens(&running.gitlab, &jobs, &audience, Path::new(&file))?;
    }
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", running.summary())?;
    stdout.flush()?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn address(flag: &str, variable: &str, default: &str) -> Result<SocketAddr, Box<dyn Error>> {
    let text = setting(flag, variable).unwrap_or_else(|| default.to_owned());
    text.parse().map_err(|error| format!("{flag} {text}: {error}").into())
}

/// `--flag value`, `--flag=value`, or the environment.
#[expect(clippy::disallowed_methods, reason = "the sandbox is no part of the product and has few settings")]
fn setting(flag: &str, variable: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let inline = arguments.iter().find_map(|argument| argument.strip_prefix(flag)?.strip_prefix('='));
    let after = || arguments.iter().skip_while(|argument| *argument != flag).nth(1).map(String::as_str);
    inline.or_else(after).map(str::to_owned).or_else(|| std::env::var(variable).ok())
}
