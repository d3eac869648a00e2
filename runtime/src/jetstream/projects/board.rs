//! How far every project is, in memory: which of them SonarQube has, when each was asked for, begun and written last.

use std::collections::BTreeMap;

use async_nats::jetstream::kv::Entry;
use jiff::Timestamp;
use proto::{
    AppliedPlan, CatalogComplete, CatalogEntry, LastSync, NewestTask, ProjectId, StartedTask, Verdict,
    subject,
};

use super::control::project_of;
use crate::jetstream::{
    JetStream, kv,
    mirror::{Mirror, Rows, Source},
};

/// Every project that SonarQube has, or that ever had a task.
#[derive(Debug, Default)]
pub struct ProjectBoard {
    rows: BTreeMap<ProjectId, ProjectRow>,
    complete: bool,
}

/// How far a project is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectRow {
    /// Whether the catalogue has it.
    pub in_sonarqube: bool,
    /// The newest task.
    pub newest: Option<NewestTask>,
    /// The newest task that was begun.
    pub started: Option<StartedTask>,
    /// When a plan of it was last written.
    pub applied: Option<Timestamp>,
    /// Whether its last sync was to change nothing: it was skipped, or only observed.
    pub left_alone: bool,
}

impl JetStream {
    /// How far every project is, in memory, empty until it is kept.
    #[must_use]
    pub fn project_board(&self) -> Mirror<ProjectBoard> {
        let keys = [subject::NEWEST, subject::STARTED, subject::APPLIED, subject::LAST];
        let of_project = |key| Source { bucket: self.projects.bucket.clone(), filter: format!("{key}.*") };
        // Claims have a dot in their keys.
        let catalog = Source { bucket: self.catalog.bucket.clone(), filter: "*".to_owned() };
        Mirror::of(keys.into_iter().map(of_project).chain([catalog]).collect())
    }
}

impl ProjectBoard {
    /// Every project, by id.
    #[must_use]
    pub const fn rows(&self) -> &BTreeMap<ProjectId, ProjectRow> {
        &self.rows
    }

    /// The projects that SonarQube has, by id.
    pub fn in_sonarqube(&self) -> impl Iterator<Item = (ProjectId, &ProjectRow)> {
        self.rows.iter().filter(|(_, row)| row.in_sonarqube).map(|(id, row)| (*id, row))
    }

    /// What was read of a project anyway, before the watch tells of it.
    pub fn learn(&mut self, project: ProjectId, newest: Option<NewestTask>, started: Option<StartedTask>) {
        let row = self.row(project);
        (row.newest, row.started) = (newest, started);
    }

    /// Whether everything that SonarQube's lists show was in the catalogue once.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    fn row(&mut self, project: ProjectId) -> &mut ProjectRow {
        self.rows.entry(project).or_default()
    }
}

impl ProjectRow {
    /// Whether a task waits that nobody has begun or canceled.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let Some(newest) = self.newest.as_ref().filter(|newest| !newest.canceled) else { return false };
        // Positions of two lives of the stream cannot be compared.
        self.started.as_ref().is_none_or(|started| {
            started.position.incarnation != newest.position.incarnation
                || started.position.is_before(&newest.position)
        })
    }

    /// When the project was last asked for or begun, whichever is later. A task that somebody canceled counts: it is not
    /// asked for again at once.
    #[must_use]
    pub fn last_asked(&self) -> Option<Timestamp> {
        let newest = self.newest.as_ref().map(|newest| newest.at);
        newest.max(self.started.as_ref().map(|started| started.at))
    }
}

impl Rows for ProjectBoard {
    fn take(&mut self, entry: &Entry) {
        // What another version wrote is as good as nothing, but for the catalogue: the project is there.
        match entry.key.split_once('.').map(|(kind, _)| kind) {
            Some(subject::NEWEST) => self.put(entry, |row, newest| row.newest = newest),
            Some(subject::STARTED) => self.put(entry, |row, started| row.started = started),
            Some(subject::APPLIED) => self.put(entry, |row, applied: Option<AppliedPlan>| {
                row.applied = applied.map(|plan| plan.at);
            }),
            Some(subject::LAST) => self.put(entry, |row, last: Option<LastSync>| {
                row.left_alone = last
                    .is_some_and(|last| matches!(last.outcome.verdict, Verdict::Skipped | Verdict::Observed));
            }),
            _ if entry.key == subject::COMPLETE_KEY => {
                self.complete = kv::read::<CatalogComplete>(entry).is_ok_and(|found| found.is_some());
            }
            _ => {
                let Ok(project) = entry.key.parse() else { return };
                let gone = kv::read::<CatalogEntry>(entry).is_ok_and(|found| found.is_none());
                self.row(ProjectId(project)).in_sonarqube = !gone;
            }
        }
    }
}

impl ProjectBoard {
    fn put<M: proto::Message>(&mut self, entry: &Entry, set: impl FnOnce(&mut ProjectRow, Option<M>)) {
        if let Some(project) = project_of(&entry.key) {
            set(self.row(project), kv::read(entry).unwrap_or_default());
        }
    }
}
