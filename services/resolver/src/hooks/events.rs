//! Which events a hook of each kind is to send, by the names of GitLab's API and of its pages.
//!
//! A system hook tells of members, projects, groups and people in any case, and that is all that access takes; a group's
//! hook has to be asked for them. A project's hook tells nothing of members: it is there for its events, and has them all.
//! Sources: GitLab's pages "System hooks", "Group webhooks API", "Project webhooks API".

use super::Place;

/// Which events are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Events {
    /// Those that tell of who has access. Whatever else a hook sends is left as it is.
    #[default]
    Access,
    /// Everything that GitLab has, for those who consume `GUASSP_GITLAB`.
    All,
}

/// An event, and its name on GitLab's page.
pub(super) type Trigger = (&'static str, &'static str);

const SYSTEM: [Trigger; 4] = [
    ("push_events", "Push events"),
    ("tag_push_events", "Tag push events"),
    ("merge_requests_events", "Merge request events"),
    ("repository_update_events", "Repository update events"),
];

const PROJECT: [Trigger; 17] = [
    ("push_events", "Push events"),
    ("tag_push_events", "Tag push events"),
    ("note_events", "Comments"),
    ("confidential_note_events", "Confidential comments"),
    ("issues_events", "Issues events"),
    ("confidential_issues_events", "Confidential issues events"),
    ("merge_requests_events", "Merge request events"),
    ("job_events", "Job events"),
    ("pipeline_events", "Pipeline events"),
    ("wiki_page_events", "Wiki page events"),
    ("deployment_events", "Deployment events"),
    ("feature_flag_events", "Feature flag events"),
    ("releases_events", "Releases events"),
    ("milestone_events", "Milestone events"),
    ("emoji_events", "Emoji events"),
    ("resource_access_token_events", "Project or group access token events"),
    ("vulnerability_events", "Vulnerability events"),
];

/// Without these a group's hook tells nothing of who has access.
const ACCESS: [Trigger; 3] = [
    ("member_events", "Member events"),
    ("subgroup_events", "Subgroup events"),
    ("project_events", "Project events"),
];

impl Events {
    /// What the place's hook has to send.
    pub(super) fn wanted(self, place: &Place) -> Vec<Trigger> {
        match (self, place) {
            (_, Place::Project { .. }) => PROJECT.to_vec(),
            (Self::Access, Place::System) => Vec::new(),
            (Self::Access, Place::Group { .. }) => ACCESS.to_vec(),
            (Self::All, Place::System) => SYSTEM.to_vec(),
            (Self::All, Place::Group { .. }) => [ACCESS.as_slice(), PROJECT.as_slice()].concat(),
        }
    }

    /// What it may send or not. A new hook does not.
    pub(super) fn others(self, place: &Place) -> Vec<Trigger> {
        match (self, place) {
            (Self::Access, Place::System) => SYSTEM.to_vec(),
            (Self::Access, Place::Group { .. }) => PROJECT.to_vec(),
            (_, Place::Project { .. }) | (Self::All, _) => Vec::new(),
        }
    }
}
