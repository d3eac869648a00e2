//! What an event is about that people may have to see to.

use std::fmt;

use proto::{Event, ProjectId};

use crate::About;

/// Something that may need a person. Each has one issue at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Matter {
    /// A project that cannot be synchronised.
    Failed(ProjectId),
    /// More projects fail than have issues of their own.
    ManyFailed,
    /// A plan that waits for approval.
    Held(ProjectId),
    /// A token that ends soon, by the system that it is for.
    Token(String),
}

impl Matter {
    /// Everything that the event may have begun or ended, as far as people are to be told of it.
    pub(crate) fn of(event: &Event, about: About) -> Vec<Self> {
        let matters = match event {
            Event::TaskEnded(ended) => vec![Self::Failed(ended.project), Self::Held(ended.project)],
            Event::Held(held) => vec![Self::Held(held.project)],
            Event::Control(control) => control.project.map(Self::Held).into_iter().collect(),
            Event::TokenEnds(token) => vec![Self::Token(token.system.clone())],
            Event::Grant(_) | Event::Visibility(_) | Event::Drift(_) => Vec::new(),
        };
        matters.into_iter().filter(|matter| matter.is_wanted(about)).collect()
    }

    const fn is_wanted(&self, about: About) -> bool {
        match self {
            Self::Failed(_) | Self::ManyFailed => about.failed,
            Self::Held(_) => about.held,
            Self::Token(_) => about.tokens,
        }
    }
}

/// The key of the record, and what its marker says.
impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(project) => write!(f, "failed.{project}"),
            Self::ManyFailed => f.write_str("failed.many"),
            Self::Held(project) => write!(f, "held.{project}"),
            Self::Token(system) => write!(f, "token.{system}"),
        }
    }
}
