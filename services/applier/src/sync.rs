//! The story of a plan that is to be written: which SonarQube projects are meant, what would change on each, may it be
//! written, write it, remember how it went.

use std::sync::Arc;

use access::fingerprint;
use proto::{AppliedPlan, LastSync, Outcome, Plan, Verdict, Visibility, Waiting, Written};
use runtime::{
    Runtime,
    jetstream::{Delivery, KvError},
};

use crate::{
    audit::{Audit, Because, Told},
    catalog,
    difference::{Comparison, Difference},
    guards::Guards,
    people::Directory,
    project::{ProjectSync, SyncError},
    projects::Projects,
    restore::Past,
    sonarqube::{Project, Reader},
    summary::{nothing_to_do, of_plan, would_be},
    write::Desk,
};

/// What plans are written with.
#[derive(Debug)]
pub(crate) struct Syncs {
    pub(crate) reader: Reader,
    pub(crate) people: Arc<Directory>,
    pub(crate) projects: Arc<Projects>,
    pub(crate) guards: Arc<Guards>,
    pub(crate) audit: Audit,
    pub(crate) hand: Hand,
    pub(crate) runtime: Runtime,
}

/// What an applier does with a difference.
#[derive(Debug)]
pub(crate) enum Hand {
    /// It writes.
    Writes(Box<Desk>),
    /// It has nothing to write with, and tells what it would change.
    Observes,
}

/// Whether the visibility of projects may be changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flips {
    /// Where it differs.
    Now,
    /// Not while a background task of the project runs: everything else is written as the visibility is.
    Later,
}

/// How a plan ended, and what the next one is to know.
#[derive(Debug)]
pub(crate) struct Synced {
    pub(crate) outcome: Outcome,
    waiting: Option<Waiting>,
}

impl Syncs {
    /// Brings every SonarQube project of the plan in line with it, or says why not.
    pub(crate) async fn run(&self, delivery: &Delivery<Plan>, flips: Flips) -> Result<Synced, SyncError> {
        let plan = &delivery.message;
        let past = self.past(plan).await?;
        let (managed, ours) = self.find(plan, past.as_ref()).await?;
        if ours.is_empty() {
            // A project that comes back under its key is another one: what was written is nothing to compare it with.
            self.runtime.jetstream.projects.set_written(plan.project.id, None).await?;
            return Ok(self.skipped(plan, &managed));
        }
        let written = self.runtime.jetstream.projects.written(plan.project.id).await?;
        let comparison = Comparison {
            reader: &self.reader,
            people: &self.people,
            rules: &self.guards.rules,
            plan,
            written: written.as_ref(),
            past: past.as_ref(),
            drift: None,
        };
        let mut differences = Vec::new();
        for project in &ours {
            let becomes = wanted_visibility(plan, past.as_ref(), project).filter(|_| flips == Flips::Now);
            differences.push(comparison.of(project, becomes).await?);
        }
        let wish = past.as_ref().map_or_else(|| wish(plan), |_| "restore".to_owned());
        let because = Because { plan, wish: &wish, delivered: delivery.delivered };
        let told = Told { audit: &self.audit, because };
        match &self.hand {
            Hand::Observes => Ok(self.observed(plan, &managed, &differences)),
            Hand::Writes(desk) => {
                if let Some(held) = self.held(told, &managed, &differences, written.as_ref(), flips).await? {
                    return Ok(held);
                }
                let sync = ProjectSync { comparison, pen: desk.pen(&delivery.lease), told };
                self.write(sync, &managed, differences).await
            }
        }
    }

    async fn past(&self, plan: &Plan) -> Result<Option<Past>, SyncError> {
        let Some(restore) = plan.restore else { return Ok(None) };
        Ok(Some(Past::read(&self.runtime.jetstream, plan.project.id, restore.before).await?))
    }

    /// The SonarQube projects: those that its own provisioning manages, and the others.
    async fn find(
        &self,
        plan: &Plan,
        past: Option<&Past>,
    ) -> Result<(Vec<Project>, Vec<Project>), SyncError> {
        // A SonarQube that starts or migrates answers 404 to calls it knows well; nothing it says then counts.
        self.reader.status().await?;
        if let Some(past) = past {
            let projects = self.still_its_own(plan, self.projects.by_keys(past.keys()).await?).await?;
            return Ok(projects.into_iter().partition(|project| project.managed));
        }
        let catalog = &self.runtime.jetstream.catalog;
        let found = self.projects.find_by_now(&plan.project, catalog).await?;
        let noted = catalog::entry(&found, &plan.project.path, self.runtime.clock.now());
        catalog.note(plan.project.id, noted).await?;
        Ok(found.projects.into_iter().partition(|project| project.managed))
    }

    /// Those that were not found for another GitLab project since: they are that one's now.
    async fn still_its_own(&self, plan: &Plan, projects: Vec<Project>) -> Result<Vec<Project>, SyncError> {
        let catalog = &self.runtime.jetstream.catalog;
        let mut own = Vec::new();
        for project in projects {
            if catalog.claimed_by_another([project.key.as_str()], plan.project.id).await?.is_none() {
                own.push(project);
            }
        }
        Ok(own)
    }

