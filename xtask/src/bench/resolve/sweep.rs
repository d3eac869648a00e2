//! A sweep of many projects in which nothing has changed since they were synchronised.

use crate::bench::figures::Figures;
use crate::bench::process;
use crate::bench::programs::Programs;
use crate::bench::service::Service;
use crate::bench::stage::Stage;
use crate::say;
use anyhow::{Context, Result, ensure};
use std::thread;
use std::time::{Duration, Instant};

/// Tasks that wait or are worked on at a time in the first synchronisation.
const TASKS_AT_A_TIME: u64 = 200;
/// A first synchronisation, or a sweep, that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// How often the tasks are counted.
const TASKS_LOOK: Duration = Duration::from_millis(100);
/// How often the sweep is looked at: the next one begins soon after it, and must not be measured with it.
const SWEEP_LOOK: Duration = Duration::from_millis(20);

/// How often a resolver sweeps.
const SWEEP_EVERY: &str = "GUASSP_RESOLVER__SWEEP__EVERY";
/// Sweeps are of the projects that SonarQube has, as the applier lists them.
const CATALOG_REFRESH: (&str, &str) = ("GUASSP_APPLIER__CATALOG_REFRESH", "1s");

/// What a sweep came to.
#[derive(Debug)]
pub(super) struct Swept {
    pub(super) projects: u64,
    /// Calls to GitLab.
    pub(super) requests: u64,
    pub(super) took: Duration,
    /// What the processors worked for the resolver since it started.
    pub(super) resolver: Duration,
    /// The resolver's largest resident memory, in bytes.
    pub(super) memory: u64,
}

/// Synchronises so many projects once, and lets a fresh resolver sweep them.
pub(super) fn measure(programs: &Programs, projects: u64) -> Result<Swept> {
    let stage = Stage::start(programs, &format!("sweep:{projects}"))?;
    let applier = stage.applier(&stage.sandbox.sonarqube, &[CATALOG_REFRESH])?;
    synchronise(&stage, &applier)?;
    let started = Instant::now();
    let mut resolver = stage.resolver(&[(SWEEP_EVERY, "1s")])?;
    let swept = sweep(&mut resolver, started, projects).with_context(|| resolver.log())?;
    say::note(&format!(
        "{projects} projects: {} requests, {:.2} a project, in {}",
        swept.requests,
        swept.requests_a_project(),
        say::spoken(swept.took)
    ));
    Ok(swept)
}

/// A task for each project, all to their end, by a resolver that is stopped then.
fn synchronise(stage: &Stage<'_>, applier: &Service) -> Result<()> {
    let resolver = stage.resolver(&[(SWEEP_EVERY, "0")])?;
    let started = Instant::now();
    let all = || {
        for (posted, project) in (0..).zip(&stage.projects) {
            wait_for(stage, (posted + 1_u64).saturating_sub(TASKS_AT_A_TIME))?;
            stage.api.sync(*project)?;
        }
        wait_for(stage, stage.projects.len() as u64)
    };
    all().with_context(|| resolver.log()).with_context(|| applier.log())?;
    let done = applier.figures()?.count("guassp_tasks_ended_total", &[("verdict", "done")]);
    ensure!(done == stage.projects.len() as u64, "only {done} of {} tasks are done", stage.projects.len());
    let (requests, took) = (resolver.figures()?.gitlab_calls(), say::spoken(started.elapsed()));
    say::note(&format!("{done} projects synchronised for the first time: {requests} requests, in {took}"));
    Ok(())
}

/// Waits until so many tasks have ended.
fn wait_for(stage: &Stage<'_>, ended: u64) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let found = stage.api.counters()?.ended()?;
        if found >= ended {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "only {found} tasks have ended, {ended} were expected");
        thread::sleep(TASKS_LOOK);
    }
}

/// Waits for the end of the first sweep of a resolver.
fn sweep(resolver: &mut Service, started: Instant, projects: u64) -> Result<Swept> {
    let mut looks = Looks { idle: started };
    loop {
        let (at, figures) = (Instant::now(), resolver.figures()?);
        if let Some(took) = looks.take(at, &figures) {
            check_unchanged(&figures, projects)?;
            let (cpu, memory) = (process::cpu_time(resolver.id())?, process::peak_memory(resolver.id())?);
            return Ok(Swept { projects, requests: figures.gitlab_calls(), took, resolver: cpu, memory });
        }
        resolver.check_alive()?;
        ensure!(at - started < LIMIT, "no sweep has ended after {}", say::spoken(LIMIT));
        thread::sleep(SWEEP_LOOK);
    }
}

/// An error unless each project was found unchanged, and once: what is measured is one such sweep.
fn check_unchanged(figures: &Figures, projects: u64) -> Result<()> {
    let found = figures.count("guassp_sweep_projects_total", &[]);
    let unchanged = figures.count("guassp_sweep_projects_total", &[("result", "unchanged")]);
    ensure!(
        (found, unchanged) == (projects, projects),
        "of {projects} projects the sweep looked at {found} and found {unchanged} unchanged"
    );
    Ok(())
}

/// Looks at the figures of a resolver that has just been started.
#[derive(Debug)]
struct Looks {
    /// The last look at which GitLab had not been asked anything.
    idle: Instant,
}

impl Looks {
    /// How long the sweep took, once one has ended.
    fn take(&mut self, at: Instant, figures: &Figures) -> Option<Duration> {
        if figures.count("guassp_sweeps_total", &[]) > 0 {
            return Some(at - self.idle);
        }
        if figures.gitlab_calls() == 0 {
            self.idle = at;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(calls: u64, sweeps: u64, unchanged: u64, changed: u64) -> Figures {
        let call =
            r#"guassp_upstream_call_duration_seconds_count{method="GET",status="2xx",system="gitlab"}"#;
        Figures::new(format!(
            "{call} {calls}\nguassp_sweeps_total {sweeps}\n\
             guassp_sweep_projects_total{{result=\"unchanged\"}} {unchanged}\n\
             guassp_sweep_projects_total{{result=\"changed\"}} {changed}\n"
        ))
    }

    #[test]
    fn a_sweep_begins_with_its_first_call() {
        let started = Instant::now();
        let after = |seconds| started + Duration::from_secs(seconds);
        let mut looks = Looks { idle: started };
        assert_eq!(looks.take(after(1), &figures(0, 0, 0, 0)), None);
        assert_eq!(looks.take(after(3), &figures(0, 0, 0, 0)), None);
        assert_eq!(looks.take(after(5), &figures(900, 0, 700, 0)), None);
        assert_eq!(looks.take(after(9), &figures(2_000, 1, 2_000, 0)), Some(Duration::from_secs(6)));
    }

    #[test]
    fn a_sweep_that_found_a_change_or_began_anew_is_not_measured() {
        check_unchanged(&figures(9, 1, 5, 0), 5).unwrap();
        for other in [figures(9, 1, 4, 0), figures(9, 1, 5, 1), figures(9, 1, 6, 0)] {
            check_unchanged(&other, 5).unwrap_err();
        }
    }
}
