//! One round: a fresh nats-server and gateway, a warm-up, the measured posts, and the proof that each is stored.

use super::load::{Kind, Report};
use super::{Bench, WARM_UP};
use crate::bench::broker::Broker;
use crate::bench::gateway::Gateway;
use crate::bench::{process, service};
use crate::say;
use anyhow::{Context, Result, ensure};
use std::fmt;
use std::time::Duration;

/// Each accepted post puts one message into each: the task, and its record.
const ONE_A_POST: [&str; 2] = ["GUASSP_TASKS", "KV_guassp_tasks"];

/// What a round came to.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) report: Report,
    pub(super) cpu: CpuTime,
    /// The gateway's largest resident memory, in bytes.
    pub(super) memory: u64,
}

/// What the processors worked for each process while the measured posts ran.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuTime {
    pub(super) gateway: Duration,
    pub(super) nats_server: Duration,
    pub(super) gitlab: Duration,
    pub(super) load: Duration,
    /// Whatever else runs on this machine: where this is much, the round says little.
    pub(super) others: Duration,
}

/// Runs one round with tokens of this kind.
pub(super) fn run(bench: &Bench, kind: Kind) -> Result<Round> {
    let broker = Broker::start(&bench.programs.nats_server)?;
    service::create_topology(&bench.programs.workspace, &broker)?;
    let gateway = Gateway::start(&bench.programs.workspace, &broker, &bench.sandbox, &[])?;
    let measured = measure(bench, &broker, &gateway, kind).with_context(|| gateway.log())?;
    check_stored(&broker, WARM_UP + measured.report.requests)?;
    Ok(measured)
}

/// An error unless exactly so many posts are stored.
fn check_stored(broker: &Broker, posts: usize) -> Result<()> {
    for stream in ONE_A_POST {
        let stored = broker.stored(stream)?.messages;
        ensure!(
            usize::try_from(stored) == Ok(posts),
            "{posts} posts were accepted, and {stream} holds {stored} messages"
        );
    }
    Ok(())
}

fn measure(bench: &Bench, broker: &Broker, gateway: &Gateway, kind: Kind) -> Result<Round> {
    accepted(bench.load.warm_up(gateway, kind, WARM_UP)?)?;
    let processes = Processes { gateway: gateway.id(), nats_server: broker.id(), gitlab: bench.sandbox.id() };
    let before = processes.cpu_time()?;
    let report = accepted(bench.load.post(gateway, kind, WARM_UP)?)?;
    let cpu = before.until(&processes.cpu_time()?);
    Ok(Round { report, cpu, memory: process::peak_memory(gateway.id())? })
}

fn accepted(report: Report) -> Result<Report> {
    ensure!(
        report.accepted == report.requests,
        "only {} of {} posts were accepted; the others: {:?}",
        report.accepted,
        report.requests,
        report.others
    );
    Ok(report)
}

/// The processes that run during a round; the load generator's begins and ends in it.
#[derive(Debug)]
struct Processes {
    gateway: u32,
    nats_server: u32,
    gitlab: u32,
}

impl Processes {
    /// Since each process, and the machine, began.
    fn cpu_time(&self) -> Result<CpuTime> {
        let [gateway, nats_server, gitlab] =
            [self.gateway, self.nats_server, self.gitlab].map(process::cpu_time);
        Ok(CpuTime {
            gateway: gateway?,
            nats_server: nats_server?,
            gitlab: gitlab?,
            load: process::cpu_time_of_ended_children()?,
            others: process::cpu_time_of_machine()?,
        })
    }
}

impl CpuTime {
    /// From these figures, in which `others` is the whole machine, to later ones.
    fn until(&self, later: &Self) -> Self {
        let since = |of: fn(&Self) -> Duration| of(later).saturating_sub(of(self));
        let [gateway, nats_server] = [since(|cpu| cpu.gateway), since(|cpu| cpu.nats_server)];
        let [gitlab, load] = [since(|cpu| cpu.gitlab), since(|cpu| cpu.load)];
        let others = since(|cpu| cpu.others).saturating_sub(gateway + nats_server + gitlab + load);
        Self { gateway, nats_server, gitlab, load, others }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { per_second, p50, p99, seconds, .. } = &self.report;
        let took = say::spoken(Duration::from_secs_f64(*seconds));
        write!(f, "{per_second:.0} posts/s for {took}, p50 {p50:.1} ms, p99 {p99:.1} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_did_beyond_the_four_processes_is_others() {
        let at = |[gateway, nats_server, gitlab, load, others]: [u64; 5]| CpuTime {
            gateway: Duration::from_secs(gateway),
            nats_server: Duration::from_secs(nats_server),
            gitlab: Duration::from_secs(gitlab),
            load: Duration::from_secs(load),
            others: Duration::from_secs(others),
        };
        let used = at([1, 2, 3, 4, 100]).until(&at([5, 5, 5, 5, 120]));
        assert_eq!(
            [used.gateway, used.nats_server, used.gitlab, used.load].map(|time| time.as_secs()),
            [4, 3, 2, 1]
        );
        assert_eq!(used.others.as_secs(), 10);
    }
}
