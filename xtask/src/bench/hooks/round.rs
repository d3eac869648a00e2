//! One burst: a fresh nats-server, gateway and resolver; the posts; and the proof that none was lost.

use super::load::{Load, Report, SECRET};
use super::stored::{self, STREAM};
use crate::account::Account;
use crate::bench::broker::Broker;
use crate::bench::gateway::{self, Gateway as Process};
use crate::bench::process;
use crate::bench::programs::Programs;
use crate::bench::sandbox::Sandbox;
use crate::bench::service::{self, Service};
use crate::scratch::Folder;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// One record for each task.
const TASKS: &str = "KV_guassp_tasks";
/// How long it may take until every event was looked at.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);
/// An event is looked at once: how often it is looked at again says nothing of the burst.
const HOOKS: [(&str, &str); 2] = [("GUASSP_WEBHOOKS__SECRET", SECRET), ("GUASSP_WEBHOOKS__LOOK_AGAIN", "")];

/// What happens to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gateway {
    Stays,
    IsKilled,
}

/// What a burst came to.
#[derive(Debug)]
pub(super) struct Burst {
    pub(super) connections: usize,
    pub(super) fate: Gateway,
    pub(super) report: Report,
    /// Events in the stream.
    pub(super) stored: usize,
    pub(super) tasks: u64,
    /// From the beginning until every project had a task, and no event was left.
    pub(super) took: Duration,
    /// The largest resident memory of the gateway, in bytes; of the second one where the first was killed.
    pub(super) memory: u64,
}

/// Runs one.
pub(super) fn run(
    programs: &Programs,
    sandbox: &Sandbox,
    load: &Load,
    connections: usize,
    fate: Gateway,
) -> Result<Burst> {
    let workspace = &programs.workspace;
    let broker = Broker::start(&programs.nats_server)?;
    service::create_topology(workspace, &broker)?;
    let gitlab = &sandbox.gitlab;
    let settings = [("GITLAB_URL", gitlab.url.as_str()), ("GITLAB_TOKEN", gitlab.token.as_str())];
    let _resolver = Service::start(workspace, &broker, "resolver", &settings)?;
    let port = gateway::free_port()?;
    let start = || Process::start_at(port, workspace, &broker, sandbox, &HOOKS);
    let process = start()?;
    let (url, folder) = (process.url.clone(), Folder::create("bench-hooks", Account::Own)?);
    let begun = Instant::now();
    let (measured, process) = thread::scope(|scope| {
        let posts = scope.spawn(|| load.post(&url, connections, &folder));
        let process = match fate {
            Gateway::Stays => Ok(process),
            Gateway::IsKilled => killed(process, &broker, load.hooks / 2).and_then(|()| start()),
        };
        (posts.join(), process)
    });
    let process = process?;
    let (report, accepted) =
        measured.map_err(|_| anyhow::anyhow!("the load generator's thread panicked"))??;
    check(&report, load.hooks, fate).with_context(|| process.log())?;
    let stored = stored::ids(workspace, &broker)?;
    check_stored(&accepted, &stored)?;
    let tasks = until_looked_at(&broker, load.projects as u64).with_context(|| process.log())?;
    let (took, memory) = (begun.elapsed(), process::peak_memory(process.id())?);
    Ok(Burst { connections, fate, report, stored: stored.len(), tasks, took, memory })
}

/// Kills the gateway as soon as so many events are stored.
fn killed(process: Process, broker: &Broker, events: usize) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    while usize::try_from(broker.stored(STREAM)?.messages)? < events {
        ensure!(Instant::now() < deadline, "the burst did not come to its middle");
        thread::sleep(PAUSE);
    }
    process.kill()
}

/// Everything is accepted in the end, and nothing is refused; only what was on its way when the gateway was killed may
/// have had no answer.
fn check(report: &Report, hooks: usize, fate: Gateway) -> Result<()> {
    let unanswered = report.unanswered();
    ensure!(report.refused() == 0, "not all were accepted: {:?}", report.others);
    ensure!(fate == Gateway::IsKilled || unanswered == 0, "{unanswered} posts had no answer");
    ensure!(report.accepted == hooks, "only {} of {hooks} were accepted", report.accepted);
    Ok(())
}

/// Each webhook that was accepted is in the stream, once, and nothing else is.
fn check_stored(accepted: &BTreeSet<String>, stored: &[String]) -> Result<()> {
    let ids: BTreeSet<String> = stored.iter().cloned().collect();
    let lost: Vec<_> = accepted.difference(&ids).take(5).collect();
    ensure!(lost.is_empty(), "answered with 202, and not stored: {lost:?} and maybe more");
    ensure!(stored.len() == accepted.len(), "{} are stored of {} webhooks", stored.len(), accepted.len());
    Ok(())
}

/// Waits until every event was looked at and every project has a task. Returns how many tasks there are.
fn until_looked_at(broker: &Broker, projects: u64) -> Result<u64> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let (tasks, left) = (broker.stored(TASKS)?.messages, broker.unworked(STREAM, "gateway-hooks")?);
        if left == 0 && tasks >= projects {
            return Ok(tasks);
        }
        ensure!(
            Instant::now() < deadline,
            "{left} events are not worked on, and {projects} projects have {tasks} tasks"
        );
        thread::sleep(PAUSE);
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stays => "undisturbed",
            Self::IsKilled => "killed",
        })
    }
}

impl fmt::Display for Burst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { seconds, per_second, p50, p99, max, .. } = &self.report;
        write!(
            f,
            "{per_second:.0} webhooks/s for {seconds:.1} s, p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms; {} tasks",
            self.tasks
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(requests: usize, accepted: usize, others: &[(&str, usize)]) -> Report {
        let others = others.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Report { requests, accepted, others, seconds: 1.0, per_second: 10.0, p50: 1.0, p99: 2.0, max: 3.0 }
    }

    #[test]
    fn only_a_gateway_that_is_killed_may_leave_posts_without_an_answer() {
        let repeated = report(11, 10, &[("no answer", 1)]);
        assert!(check(&report(10, 10, &[]), 10, Gateway::Stays).is_ok());
        assert!(check(&repeated, 10, Gateway::Stays).is_err());
        assert!(check(&repeated, 10, Gateway::IsKilled).is_ok());
    }

    #[test]
    fn what_is_refused_or_never_accepted_is_an_error() {
        assert!(check(&report(11, 10, &[("503", 1)]), 10, Gateway::IsKilled).is_err());
        assert!(check(&report(10, 9, &[("no answer", 1)]), 10, Gateway::IsKilled).is_err());
    }

    #[test]
    fn a_webhook_that_is_missing_or_there_twice_is_an_error() {
        let accepted = ["a", "b"].map(str::to_owned).into();
        let stored = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        check_stored(&accepted, &stored(&["b", "a"])).unwrap();
        for wrong in [&["a"][..], &["a", "c"], &["a", "b", "b"]] {
            check_stored(&accepted, &stored(wrong)).unwrap_err();
        }
    }
}
