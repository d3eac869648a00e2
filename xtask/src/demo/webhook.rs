//! GitLab tells of a change itself: somebody joins a group, and has their permissions without a pipeline.

use super::difference::Difference;
use super::show;
use super::system::{Guassp, Sandbox};
use crate::http;
use crate::operator::Operator;
use anyhow::{Context, Result, ensure};
use std::thread;
use std::time::{Duration, Instant};

/// What the hook in GitLab and the gateway share.
const SECRET: (&str, &str) = ("GUASSP_WEBHOOKS__SECRET", "a-secret-of-both");
/// Otherwise the project, as one that was never read, would be synchronised before the demo's pipeline asks for it.
const NO_RECONCILE: (&str, &str) = ("GUASSP_RECONCILE__EVERY", "0");

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// What guassp is told for this beyond the four variables.
pub(super) fn settings(operator: &Operator) -> [(&str, &str); 3] {
    [SECRET, NO_RECONCILE, ("GUASSP_TOKENS", &operator.entry)]
}

/// The steps, from the installation of the hook to the grant.
pub(super) fn run(sandbox: &Sandbox, guassp: &Guassp, operator: &Operator) -> Result<()> {
    let gitlab = &sandbox.gitlab;
    show::step("GitLab gets a webhook, and tells of changes itself from now on");
    let connection = [("GITLAB_URL", gitlab.url.as_str()), ("GITLAB_TOKEN", &gitlab.token), SECRET];
    show::lines(&guassp.command(&connection, &["hooks", "install", "--url", &guassp.url])?);

    show::step("Somebody joins the group above the project; no pipeline runs");
    let (person, before) = (gitlab.an_outsider()?, sandbox.sonarqube.grants()?);
    let joined = Instant::now();
    gitlab.add_to_group(&person)?;
    until("a grant", || Ok(sandbox.sonarqube.grants()? != before)).with_context(|| guassp.log())?;
    let took = joined.elapsed();
    until("the end of the task", || is_idle(guassp, operator)).with_context(|| guassp.log())?;
    show::fact("joined", &person.name);
    show::fact("granted", &format!("{} ms after that, by SonarQube's own answer", took.as_millis()));
    show::lines(&Difference::between(&before, &sandbox.sonarqube.grants()?).lines());

    show::step("Which group owns the project, as guassp knows it now");
    let connection = [("GUASSP_URL", guassp.url.as_str()), ("GUASSP_TOKEN", operator.token())];
    show::lines(&guassp.command(&connection, &["directory", &gitlab.project.to_string()])?);
    Ok(())
}

/// Whether no task is left.
fn is_idle(guassp: &Guassp, operator: &Operator) -> Result<bool> {
    let url = format!("{}/tasks?limit=1", guassp.url);
    let tasks = http::get(&url, &[("Authorization", &operator.bearer())])?.json()?;
    Ok(["queued_tasks", "started_tasks", "deferred_tasks"]
        .iter()
        .all(|count| tasks.get(count) == Some(&0.into())))
}

/// Waits for what comes when something `is_there`.
fn until(what: &str, is_there: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    while !is_there()? {
        ensure!(Instant::now() < deadline, "{what} did not come");
        thread::sleep(POLL);
    }
    Ok(())
}
