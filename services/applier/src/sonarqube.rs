//! The only SonarQube client of the product, with reading apart from writing: a `Reader` has no way to change
//! anything, and the `Writer` is the one type that has.
//!
//! Knows calls, pages, rights and error texts of SonarQube, from 10.8 to 26.8; which versions serve is told in
//! `version`. Does not decide who should hold what, nor when a failed call is made again.

mod bindings;
mod cached;
mod default_visibility;
mod endpoint;
mod error;
mod groups;
mod health;
mod holders;
mod page;
mod project_key;
mod projects;
mod reader;
mod reading;
mod settings;
mod templates;
#[cfg(test)]
pub(crate) mod tests;
mod users;
mod version;
mod writer;

use std::sync::Arc;

pub(crate) use cached::Cached;
pub(crate) use error::SonarQubeError;
pub(crate) use groups::{ANYONE, Group};
pub(crate) use holders::{GroupHolding, Holding};
pub(crate) use project_key::ProjectKey;
pub(crate) use projects::Project;
pub(crate) use reader::{Account, Reader};
pub(crate) use settings::GitLabSetting;
pub(crate) use templates::{DefaultTemplate, Template, TemplateId};
pub(crate) use users::User;
pub(crate) use writer::Writer;

use http::HeaderMap;
use runtime::{
    config::ConfigError,
    http::{Client, Credential, Limits},
    metrics::Metrics,
    secret::Secret,
};
use url::Url;

/// The system's name in metrics, traces and messages.
pub(crate) const SYSTEM: &str = "sonarqube";

/// How SonarQube is reached.
#[derive(Debug, Clone)]
pub struct Config {
    /// SonarQube's address, with the context path if it has one (`SONARQUBE_URL`).
    pub url: Url,
    /// A user token, `squ_…` (`SONARQUBE_TOKEN`). Analysis tokens cannot change permissions.
    pub token: Secret,
    /// The key of the DevOps platform setting that stands for the GitLab (`SONARQUBE_ALM_KEY`).
    pub alm_key: Option<String>,
    /// How patient calls are.
    pub limits: Limits,
}

/// Prepares the two halves of the client. No call is made yet.
///
/// # Errors
/// When the token cannot stand in a header, or the TLS library cannot be set up.
pub(crate) fn connect(config: &Config, metrics: Arc<Metrics>) -> Result<(Reader, Writer), ConfigError> {
    let client =
        Client::new(SYSTEM, &config.url, HeaderMap::new(), &config.limits, metrics).map_err(|error| {
            ConfigError {
                setting: "SONARQUBE_URL".to_owned(),
                problem: format!("cannot be called ({error})"),
                mend: "check the certificates of this machine".to_owned(),
            }
        })?;
    let client = client.signed_in(bearer(&config.token)?);
    let reading = reading::Reading::new(client.clone());
    Ok((Reader::new(reading.clone(), config.alm_key.clone()), Writer::new(client, reading)))
}

fn bearer(token: &Secret) -> Result<Credential, ConfigError> {
    Credential::bearer(token.clone()).map_err(|_| ConfigError {
        setting: "SONARQUBE_TOKEN".to_owned(),
        problem: "holds characters that no token has".to_owned(),
        mend: "paste the token again, without quotes or line breaks".to_owned(),
    })
}
