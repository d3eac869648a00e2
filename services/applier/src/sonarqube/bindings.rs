//! Which SonarQube projects are bound to a GitLab project.
//!
//! A binding names a DevOps platform setting and GitLab's numeric project id. The same id exists in every GitLab, so
//! the setting matters: `SONARQUBE_ALM_KEY` names it. Without that, all settings of type `gitlab` count as long as
//! they have the same address; where there is more than one GitLab nothing is guessed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proto::ProjectId;
use serde::Deserialize;

use super::{
    ProjectKey, Reader, SonarQubeError, endpoint,
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
    #[serde(default)]
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SettingsPage {
    page: Figures,
    dop_settings: Vec<DopSetting>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingsPage {
    page: Figures,
    project_bindings: Vec<Binding>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding {
    id: String,
    dev_ops_platform_setting_id: String,
    project_key: ProjectKey,
    repository: String,
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

impl Page for BindingsPage {
    type Row = Binding;

    fn parts(self) -> (usize, Vec<Binding>) {
        (self.page.total, self.project_bindings)
    }
}

impl Row for Binding {
    fn identity(&self) -> &str {
        &self.id
    }
}

impl Reader {
    /// The keys of the projects bound to the GitLab project: none where nobody bound it, several for a monorepo.
    ///
    /// # Errors
    /// [`SonarQubeError::Misconfigured`] when the right GitLab cannot be told among SonarQube's settings.
    pub(crate) async fn bindings(&self, project: ProjectId) -> Result<BTreeSet<ProjectKey>, SonarQubeError> {
        let settings = self.gitlab_settings().await?;
        if settings.is_empty() {
            return Ok(BTreeSet::new());
        }
        let repository = project.to_string();
        let mut query = vec![("repository", repository.clone())];
        if let [setting] = settings.as_slice() {
            query.push(("dopSettingId", setting.clone()));
        }
        let bindings = self.reading.all::<BindingsPage>(&endpoint::BINDINGS, query).await?;
        let is_ours = |b: &Binding| b.repository == repository && settings.contains(&b.dev_ops_platform_setting_id);
        Ok(bindings.into_iter().filter(is_ours).map(|binding| binding.project_key).collect())
    }

    /// The ids of the settings that stand for the one GitLab.
    async fn gitlab_settings(&self) -> Result<Vec<String>, SonarQubeError> {
        let settings = self.settings_younger_than(SETTINGS_AGE).await?;
        match choose(&settings, self.alm_key.as_deref()) {
            Ok(ids) if !ids.is_empty() => Ok(ids),
            _ => choose(&self.settings_younger_than(UNFIT_SETTINGS_AGE).await?, self.alm_key.as_deref()),
        }
    }

    async fn settings_younger_than(&self, age: Duration) -> Result<Arc<Vec<DopSetting>>, SonarQubeError> {
        self.settings.get(age, || self.reading.all::<SettingsPage>(&endpoint::DOP_SETTINGS, Query::new())).await
    }
}

fn choose(settings: &[DopSetting], alm_key: Option<&str>) -> Result<Vec<String>, SonarQubeError> {
    let gitlab = || settings.iter().filter(|setting| setting.platform.eq_ignore_ascii_case("gitlab"));
    let known = gitlab().map(|setting| setting.key.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(key) = alm_key {
        let named = gitlab().find(|setting| setting.key == key).ok_or_else(|| unknown_key(key, &known))?;
        return Ok(vec![named.id.clone()]);
    }
    let addresses: BTreeSet<&str> = gitlab().map(|setting| setting.url.trim_end_matches('/')).collect();
    if addresses.len() > 1 {
        return Err(several_gitlabs(&known));
    }
    Ok(gitlab().map(|setting| setting.id.clone()).collect())
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
        problem: "SonarQube knows more than one GitLab, and project ids repeat from one to the next".to_owned(),
        mend: format!("set SONARQUBE_ALM_KEY to the key of the one that GITLAB_URL is ({known})"),
    }
}
