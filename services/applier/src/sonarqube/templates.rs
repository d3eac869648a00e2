//! Permission templates, as far as they can be read: sets of grants that are copied onto a project at once.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use super::{GroupHolding, Reader, SonarQubeError, endpoint, page::incomplete, reading::Query};

/// Which template is meant. Names can be changed, and differ in more than upper and lower case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct TemplateId(String);

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Template {
    /// Its id.
    pub(crate) id: TemplateId,
    /// Its name.
    pub(crate) name: String,
    /// When it was made, by SonarQube's clock, in whole seconds.
    pub(crate) created_at: Timestamp,
}

/// What a new project gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefaultTemplate {
    /// Its id.
    pub(crate) id: TemplateId,
    /// Its name.
    pub(crate) name: String,
    /// What it gives to groups.
    pub(crate) groups: Vec<GroupHolding>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Templates {
    permission_templates: Vec<Template>,
    default_templates: Vec<Default>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Default {
    template_id: TemplateId,
    qualifier: String,
}

/// Projects, in SonarQube's words; commercial editions have default templates of portfolios and applications as well.
const PROJECTS: &str = "TRK";

impl Reader {
    /// The templates whose name begins with `prefix`, upper and lower case told apart: one call, as lists of templates
    /// are not cut into pages unless that is asked for. SonarQube itself looks for the text anywhere in the name, in
    /// any case, and takes `_` and `%` for placeholders.
    ///
    /// # Errors
    /// When SonarQube cannot be read.
    pub(crate) async fn templates_named(&self, prefix: &str) -> Result<Vec<Template>, SonarQubeError> {
        let found = self.search_templates(vec![("q", prefix.to_owned())]).await?;
        let ours = |template: &Template| template.name.starts_with(prefix);
        Ok(found.permission_templates.into_iter().filter(ours).collect())
    }

    /// The template that new projects get, and what it gives to groups. What it gives to whoever makes the project is
    /// not in here.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when SonarQube names none, and [`SonarQubeError::TemplateGone`] when it is
    /// deleted meanwhile.
    pub(crate) async fn default_template(&self) -> Result<DefaultTemplate, SonarQubeError> {
        let Templates { permission_templates, default_templates } =
            self.search_templates(Query::new()).await?;
        let default = default_templates.into_iter().find(|default| default.qualifier == PROJECTS);
        let template = default.and_then(|default| {
            permission_templates.into_iter().find(|template| template.id == default.template_id)
        });
        let Some(Template { id, name, .. }) = template else {
            let reason = "it has no default template of projects".to_owned();
            return Err(incomplete(&endpoint::TEMPLATES, reason));
        };
        let query = vec![("templateId", id.to_string())];
        let groups = self.reading.groups_held(&endpoint::TEMPLATE_GROUPS, &query).await?;
        Ok(DefaultTemplate { id, name, groups })
    }

    async fn search_templates(&self, query: Query) -> Result<Templates, SonarQubeError> {
        self.reading.get(&endpoint::TEMPLATES, query).await
    }
}