    /// Ends the plan where a guard holds it.
    async fn held(
        &self,
        told: Told<'_>,
        managed: &[Project],
        differences: &[Difference],
        written: Option<&Written>,
        flips: Flips,
    ) -> Result<Option<Synced>, SyncError> {
        let (plan, projects) = (told.because.plan, &self.runtime.jetstream.projects);
        // A person has said so.
        if plan.restore.is_some() {
            return Ok(None);
        }
        let Some(hold) = self.guards.hold(plan, differences, written, flips).await? else { return Ok(None) };
        let reason = hold.reasons.join("; ");
        // A part of a plan is not what a person is asked about.
        if flips == Flips::Now && projects.hold(plan.project.id).await?.as_ref() != Some(&hold) {
            told.held(&hold).await?;
            projects.set_hold(plan.project.id, Some(hold)).await?;
        }
        let summary = would_be(plan, managed, differences);
        let outcome = Outcome { verdict: Verdict::Held, reason: Some(reason), ..summary };
        Ok(Some(Synced { outcome, waiting: self.waiting(plan, differences) }))
    }

    async fn write(
        &self,
        sync: ProjectSync<'_>,
        managed: &[Project],
        differences: Vec<Difference>,
    ) -> Result<Synced, SyncError> {
        let plan = sync.told.because.plan;
        let (projects, before) = (&self.runtime.jetstream.projects, sync.comparison.written);
        let waiting = self.waiting(plan, &differences);
        if differences.iter().any(|difference| !difference.is_nothing()) {
            self.remember(plan, Some(touched(plan, before, &differences))).await?;
        }
        let mut outcome = of_plan(plan, managed, &differences);
        let mut written = Written::default();
        for difference in differences {
            let synced = sync.run(difference).await?;
            let key = synced.difference.project.key.as_str();
            let stood_for = before.and_then(|before| before.projects.get(key));
            written.projects.insert(key.to_owned(), synced.difference.stands_for(stood_for));
            outcome.projects.push(synced.outcome());
        }
        // A restored project is nobody's wish, and what was held before still is.
        let restored = plan.restore.is_some();
        self.remember(plan, (!restored).then_some(written)).await?;
        if !restored {
            projects.set_hold(plan.project.id, None).await?;
        }
        Ok(Synced { outcome, waiting })
    }

    /// Writes down what the next sync tells by what somebody else did.
    async fn remember(&self, plan: &Plan, written: Option<Written>) -> Result<(), KvError> {
        let projects = &self.runtime.jetstream.projects;
        if let Err(error) = projects.set_written(plan.project.id, written).await {
            // Of some hundred thousand people it is more than one message holds.
            tracing::warn!(%error, gitlab.project.id = %plan.project.id, "what was written is not remembered");
            projects.set_written(plan.project.id, None).await?;
        }
        Ok(())
    }

    fn observed(&self, plan: &Plan, managed: &[Project], differences: &[Difference]) -> Synced {
        let summary = would_be(plan, managed, differences);
        let outcome = Outcome { verdict: Verdict::Observed, ..summary };
        Synced { outcome, waiting: self.waiting(plan, differences) }
    }

    fn skipped(&self, plan: &Plan, managed: &[Project]) -> Synced {
        let reason = Some(nothing_to_do(plan, managed));
        let outcome = Outcome { verdict: Verdict::Skipped, reason, ..of_plan(plan, managed, &[]) };
        let waiting = Waiting {
            path: plan.project.path.clone(),
            people: Vec::new(),
            project_missing: true,
            since: self.runtime.clock.now(),
        };
        Synced { outcome, waiting: Some(waiting).filter(|_| managed.is_empty()) }
    }

    /// The people who have not signed in yet.
    fn waiting(&self, plan: &Plan, differences: &[Difference]) -> Option<Waiting> {
        let people = differences.last()?.matched.pending.clone();
        let waiting = Waiting {
            path: plan.project.path.clone(),
            people,
            project_missing: false,
            since: self.runtime.clock.now(),
        };
        Some(waiting).filter(|waiting| !waiting.people.is_empty())
    }

    /// Writes down how the plan ended: before its record does, so that whoever reads the end finds all of it.
    pub(crate) async fn finish(&self, plan: &Plan, synced: &Synced) -> Result<(), KvError> {
        let (projects, id, at) =
            (&self.runtime.jetstream.projects, plan.project.id, self.runtime.clock.now());
        let outcome = synced.outcome.clone();
        if plan.restore.is_none() {
            projects.set_waiting(id, synced.waiting.clone()).await?;
            if outcome.verdict == Verdict::Done {
                projects.raise_applied(id, &applied(plan, at)).await?;
            }
        }
        projects.set_last_sync(id, LastSync { task: plan.task, at, outcome }).await
    }
}

/// What was written, and what is about to be changed: whoever is killed meanwhile leaves of that nobody knows what.
fn touched(plan: &Plan, before: Option<&Written>, differences: &[Difference]) -> Written {
    let mut written = before.cloned().unwrap_or_default();
    written.counted = Some(plan.task);
    for difference in differences {
        let touched = written.touched.entry(difference.project.key.to_string()).or_default();
        for (login, permissions) in difference.touches() {
            let one = touched.entry(login).or_default();
            *one = one.with(permissions);
        }
    }
    written
}

fn applied(plan: &Plan, at: jiff::Timestamp) -> AppliedPlan {
    let fingerprint = plan.unseen.is_empty().then(|| wish(plan));
    AppliedPlan { task: plan.task, order: plan.order, at, members: plan.members.len(), fingerprint }
}

fn wish(plan: &Plan) -> String {
    fingerprint(&plan.members, plan.project.visibility)
}

fn wanted_visibility(plan: &Plan, past: Option<&Past>, project: &Project) -> Option<Visibility> {
    let wanted = past.map_or(plan.project.visibility, |past| past.visibility(&project.key));
    wanted.filter(|wanted| *wanted != project.visibility)
}
