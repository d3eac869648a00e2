//! Fetches SonarQube Community Build: a zip with Maven coordinates, unpacked into the cache.

use crate::wheel::unzip;
use crate::{cache, say, shell};
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The home folder of the unpacked version; downloaded (about 1 GB) and unpacked when missing.
pub(super) fn fetch(version: &str) -> Result<PathBuf> {
    let name = format!("sonarqube-{version}");
    let entry = cache::entry(&name, |folder| unpack(version, folder))
        .with_context(|| format!("cannot fetch SonarQube {version}"))?;
    Ok(entry.join(name))
}

fn unpack(version: &str, folder: &Path) -> Result<()> {
    let zip = zip(version)?;
    say::note(&format!("unpacking SonarQube {version}"));
    unzip(&zip, folder)?;
    let home = folder.join(format!("sonarqube-{version}"));
    if !home.is_dir() {
        bail!("{} does not hold a folder sonarqube-{version}", zip.display());
    }
    // The only folder of its home that a server insists on; it stays empty without plugins, so it need
    // not be writable.
    fs::create_dir_all(home.join("extensions/downloads"))?;
    readable_by_everybody(folder)
}

/// The account that runs the server is another one when root unpacks.
fn readable_by_everybody(folder: &Path) -> Result<()> {
    shell::run(Command::new("chmod").args(["-R", "a+rX,go-w"]).arg(folder))
}

/// The zip in the local Maven repository, downloaded by Maven when it is not there.
fn zip(version: &str) -> Result<PathBuf> {
    let repository = local_repository()?;
    let file =
        format!("org/sonarsource/sonarqube/sonar-application/{version}/sonar-application-{version}.zip");
    let zip = repository.join(file);
    if !zip.is_file() {
        download(version, &repository)?;
    }
    match zip.is_file() {
        true => Ok(zip),
        false => bail!("Maven did not leave {}", zip.display()),
    }
}

fn download(version: &str, repository: &Path) -> Result<()> {
    if !shell::exists("mvn") {
        bail!("Maven is missing: install it (Debian: apt-get install maven)");
    }
    say::note("downloading SonarQube with Maven: about 1 GB");
    let artifact = format!("org.sonarsource.sonarqube:sonar-application:{version}:zip");
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-C", "dependency:get", "-Dtransitive=false"]);
    maven.arg(format!("-Dartifact={artifact}"));
    maven.arg(format!("-Dmaven.repo.local={}", repository.display()));
    shell::run(&mut maven).context("the download failed: check the network, Maven's settings and the version")
}

/// Maven's own default, named to it as well, so that both sides surely mean the same folder.
fn local_repository() -> Result<PathBuf> {
    let home = env::var_os("HOME").context("no HOME is set: Maven needs one")?;
    let repository = PathBuf::from(home).join(".m2/repository");
    fs::create_dir_all(&repository).with_context(|| format!("cannot create {}", repository.display()))?;
    Ok(repository)
}
