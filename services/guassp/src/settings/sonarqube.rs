//! Section `sonarqube`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use ::applier::{
    people, projects,
    rules::{Exposed, Rules},
    sonarqube,
};
use proto::{ProjectId, UserId};
use runtime::{
    config::{ConfigError, duration, masked},
    http::Limits,
    secret::Secret,
};
use serde::{Deserialize, Serialize};

use super::gitlab::base_url;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SonarQube {
    url: Option<String>,
    #[serde(serialize_with = "masked")]
    pub(super) token: Option<Secret>,
    alm_key: Option<String>,
    skip_groups: Vec<String>,
    provider: String,
    key_template: Option<String>,
    match_by_name: bool,
    user_mapping: Option<PathBuf>,
    pub(super) exposure: Exposed,
    close_groups: Vec<String>,
    #[serde(with = "duration")]
    people_refresh_after: Duration,
    #[serde(with = "duration")]
    people_max_age: Duration,
    projects: BTreeMap<String, Vec<String>>,
}

const EXAMPLE: &str = "https://sonarqube.example.com";

impl SonarQube {
    pub(super) fn client(&self, limits: &Limits) -> Result<sonarqube::Config, ConfigError> {
        let url = self.url.as_ref().ok_or_else(|| ConfigError::missing("SONARQUBE_URL", EXAMPLE))?;
        let token = self
            .token
            .clone()
            .ok_or_else(|| ConfigError::missing("SONARQUBE_TOKEN", "squ_... (a user token)"))?;
        Ok(sonarqube::Config {
            url: base_url("SONARQUBE_URL", url, EXAMPLE)?,
            token,
            alm_key: self.alm_key.clone(),
            limits: limits.clone(),
        })
    }

    pub(super) fn people(&self, exempt: BTreeSet<UserId>) -> Result<people::Config, ConfigError> {
        Ok(people::Config {
            mapping: self.mapping()?,
            provider: self.provider.clone(),
            exempt,
            skip_groups: self.skip_groups.clone(),
            refresh_after: self.people_refresh_after,
            max_age: self.people_max_age,
        })
    }

    /// The groups that are closed on private projects.
    pub(super) fn closed_groups(&self) -> Result<BTreeSet<String>, ConfigError> {
        Rules::closed(self.exposure, &self.close_groups)
    }

    /// The groups that are closed where groups are closed.
    pub(super) fn close_groups(&self) -> Result<BTreeSet<String>, ConfigError> {
        Rules::closed(Exposed::Close, &self.close_groups)
    }

    fn mapping(&self) -> Result<people::Mapping, ConfigError> {
        let Some(file) = self.user_mapping.as_ref().filter(|file| !file.as_os_str().is_empty()) else {
            return Ok(people::Mapping::default());
        };
        let wrong = |problem: String, mend: &str| ConfigError {
            setting: "SONARQUBE_USER_MAPPING".to_owned(),
            problem: format!("{} {problem}", file.display()),
            mend: mend.to_owned(),
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            wrong(format!("cannot be read ({error})"), "name a file of lines gitlab_user_id,email or login")
        })?;
        people::Mapping::parse(&text).map_err(|error| {
            wrong(format!("is wrong ({error})"), "mend these lines; each is gitlab_user_id,email or login")
        })
    }

    pub(super) fn projects(&self) -> Result<projects::Config, ConfigError> {
        let entry = |(id, keys): (&String, &Vec<String>)| project_id(id).map(|id| (id, keys.clone()));
        Ok(projects::Config {
            keys: self.projects.iter().map(entry).collect::<Result<_, _>>()?,
            key_template: self.key_template.clone(),
            by_name: self.match_by_name,
        })
    }
}

/// TOML's keys are text.
fn project_id(text: &str) -> Result<ProjectId, ConfigError> {
    text.parse().map(ProjectId).map_err(|_| ConfigError {
        setting: format!("sonarqube.projects.{text}"),
        problem: "is not GitLab's number of a project".to_owned(),
        mend: "write the number, which GitLab shows below the project's name".to_owned(),
    })
}
