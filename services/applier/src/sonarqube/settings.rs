//! Which of SonarQube's DevOps platform settings stand for the GitLab.
//!
//! GitLab's project ids repeat from one GitLab to the next, so the setting of a binding matters. `SONARQUBE_ALM_KEY`
//! names it. Without that, all settings of type `gitlab` count as long as they have the same address; where there is
//! more than one GitLab nothing is guessed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde::Deserialize;

use super::{
    Reader, SonarQubeError, endpoint,
    page::{Figures, Page, Row},
    reading::Query,
};

/// How long the settings are taken for unchanged.
const SETTINGS_AGE: Duration = Duration::from_secs(600);
/// The same, when none of them would do: somebody may just have added the right one.
const UNFIT_SETTINGS_AGE: Duration = Duration::from_secs(10);

/// A platform that SonarQube imports projects from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct DopSetting {
    id: String,
    #[serde(rename = "type")]
    platform: String,
    key: String,
    /// Of its API. Platforms that are only in the cloud have none.
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SettingsPage {
    page: Figures,
    dop_settings: Vec<DopSetting>,
}

impl Page for SettingsPage {
    type Row = DopSetting;

    fn parts(self) -> (usize, Vec<DopSetting>) {
        (self.page.total, self.dop_settings)
    }
}

impl Row for DopSetting {
    fn identity(&self) -> &str {
        &self.id
    }
}

/// A setting that stands for a GitLab, as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitLabSetting {
    /// Its key, which `SONARQUBE_ALM_KEY` names.
    pub(crate) key: String,
    /// The address of GitLab's API.
    pub(crate) address: String,
}

impl Reader {
    /// The settings that stand for the one GitLab, read afresh.
    ///
    /// # Errors
    /// [`SonarQubeError::Misconfigured`] when `SONARQUBE_ALM_KEY` names none, or is needed.
    pub(crate) async fn gitlabs(&self) -> Result<Vec<GitLabSetting>, SonarQubeError> {
        let settings = self.settings_younger_than(Duration::ZERO).await?;
        let ids = choose(&settings, self.alm_key.as_deref())?;
        let chosen = settings.iter().filter(|setting| ids.contains(&setting.id));
        Ok(chosen
            .map(|setting| GitLabSetting { key: setting.key.clone(), address: setting.address().to_owned() })
            .collect())
    }

    /// The ids of the settings that stand for the one GitLab.
    pub(super) async fn gitlab_settings(&self) -> Result<Vec<String>, SonarQubeError> {
        let settings = self.settings_younger_than(SETTINGS_AGE).await?;
        match choose(&settings, self.alm_key.as_deref()) {
            Ok(ids) if !ids.is_empty() => Ok(ids),
            _ => choose(&self.settings_younger_than(UNFIT_SETTINGS_AGE).await?, self.alm_key.as_deref()),
        }
    }

    async fn settings_younger_than(&self, age: Duration) -> Result<Arc<Vec<DopSetting>>, SonarQubeError> {
        self.settings
            .get(age, || self.reading.all::<SettingsPage>(&endpoint::DOP_SETTINGS, Query::new()))
            .await
    }
}

fn choose(settings: &[DopSetting], alm_key: Option<&str>) -> Result<Vec<String>, SonarQubeError> {
    let gitlab = || settings.iter().filter(|setting| setting.platform.eq_ignore_ascii_case("gitlab"));
    let known = gitlab().map(|setting| setting.key.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(key) = alm_key {
        let named = gitlab().find(|setting| setting.key == key).ok_or_else(|| unknown_key(key, &known))?;
        return Ok(vec![named.id.clone()]);
    }
    let addresses: BTreeSet<&str> = gitlab().map(DopSetting::address).collect();
    if addresses.len() > 1 {
        return Err(several_gitlabs(&known));
    }
    Ok(gitlab().map(|setting| setting.id.clone()).collect())
}

impl DopSetting {
    fn address(&self) -> &str {
        self.url.as_deref().unwrap_or_default().trim_end_matches('/')
    }
}

fn unknown_key(key: &str, known: &str) -> SonarQubeError {
    let known = if known.is_empty() { "none" } else { known };
    SonarQubeError::Misconfigured {
        problem: format!("SonarQube has no GitLab configuration with the key \"{key}\""),
        mend: format!("set SONARQUBE_ALM_KEY to one of those it has ({known}), or leave it empty"),
    }
}

fn several_gitlabs(known: &str) -> SonarQubeError {
    SonarQubeError::Misconfigured {
        problem: "SonarQube knows more than one GitLab, and project ids repeat from one to the next"
            .to_owned(),
        mend: format!("set SONARQUBE_ALM_KEY to the key of the one that GITLAB_URL is ({known})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_platforms_neither_count_nor_stand_in_the_way() {
        let settings: Vec<DopSetting> = serde_json::from_str(
            r#"[
                {"id": "1", "type": "bitbucketcloud", "key": "bb", "url": null, "appId": null},
                {"id": "2", "type": "gitlab", "key": "gl", "url": "https://gitlab.example.com/api/v4"},
                {"id": "3", "type": "github", "key": "gh", "url": "https://api.github.com", "appId": "7"}
            ]"#,
        )
        .unwrap();
        assert_eq!(choose(&settings, None).unwrap(), ["2"]);
        assert!(choose(&settings, Some("gh")).is_err());
    }
}
