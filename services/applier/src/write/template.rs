//! A temporary permission template with everything that the project is to have, applied in one transaction: whoever looks
//! sees what was there before or all that is wanted, and nothing in between, whatever is killed meanwhile.
//!
//! Applying replaces every grant of the project, so the template carries what is kept, too: groups, local and exempt
//! people, this system's own rights, and permissions that this build does not know. Somebody else may change the project
//! while the template is filled; it is read again right before, and nothing is applied to a project that has moved.
//!
//! A template is named after its project. One that is there already was left by a crash, or belongs to an applier that
//! has lost the plan and does not know yet: it is removed, and with it the other's chance to apply it.

use std::{collections::BTreeMap, time::Instant};

use jiff::{SignedDuration, Timestamp};
use proto::{Grantee, Permission, PermissionSet};

use super::{Pen, WriteError};
use crate::{
    audit::Told,
    difference::{Difference, Held},
    sonarqube::{Reader, SonarQubeError, Template, TemplateId, Writer},
};

/// What the names of all temporary templates begin with.
pub(crate) const NAME: &str = "guassp temporary";

/// A template that is older than this was left by a crash: no project takes so long.
const ABANDONED: SignedDuration = SignedDuration::from_hours(6);

/// Tells the changes while it fills a template, then applies it.
pub(super) async fn write(pen: &Pen<'_>, difference: &Difference, told: Told<'_>) -> Result<(), WriteError> {
    let prefix = format!("{NAME} {} ", told.because.plan.project.id);
    remove(pen, &prefix).await?;
    // Names are unique and may have 100 characters.
    let name = format!("{prefix}{}", attempt(&told));
    let description = format!("Being filled for {}; removed when it is applied", difference.project.key);
    let template = pen.call(pen.desk.writer.create_template(&name, &description)).await?;
    let applied = fill_and_apply(pen, difference, told, &template).await;
    // Also after a failure: what could not be removed here is removed by the next plan of the project.
    let removed = pen.call(pen.desk.writer.delete_template(&template)).await;
    if let Err(error) = removed {
        tracing::warn!(%error, template = name, "a temporary template is not removed yet");
    }
    applied
}

async fn fill_and_apply(
    pen: &Pen<'_>,
    difference: &Difference,
    told: Told<'_>,
    template: &TemplateId,
) -> Result<(), WriteError> {
    // First what may turn out not to go into a template at all.
    for entry in unknown(difference) {
        entry.fill_if_taken(pen, template).await?;
    }
    let entries = known(difference);
    let (count, began) = (entries.len(), Instant::now());
    let fill = async {
        pen.calls(entries.into_iter().map(|entry| entry.fill(pen, template)).collect()).await?;
        pen.desk.pace.fill.observe(count, began.elapsed());
        Ok(())
    };
    // The template changes nothing yet, so the changes may be told meanwhile.
    let tell = async { told.changes(difference).await.map_err(WriteError::from) };
    tokio::try_join!(fill, tell)?;
    let key = &difference.project.key;
    if !Held::read(&pen.desk.reader, key).await?.is_same(&difference.held) {
        return Err(WriteError::Moved(key.clone()));
    }
    pen.call(pen.desk.writer.apply_template(template, key)).await?;
    verify(pen, difference).await
}

/// Reads what is there now: SonarQube drops what it does not store without a word.
async fn verify(pen: &Pen<'_>, difference: &Difference) -> Result<(), WriteError> {
    let key = &difference.project.key;
    let there = Held::read(&pen.desk.reader, key).await?.permissions();
    if without_empty(there) == without_empty(difference.after()) {
        return Ok(());
    }
    let reason = format!("{key} does not hold what its template held");
    Err(SonarQubeError::Incomplete { call: "the permissions of a project", reason }.into())
}

fn without_empty(held: BTreeMap<Grantee, PermissionSet>) -> BTreeMap<Grantee, PermissionSet> {
    held.into_iter().filter(|(_, permissions)| !permissions.is_empty()).collect()
}

/// One line of a template.
struct Entry {
    grantee: Grantee,
    /// The key of the permission: also of one that this build does not know.
    permission: String,
}

impl Entry {
    async fn fill(self, pen: &Pen<'_>, template: &TemplateId) -> Result<(), SonarQubeError> {
        let writer = &pen.desk.writer;
        match &self.grantee {
            Grantee::Login(login) => writer.fill_user(template, login, &self.permission).await,
            Grantee::Group(group) => writer.fill_group(template, group, &self.permission).await,
        }
    }

    /// The same for a permission that this build does not know: there are some that SonarQube lists and takes from
    /// nobody's hand (26.8 says so of `architectureadmin` in its default template).
    async fn fill_if_taken(self, pen: &Pen<'_>, template: &TemplateId) -> Result<(), WriteError> {
        let Self { grantee, permission } = &self;
        let refused =
            WriteError::NotForTemplates { permission: permission.clone(), grantee: grantee.clone() };
        match pen.call(self.fill(pen, template)).await {
            Err(WriteError::SonarQube(SonarQubeError::Rejected { .. })) => Err(refused),
            filled => filled,
        }
    }
}

/// Everything that the project is to have, of the permissions that this system handles.
fn known(difference: &Difference) -> Vec<Entry> {
    let entries = |(grantee, permissions): (Grantee, PermissionSet)| {
        let entry = |permission: Permission| Entry {
            grantee: grantee.clone(),
            permission: permission.key().to_owned(),
        };
        permissions.iter().map(entry).collect::<Vec<_>>()
    };
    difference.after().into_iter().flat_map(entries).collect()
}

/// Everything that is held there of other permissions. Some are not even listed, and are lost: on 26.8
/// `architectureadmin` of `sonar-administrators`, which means nothing there.
fn unknown(difference: &Difference) -> Vec<Entry> {
    let entries = |(grantee, _, other): (Grantee, PermissionSet, &[String])| {
        let entry = |key: &String| Entry { grantee: grantee.clone(), permission: key.clone() };
        other.iter().map(entry).collect::<Vec<_>>()
    };
    difference.held.each().flat_map(entries).collect()
}

/// How many lines the template of a difference has.
pub(super) fn size(difference: &Difference) -> usize {
    known(difference).len() + unknown(difference).len()
}

/// Removes the templates whose names begin with `prefix`.
async fn remove(pen: &Pen<'_>, prefix: &str) -> Result<(), WriteError> {
    for template in pen.desk.reader.templates_named(prefix).await? {
        tracing::info!(template = template.name, "removing a temporary template that was left");
        pen.call(pen.desk.writer.delete_template(&template.id)).await?;
    }
    Ok(())
}

/// Removes temporary templates that a crash has left long ago, of projects that have not had a plan since.
pub(crate) async fn sweep(reader: &Reader, writer: &Writer, now: Timestamp) -> Result<(), SonarQubeError> {
    for template in abandoned(reader, now).await? {
        tracing::info!(template = template.name, "removing a temporary template that was left");
        writer.delete_template(&template.id).await?;
    }
    Ok(())
}

/// Temporary templates that a crash has left long ago.
pub(crate) async fn abandoned(reader: &Reader, now: Timestamp) -> Result<Vec<Template>, SonarQubeError> {
    let mut templates = reader.templates_named(NAME).await?;
    templates.retain(|template| now.duration_since(template.created_at) > ABANDONED);
    Ok(templates)
}

/// What tells this attempt from every other.
fn attempt(told: &Told<'_>) -> String {
    format!("{}.{}", told.because.plan.task, told.because.delivered)
}
