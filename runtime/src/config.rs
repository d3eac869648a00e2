//! Settings in layers: embedded defaults, then a file, then the environment.
//!
//! A setting has one dotted key. The environment reaches it as `GUASSP_<SECTION>__<KEY>`, and where it is older than
//! this program also by its own name (`GITLAB_URL`); see [`Variable`]. A secret may be given as `<NAME>_FILE`, the
//! path of a file that holds it. Unknown keys are errors: a misspelled setting must not be silently without effect.

pub mod duration;
mod environment;

use std::{
    fmt,
    path::{Path, PathBuf},
};

pub use environment::{Variable, Written};
use figment::{
    Figment,
    error::Kind,
    providers::{Format, Toml},
};
use serde::{Serializer, de::DeserializeOwned};

/// A setting that is missing or wrong: which one, what is wrong, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The setting, by key or by variable.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

impl ConfigError {
    /// The error of a setting that must be there and is not.
    #[must_use]
    pub fn missing(variable: &str, example: &str) -> Self {
        Self {
            setting: variable.to_owned(),
            problem: "is not set".to_owned(),
            mend: format!("set {variable}, for example {variable}={example}"),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.setting, self.problem, self.mend)
    }
}

impl std::error::Error for ConfigError {}

/// Where settings come from.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The embedded file with every setting.
    pub defaults: &'static str,
    /// The file that somebody named.
    pub file: Option<PathBuf>,
    /// The environment as it is.
    pub environment: Vec<(String, String)>,
    /// The environment names that are not `GUASSP_<SECTION>__<KEY>`, and the secrets.
    pub variables: &'a [Variable],
}

/// Reads all settings as `T`.
///
/// # Errors
/// When the file cannot be read, a key is unknown, or a value does not fit its setting.
pub fn load<T: DeserializeOwned>(sources: Sources<'_>) -> Result<T, ConfigError> {
    let mut figment = Figment::from(Toml::string(sources.defaults));
    if let Some(file) = &sources.file {
        figment = figment.merge(Toml::string(&checked(file)?));
    }
    let environment = environment::Environment::read(sources.environment, sources.variables)?;
    figment
        .merge(&environment)
        .extract()
        .map_err(|error| explain(&error, &environment, sources.file.as_deref()))
}

fn read(path: &Path, what: &str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError {
        setting: format!("{what} {}", path.display()),
        problem: format!("cannot be read ({error})"),
        mend: "check the path and that this user may read it".to_owned(),
    })
}

/// The file's text, if it is TOML. The parser's own message would show the line, and with it perhaps a secret.
fn checked(file: &Path) -> Result<String, ConfigError> {
    let text = read(file, "configuration file")?;
    let Err(error) = text.parse::<toml::Table>() else { return Ok(text) };
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| before.lines().count().max(1));
    Err(ConfigError {
        setting: format!("configuration file {}", file.display()),
        problem: format!("is no TOML (line {line}: {})", error.message()),
        mend: "correct that line; texts need quotes on both sides".to_owned(),
    })
}

/// What is wrong with a value, without the value: it may be a secret.
fn problem(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("expected {expected}"),
        other => other.to_string(),
    }
}

fn explain(
    error: &figment::Error,
    environment: &environment::Environment,
    file: Option<&Path>,
) -> ConfigError {
    let key = error.path.join(".");
    let (setting, mend) = match (environment.name_of(&key), file) {
        (Some(name), _) => (name, "correct its value".to_owned()),
        (None, Some(file)) => (key, format!("correct it in {} or in the environment", file.display())),
        (None, None) => (key, "correct it; `guassp config show` lists every setting".to_owned()),
    };
    ConfigError { setting, problem: format!("is wrong ({})", problem(&error.kind)), mend }
}

/// Writes an address without the user and password in it.
///
/// # Errors
/// When the serializer fails.
pub fn masked_url<S: Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let masked = |server: &str| match (server.split_once("://"), server.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://********@{host}"),
        (None, Some((_, host))) => format!("********@{host}"),
        (_, None) => server.to_owned(),
    };
    let servers = url.as_deref().unwrap_or_default().split(',').map(|server| masked(server.trim()));
    serializer.serialize_str(&servers.collect::<Vec<_>>().join(","))
}

