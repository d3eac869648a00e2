//! What this system has put into SonarQube beside grants, and taking it away: for `guassp uninstall` alone.
//!
//! Grants stay: they are what people work with. They are put back by `guassp restore`, before this.

use std::sync::Arc;

use runtime::metrics::Metrics;

use crate::{
    StartError,
    sonarqube::{self, Template, Writer},
    write::NAME,
};

/// The temporary permission templates that are left in SonarQube.
#[derive(Debug)]
pub struct Templates {
    writer: Writer,
    found: Vec<Template>,
}

impl Templates {
    /// Looks for them.
    ///
    /// # Errors
    /// When a setting does not fit; the other error is what SonarQube says, for people.
    pub async fn find(config: &sonarqube::Config) -> Result<Result<Self, String>, StartError> {
        let (reader, writer) = sonarqube::connect(config, Arc::new(Metrics::new()?))?;
        let found = reader.templates_named(NAME).await.map_err(|error| error.to_string());
        Ok(found.map(|found| Self { writer, found }))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|template| template.name.as_str())
    }

    /// Removes them, and tells of each what came of it.
    pub async fn remove(self) -> Vec<(String, Result<(), String>)> {
        let mut told = Vec::new();
        for template in self.found {
            let removed = self.writer.delete_template(&template.id).await;
            told.push((template.name, removed.map_err(|error| error.to_string())));
        }
        told
    }
}
