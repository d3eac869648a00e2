//! `cargo xtask demo`: the whole system on this machine, one membership granted and revoked, and one that GitLab tells of
//! itself.
//!
//! Each step shows the command that a person would type, then what came back. Nothing outside this
//! machine is contacted; the sandbox plays GitLab and SonarQube.

mod difference;
mod gitlab;
mod pipeline;
mod show;
mod sonarqube;
pub(crate) mod system;
mod webhook;

use crate::operator::Operator;
use crate::workspace::Workspace;
use crate::{nats_server, shell};
use anyhow::{Context, Result};
use clap::Args;
use difference::Difference;
use pipeline::{Ended, Task};
use std::path::Path;
use std::thread;
use std::time::Duration;
use system::{Guassp, Sandbox};

/// How the demo ends.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Leave everything running until Ctrl-C, to try things by hand.
    #[arg(long)]
    keep: bool,
}

/// Runs the demo from an empty machine to the closing words.
pub(crate) fn run(options: &Options) -> Result<()> {
    let nats_server = nats_server::find_or_fetch()?;
    let workspace = Workspace::find()?;
    shell::run(&mut workspace.cargo(&["build", "-p", "guassp", "-p", "sandbox", "--bins"]))?;

    show::title("guassp: GitLab memberships become SonarQube permissions");
    let sandbox = start_sandbox(&workspace)?;
    let operator = Operator::new(&workspace.built("guassp"), "demo")?;
    let guassp = start_guassp(&workspace, &nats_server, &sandbox, &operator)?;
    first_sync(&sandbox, &guassp)?;
    revoke(&sandbox, &guassp)?;
    nothing_to_do(&sandbox, &guassp)?;
    webhook::run(&sandbox, &guassp, &operator)?;
    real_servers();
    if options.keep {
        keep(sandbox, guassp)?;
    }
    Ok(())
}

fn start_sandbox(workspace: &Workspace) -> Result<Sandbox> {
    show::step("A GitLab and a SonarQube to try on: the sandbox");
    let sandbox = Sandbox::start(workspace)?;
    show::fact("GitLab", &sandbox.gitlab.url);
    show::fact("SonarQube", &sandbox.sonarqube.url);
    Ok(sandbox)
}

fn start_guassp(
    workspace: &Workspace,
    nats_server: &Path,
    sandbox: &Sandbox,
    operator: &Operator,
) -> Result<Guassp> {
    show::step("guassp itself: all services in one process, with a broker of its own");
    let guassp = Guassp::start(workspace, nats_server, sandbox, &webhook::settings(operator))?;
    show::fact("guassp", &guassp.url);
    show::fact("metrics", &format!("{}/metrics", guassp.admin_url));
    Ok(guassp)
}

fn first_sync(sandbox: &Sandbox, guassp: &Guassp) -> Result<()> {
    show::step("Who may do what in GitLab");
    show::table(&["person", "level"], &sandbox.gitlab.people()?);
    show::step("A pipeline of the project asks for a sync");
    let (ended, changed) = sync(sandbox, guassp)?;
    show::step("The plan: what each person is to have in SonarQube");
    show::table(&["person", "permissions"], &ended.plan());
    show::step("What changed in SonarQube");
    show::lines(&changed.lines());
    Ok(())
}

fn revoke(sandbox: &Sandbox, guassp: &Guassp) -> Result<()> {
    show::step("Somebody leaves the project in GitLab");
    let person = sandbox.gitlab.a_direct_member()?;
    sandbox.gitlab.remove(&person)?;
    show::fact("removed", &person.name);
    show::step("The next pipeline asks for a sync: the permissions go too");
    show::lines(&sync(sandbox, guassp)?.1.lines());
    Ok(())
}

fn nothing_to_do(sandbox: &Sandbox, guassp: &Guassp) -> Result<()> {
    show::step("One more sync: nothing has changed, so nothing is written");
    show::lines(&sync(sandbox, guassp)?.1.lines());
    Ok(())
}

/// Posts a task as a pipeline would, waits for its end, and returns it with what SonarQube shows of it.
fn sync(sandbox: &Sandbox, guassp: &Guassp) -> Result<(Ended, Difference)> {
    let before = sandbox.sonarqube.grants()?;
    let task = Task::post(&guassp.url, &sandbox.job_token)?;
    let ended = task.follow().with_context(|| guassp.log())?;
    show::lines(&ended.lines());
    let changed = Difference::between(&before, &sandbox.sonarqube.grants()?);
    Ok((ended, changed))
}

fn real_servers() {
    show::step("With your own servers: four variables, the same program");
    show::lines(&[
        "GITLAB_URL=https://gitlab.example.com GITLAB_TOKEN=… \\".to_owned(),
        "SONARQUBE_URL=https://sonarqube.example.com SONARQUBE_TOKEN=… \\".to_owned(),
        "  guassp all-in-one".to_owned(),
        String::new(),
        "In the pipeline of a project: curl -X POST -H \"JOB-TOKEN: $CI_JOB_TOKEN\" https://guassp.example.com/task"
            .to_owned(),
        "And with GUASSP_WEBHOOKS__SECRET=…, once: guassp hooks install --url https://guassp.example.com".to_owned(),
    ]);
}

/// Ctrl-C ends this program; the leashes then end the servers.
fn keep(mut sandbox: Sandbox, mut guassp: Guassp) -> Result<()> {
    show::step("Everything keeps running until Ctrl-C");
    show::fact("guassp", &guassp.url);
    show::fact("GitLab", &sandbox.gitlab.url);
    show::fact("SonarQube", &sandbox.sonarqube.url);
    loop {
        sandbox.check_alive()?;
        guassp.check_alive()?;
        thread::sleep(Duration::from_secs(1));
    }
}
