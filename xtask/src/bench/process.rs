//! What the kernel says about processes, in `/proc`: the time that processors worked for them, and their memory.
//! Linux only.

use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;

/// `/proc` counts in hundredths of a second (`USER_HZ`), whatever the kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

/// User and system time since the process began.
pub(super) fn cpu_time(process: u32) -> Result<Duration> {
    let stat = read(&format!("{process}/stat"))?;
    fields(&stat, 14).with_context(|| format!("/proc/{process}/stat cannot be understood: {stat}"))
}

/// User and system time of the children of this process that have ended.
pub(super) fn cpu_time_of_ended_children() -> Result<Duration> {
    let stat = read("self/stat")?;
    fields(&stat, 16).with_context(|| format!("/proc/self/stat cannot be understood: {stat}"))
}

/// Time since the start that no processor of this machine was idle.
pub(super) fn cpu_time_of_machine() -> Result<Duration> {
    let stat = read("stat")?;
    busy(&stat).with_context(|| format!("/proc/stat cannot be understood: {stat}"))
}

/// The largest resident memory that the process ever had, in bytes.
pub(super) fn peak_memory(process: u32) -> Result<u64> {
    let status = read(&format!("{process}/status"))?;
    high_water(&status).with_context(|| format!("/proc/{process}/status names no VmHWM"))
}

fn read(name: &str) -> Result<String> {
    let path = format!("/proc/{name}");
    fs::read_to_string(&path)
        .with_context(|| format!("cannot read {path} (the benchmark measures processes on Linux only)"))
}

/// The sum of two neighbouring fields, of which the first has this number, counted from 1 as proc(5) does. The name of
/// the program, the second field, may hold spaces and brackets.
fn fields(stat: &str, first: usize) -> Option<Duration> {
    let (_name, rest) = stat.rsplit_once(')')?;
    let mut numbers = rest.split_whitespace().skip(first - 3).map(str::parse::<u32>);
    Some(TICK * numbers.next()?.ok()? + TICK * numbers.next()?.ok()?)
}

/// All columns of the first line but idle and iowait, and the guests', which are in user and nice already.
fn busy(stat: &str) -> Option<Duration> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
    let numbers: Vec<u32> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[user, nice, system, _idle, _iowait, irq, softirq, steal] = numbers.as_slice() else { return None };
    Some([user, nice, system, irq, softirq, steal].iter().map(|ticks| TICK * *ticks).sum())
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (tokio (rt) w) S 1 4711 4711 0 -1 4194560 2171 99 0 0 1234 66 200 50 20 0 9 0 1";

    #[test]
    fn a_program_may_have_any_name() {
        assert_eq!(fields(STAT, 14), Some(Duration::from_secs(13)));
        assert_eq!(fields(STAT, 16), Some(Duration::from_millis(2_500)));
        assert_eq!(fields("nothing of the kind", 14), None);
    }

    #[test]
    fn a_machine_that_waits_is_not_busy() {
        let stat = "cpu  100 10 50 90000 700 1 2 7 5 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(1_700)));
        assert_eq!(busy("cpu  1 2\n"), None);
    }

    #[test]
    fn the_peak_is_told_apart_from_the_present_size() {
        let status = "Name:\tguassp\nVmPeak:\t  900 kB\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(high_water(status), Some(20 << 20));
        assert_eq!(high_water("Name:\tguassp\n"), None);
    }

    #[test]
    fn this_process_has_used_memory() {
        assert!(peak_memory(std::process::id()).unwrap() > 0);
    }
}
