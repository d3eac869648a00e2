//! One project of a chosen size, read several times by one resolver.

use crate::bench::process;
use crate::bench::programs::Programs;
use crate::bench::service::Service;
use crate::bench::stage::Stage;
use crate::say;
use anyhow::{Context, Result};
use std::time::Duration;

/// The stream of plans: one message at most for a project.
const PLANS: &str = "GUASSP_PLANS";
/// A plan that is not there after this time does not come.
const PLAN_LIMIT: Duration = Duration::from_secs(300);

/// What the readings of one size came to.
#[derive(Debug)]
pub(super) struct Size {
    pub(super) members: u64,
    pub(super) readings: Vec<Reading>,
    /// The resolver's largest resident memory, in bytes.
    pub(super) memory: u64,
    /// What the plan takes in its stream, in bytes.
    pub(super) plan: u64,
}

/// One reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Calls to GitLab.
    pub(super) requests: u64,
    /// From its beginning to the plan.
    pub(super) took: Duration,
    /// What the processors worked for the resolver, for the whole task.
    pub(super) resolver: Duration,
    /// The same for the sandbox, which also plays SonarQube here: nothing of it is guassp's.
    pub(super) sandbox: Duration,
}

/// Reads a project of so many members, once to weigh its plan and then so many rounds.
pub(super) fn measure(programs: &Programs, members: u64, rounds: u32) -> Result<Size> {
    let mut stage = Stage::start(programs, &format!("project:{members}"))?;
    let project = stage.project()?;
    let resolver = stage.resolver(&[])?;
    let mut measure = || -> Result<Size> {
        let (plan, _applier) = weigh_plan(&mut stage, project)?;
        let read = |_| read(&stage, &resolver, project);
        let readings: Vec<Reading> = (0..rounds).map(read).collect::<Result<_>>()?;
        let memory = process::peak_memory(resolver.id())?;
        Ok(Size { members, readings, memory, plan })
    };
    let size = measure().with_context(|| resolver.log())?;
    for (number, reading) in size.readings.iter().enumerate() {
        let (round, took) = (number + 1, reading.took.as_millis());
        say::note(&format!("{members} members, round {round}: {} requests, {took} ms", reading.requests));
    }
    Ok(size)
}

/// A first task, whose plan stays in its stream until an applier is started. Gives its size, and the applier.
fn weigh_plan(stage: &mut Stage<'_>, project: u64) -> Result<(u64, Service)> {
    let task = stage.api.sync(project)?;
    let plan = stage.broker.wait(PLAN_LIMIT, PLANS, 1)?;
    let applier = stage.applier(&stage.sandbox.sonarqube, &[])?;
    stage.api.ended(&task).with_context(|| applier.log())?;
    Ok((plan.bytes, applier))
}

fn read(stage: &Stage<'_>, resolver: &Service, project: u64) -> Result<Reading> {
    let state = || -> Result<_> {
        let requests = resolver.figures()?.gitlab_calls();
        Ok((requests, process::cpu_time(resolver.id())?, process::cpu_time(stage.sandbox.id())?))
    };
    let before = state()?;
    let task = stage.api.ended(&stage.api.sync(project)?)?;
    let after = state()?;
    Ok(Reading {
        requests: after.0 - before.0,
        took: task.reading_time()?,
        resolver: after.1.saturating_sub(before.1),
        sandbox: after.2.saturating_sub(before.2),
    })
}