/// Writes a secret as a row of stars: `config show` is for screens and tickets.
///
/// # Errors
/// When the serializer fails.
pub fn masked<T, S: Serializer>(secret: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.is_some() { "********" } else { "" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret;
    use serde::Deserialize;

    use super::*;
    use crate::secret::Secret;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        gitlab: GitLab,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct GitLab {
        url: String,
        token: Option<Secret>,
        skip: Vec<u64>,
        #[serde(with = "duration")]
        timeout: Duration,
    }

    const DEFAULTS: &str = "[gitlab]\nurl = \"https://gitlab.com\"\nskip = []\ntimeout = \"1m\"\n";
    const VARIABLES: &[Variable] = &[
        Variable { name: "GITLAB_URL", key: "gitlab.url", kind: Written::Text },
        Variable { name: "GITLAB_TOKEN", key: "gitlab.token", kind: Written::Secret },
        Variable { name: "GITLAB_SKIP", key: "gitlab.skip", kind: Written::List },
    ];

    fn settings(environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        load(Sources { defaults: DEFAULTS, file: None, environment, variables: VARIABLES })
    }

    #[test]
    fn a_secret_of_digits_stays_text() {
        let settings = settings(&[("GITLAB_TOKEN", "00123")]).unwrap();
        assert_eq!(settings.gitlab.token.unwrap().current().expose_secret(), "00123");
    }

    #[test]
    fn a_secret_can_come_from_a_file_without_its_last_newline() {
        let file = std::env::temp_dir().join(format!("guassp-secret-{}", std::process::id()));
        std::fs::write(&file, "glpat-from-file\n").unwrap();
        let settings = settings(&[("GITLAB_TOKEN_FILE", file.to_str().unwrap())]).unwrap();
        assert_eq!(settings.gitlab.token.unwrap().current().expose_secret(), "glpat-from-file");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_secret_file_that_is_not_there_is_named() {
        let error = settings(&[("GITLAB_TOKEN_FILE", "/nowhere/token")]).unwrap_err();
        assert!(error.to_string().contains("GITLAB_TOKEN_FILE /nowhere/token cannot be read"), "{error}");
    }

    #[test]
    fn a_list_is_separated_by_commas_and_may_have_spaces() {
        assert_eq!(settings(&[("GITLAB_SKIP", " 1, 22 ,3")]).unwrap().gitlab.skip, [1, 22, 3]);
        assert!(settings(&[("GITLAB_SKIP", "")]).unwrap().gitlab.skip.is_empty());
    }

    #[test]
    fn any_setting_is_reached_by_section_and_key() {
        let settings = settings(&[("GUASSP_GITLAB__TIMEOUT", "90s"), ("GUASSP_GITLAB__URL", "1")]).unwrap();
        assert_eq!(settings.gitlab.timeout, Duration::from_secs(90));
        assert_eq!(settings.gitlab.url, "1");
    }

    #[test]
    fn an_error_in_a_file_names_the_line_and_shows_no_secret() {
        let file = std::env::temp_dir().join(format!("guassp-broken-{}.toml", std::process::id()));
        for (text, says) in [
            ("[gitlab]\ntoken = \"glpat-secret\n", "line 2"),
            ("[gitlab]\ntoken = 1234567890\n", "expected a string"),
        ] {
            std::fs::write(&file, text).unwrap();
            let sources = Sources {
                defaults: DEFAULTS,
                file: Some(file.clone()),
                environment: vec![],
                variables: VARIABLES,
            };
            let error = load::<Settings>(sources).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
            assert!(!error.contains("glpat-secret") && !error.contains("1234567890"), "{error}");
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url = Some("nats://u:secret@n1:4222,n2:4222".to_owned());
        let shown = masked_url(&url, serde_json::value::Serializer).unwrap();
        assert_eq!(shown, "nats://********@n1:4222,n2:4222");
    }

    #[test]
    fn a_misspelled_variable_is_an_error_that_names_it() {
        let error = settings(&[("GUASSP_GITLAB__URLL", "x")]).unwrap_err();
        assert!(error.to_string().starts_with("GUASSP_GITLAB__URLL is wrong"), "{error}");
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_variable() {
        let error = settings(&[("GITLAB_SKIP", "alice")]).unwrap_err();
        assert!(error.to_string().starts_with("GITLAB_SKIP is wrong"), "{error}");
    }
}
