//! The visibility that SonarQube gives to new projects.

use proto::Visibility;
use serde::Deserialize;

use super::{Reader, SonarQubeError, endpoint, page::incomplete};

#[derive(Debug, Deserialize)]
struct Values {
    settings: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Value {
    key: String,
    value: Option<String>,
}

const KEY: &str = "projects.default.visibility";

impl Reader {
    /// The visibility of new projects.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when SonarQube says something else.
    pub(crate) async fn default_visibility(&self) -> Result<Visibility, SonarQubeError> {
        let values: Values = self.reading.get(&endpoint::SETTINGS, vec![("keys", KEY.to_owned())]).await?;
        let value = values.settings.into_iter().find(|setting| setting.key == KEY);
        match value.and_then(|setting| setting.value).as_deref() {
            Some("private") => Ok(Visibility::Private),
            // Nobody has set it.
            Some("public") | None => Ok(Visibility::Public),
            Some(other) => Err(incomplete(&endpoint::SETTINGS, format!("{KEY} is {other}"))),
        }
    }
}
