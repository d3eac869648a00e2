//! One sync, and what it takes: time and calls, as the services count them.

use crate::bench::figures::Figures;
use crate::bench::process;
use crate::bench::sandbox::System;
use crate::bench::service::Service;
use crate::bench::stage::Stage;
use crate::say;
use anyhow::{Context, Result};
use std::fmt;
use std::time::Duration;

/// A task begins at once, also after another of the project.
const AT_ONCE: (&str, &str) = ("GUASSP_RESOLVER__MIN_INTERVAL", "0s");
/// The catalogue's messages when SonarQube's one project is listed: it, whose turn it was, and that it is whole.
const LISTED: u64 = 3;
const CATALOG: &str = "KV_guassp_catalog";
const LISTING_LIMIT: Duration = Duration::from_secs(60);

/// One sync.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sync {
    /// From the acceptance of its task to its end.
    pub(super) took: Duration,
    /// Calls to GitLab.
    pub(super) gitlab: u64,
    /// Calls to SonarQube that read.
    pub(super) reads: u64,
    /// Calls to SonarQube that write.
    pub(super) writes: u64,
    /// What SonarQube took to answer them, summed: more than `took` where it answers several at a time.
    pub(super) answers: Duration,
    /// What the processors worked for the applier.
    pub(super) applier: Duration,
}

/// Everything that a sync runs on.
#[derive(Debug)]
pub(super) struct Running<'a> {
    resolver: Service,
    applier: Service,
    /// GitLab's id of the one project.
    pub(super) project: u64,
    pub(super) stage: Stage<'a>,
}

impl<'a> Running<'a> {
    /// Starts the services on a stage, the applier for this SonarQube and with more settings if any are given.
    pub(super) fn start(mut stage: Stage<'a>, sonarqube: &System, more: &[(&str, &str)]) -> Result<Self> {
        let project = stage.project()?;
        let resolver = stage.resolver(&[AT_ONCE])?;
        let applier = stage.applier(sonarqube, more)?;
        // The applier lists the catalogue first, which is no part of any sync.
        stage.broker.wait(LISTING_LIMIT, CATALOG, LISTED).with_context(|| applier.log())?;
        Ok(Self { resolver, applier, project, stage })
    }

    /// One task to its end.
    pub(super) fn sync(&self) -> Result<Sync> {
        let sync = || -> Result<Sync> {
            let before = self.state()?;
            let task = self.stage.api.ended(&self.stage.api.sync(self.project)?)?;
            Ok(self.state()?.since(&before, task.whole_time()?))
        };
        let sync = sync().with_context(|| self.applier.log()).with_context(|| self.resolver.log())?;
        say::note(&sync.to_string());
        Ok(sync)
    }

    fn state(&self) -> Result<State> {
        let (resolver, applier) = (self.resolver.figures()?, self.applier.figures()?);
        Ok(State { resolver, applier, cpu: process::cpu_time(self.applier.id())? })
    }
}

/// What the services had counted at one moment.
#[derive(Debug)]
struct State {
    resolver: Figures,
    applier: Figures,
    cpu: Duration,
}

impl State {
    fn since(&self, before: &Self, took: Duration) -> Sync {
        let calls = |method| self.applier.sonarqube_calls(method) - before.applier.sonarqube_calls(method);
        Sync {
            took,
            gitlab: self.resolver.gitlab_calls() - before.resolver.gitlab_calls(),
            reads: calls("GET"),
            writes: calls("POST"),
            answers: self.applier.sonarqube_answers().saturating_sub(before.applier.sonarqube_answers()),
            applier: self.cpu.saturating_sub(before.cpu),
        }
    }
}

impl fmt::Display for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { took, gitlab, reads, writes, .. } = self;
        let took = say::spoken(*took);
        write!(
            f,
            "a sync: {took}, {gitlab} calls to GitLab, {reads} that read SonarQube, {writes} that write it"
        )
    }
}
