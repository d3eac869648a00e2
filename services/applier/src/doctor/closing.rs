//! Closes the default permission template to the groups that settings name, so that new projects start closed.

use access::{GroupHolder, closings};
use proto::{Change, Grantee, Visibility};

use super::{Config, connect};
use crate::{
    StartError,
    rules::Mode,
    sonarqube::{DefaultTemplate, GroupHolding, Reader, SonarQubeError, Writer},
};

/// What would be taken from the default template. It names single permissions of single groups: what a person has seen
/// is what is done. Nothing is ever taken from `sonar-administrators`, and no project changes by it.
#[derive(Debug)]
pub struct Closing {
    template: DefaultTemplate,
    changes: Vec<Change>,
    reader: Reader,
    writer: Writer,
}

/// Why the template is not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// A setting does not fit.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A guassp that only observes gives nobody access to a project that starts closed.
    #[error(
        "applier.mode is observe: new projects would start closed, and nobody would be given access. Set it to apply first"
    )]
    Observes,
    /// SonarQube did not do it, or cannot be asked. What was done before that stays done.
    #[error("the default template: {0}")]
    SonarQube(String),
}

impl From<SonarQubeError> for CloseError {
    fn from(error: SonarQubeError) -> Self {
        Self::SonarQube(error.to_string())
    }
}

impl Closing {
    /// Reads what the groups of `close_groups` have in the default template, whatever `exposure` says. Nothing is changed
    /// yet.
    ///
    /// # Errors
    /// When the applier only observes, or the template cannot be read.
    pub async fn prepare(config: &Config) -> Result<Self, CloseError> {
        if config.mode == Mode::Observe {
            return Err(CloseError::Observes);
        }
        let (reader, writer) = connect(config)?;
        reader.status().await?;
        let template = reader.default_template().await?;
        let groups: Vec<GroupHolder> = template.groups.iter().map(GroupHolder::from).collect();
        let changes = closings(&groups, &config.close_groups, Visibility::Private);
        Ok(Self { template, changes, reader, writer })
    }

    /// The name of the template.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template.name
    }

    /// What is taken, by group.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Takes it, and looks whether it is gone.
    ///
    /// # Errors
    /// When SonarQube does not take a change, or the template holds one of them still. Doing it again does the rest.
    pub async fn carry_out(&self) -> Result<(), CloseError> {
        for change in &self.changes {
            let (template, permission) = (&self.template.name, change.permission);
            let Grantee::Group(group) = &change.grantee else { continue };
            tracing::info!(template, group, %permission, "taking a permission from the default template");
            self.writer.close_template(&self.template.id, group, permission).await?;
        }
        self.verify().await
    }

    async fn verify(&self) -> Result<(), CloseError> {
        let now = self.reader.default_template().await?;
        let held = |change: &&Change| {
            let of = |group: &&GroupHolding| Grantee::Group(group.name.clone()) == change.grantee;
            now.groups.iter().find(of).is_some_and(|group| group.permissions.contains(change.permission))
        };
        match self.changes.iter().find(held) {
            Some(left) => Err(CloseError::SonarQube(format!(
                "{} still has {} in \"{}\": somebody else changes it, or made another one the default",
                left.grantee, left.permission, now.name
            ))),
            None => Ok(()),
        }
    }
}
