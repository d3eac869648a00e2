//! The settings that make SonarQube small, quiet and independent of the machine it runs on.

use crate::postgres::Jdbc;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders that a server writes to, inside its scratch folder: `sonar.path.<name>`.
pub(super) const FOLDERS: [&str; 3] = ["data", "logs", "temp"];

/// What holds on every machine.
const FIXED: [(&str, &str); 14] = [
    ("sonar.web.host", "127.0.0.1"),
    ("sonar.search.host", "127.0.0.1"),
    // The kernel limits that Elasticsearch asks for are for production; mmap is what needs them.
    ("sonar.es.bootstrap.checks.disable", "true"),
    ("sonar.search.javaAdditionalOpts", "-Dnode.store.allow_mmap=false"),
    ("sonar.web.javaOpts", "-Xmx512m -Xms128m -Djava.security.egd=file:/dev/./urandom"),
    ("sonar.ce.javaOpts", "-Xmx512m -Xms128m -Djava.security.egd=file:/dev/./urandom"),
    ("sonar.search.javaOpts", "-Xmx512m -Xms512m -XX:MaxDirectMemorySize=256m"),
    // Nobody reads a short-lived server's usage data, and it must not ask the internet for news.
    ("sonar.telemetry.enable", "false"),
    ("sonar.updatecenter.activate", "false"),
    ("sonar.plugins.risk.consent", "ACCEPTED"),
    // admin:admin is only used to make a token.
    ("sonar.forceRedirectOnDefaultAdminCredentials", "false"),
    ("sonar.log.console", "true"),
    ("sonar.log.level", "INFO"),
    ("sonar.web.gracefulStopTimeOutInMs", "2000"),
];

/// The ports of one server, all free and different.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) web: u16,
    pub(super) search: u16,
    pub(super) transport: u16,
    pub(super) h2: u16,
}

/// The arguments of `java` that start the launcher of the unpacked program in `home`.
pub(super) fn launcher(home: &Path) -> Result<[OsString; 3]> {
    let jar = jar(home)?.with_context(|| format!("{} is no SonarQube", home.display()))?;
    Ok(["-Xmx64m".into(), "-jar".into(), jar.into()])
}

/// Every setting as a `-Dkey=value` argument of the launcher.
pub(super) fn all(scratch: &Path, ports: &Ports, database: Option<&Jdbc>) -> Vec<OsString> {
    let fixed = FIXED.map(|(key, value)| argument(key, value));
    let folders = FOLDERS.map(|name| {
        let folder = scratch.join(name);
        argument(&format!("sonar.path.{name}"), &folder.to_string_lossy())
    });
    let servers = [
        ("sonar.web.port", ports.web),
        ("sonar.search.port", ports.search),
        ("sonar.es.port", ports.transport),
    ];
    let servers = servers.map(|(key, port)| argument(key, &port.to_string()));
    // Where SonarQube is told a port of the embedded database, it uses that, whatever else it is told.
    let database = match database {
        None => vec![argument("sonar.embeddedDatabase.port", &ports.h2.to_string())],
        Some(Jdbc { url, role, .. }) => {
            vec![argument("sonar.jdbc.url", url), argument("sonar.jdbc.username", role)]
        }
    };
    fixed.into_iter().chain(folders).chain(servers).chain(database).collect()
}

/// The whole environment: the person's own `JAVA_TOOL_OPTIONS` or `SONAR_…` would change the server.
/// Elasticsearch's launcher leaves folders in the system's temporary folder unless told otherwise. The database's password
/// is here because everybody on the machine sees arguments.
pub(super) fn environment(
    scratch: &Path,
    database: Option<&Jdbc>,
) -> impl Iterator<Item = (&'static str, String)> {
    let folder = scratch.to_string_lossy().into_owned();
    let password = database.map(|jdbc| ("SONAR_JDBC_PASSWORD", jdbc.password.clone()));
    let fixed = [
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("JDK_JAVA_OPTIONS", format!("-Djava.io.tmpdir={folder} -XX:-UsePerfData")),
        ("ES_TMPDIR", folder.clone()),
        ("HOME", folder),
    ];
    fixed.into_iter().chain(password)
}

fn argument(key: &str, value: &str) -> OsString {
    format!("-D{key}={value}").into()
}

fn jar(home: &Path) -> Result<Option<PathBuf>> {
    let items = fs::read_dir(home.join("lib")).context("the SonarQube in the cache is broken: remove it")?;
    let jars = items.flatten().map(|item| item.path());
    Ok(jars.into_iter().find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("sonar-application-") && name.ends_with(".jar")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { web: 1, search: 2, transport: 3, h2: 4 };

    fn arguments(database: Option<&Jdbc>) -> String {
        let all = all(Path::new("/scratch"), &PORTS, database).into_iter();
        all.map(|argument| argument.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_embedded_database_listens_where_it_is_told() {
        assert!(arguments(None).contains("-Dsonar.embeddedDatabase.port=4"));
        assert!(!arguments(None).contains("jdbc"));
    }

    #[test]
    fn another_database_is_not_contradicted_and_its_password_not_shown() {
        let [url, role, password] = ["jdbc:postgresql://db/new", "ada", "secret"].map(str::to_owned);
        let jdbc = Jdbc { url, role, password };
        let arguments = arguments(Some(&jdbc));
        assert!(arguments.contains("-Dsonar.jdbc.url=jdbc:postgresql://db/new -Dsonar.jdbc.username=ada"));
        assert!(!arguments.contains("embeddedDatabase") && !arguments.contains("secret"));
        let environment: Vec<_> = environment(Path::new("/scratch"), Some(&jdbc)).collect();
        assert!(environment.contains(&("SONAR_JDBC_PASSWORD", "secret".to_owned())));
    }
}
