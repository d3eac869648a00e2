//! A project's status in words, for somebody at a terminal.

use std::fmt;

use super::{HeldPlan, LastEnd, Pending, ProjectStatus};
use crate::{Lines, change::ProjectLines};

impl fmt::Display for ProjectStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "project {}: ", self.id)?;
        match &self.last {
            Some(last) => last.fmt(f)?,
            None if self.newest.is_none() && self.started.is_none() => writeln!(f, "never synced")?,
            None => writeln!(f, "no sync has ended yet")?,
        }
        if let (Some(at), Some(seconds)) = (self.last_success, self.stale_seconds) {
            writeln!(f, "  in line at {at}, {} ago", Age(seconds))?;
        }
        if let Some(pause) = &self.paused {
            writeln!(f, "  {pause}")?;
        }
        if self.sonarqube_missing {
            writeln!(f, "  SonarQube has no project for it")?;
        }
        self.pending.fmt(f)?;
        self.held.as_ref().map_or(Ok(()), |held| held.fmt(f))
    }
}

impl fmt::Display for LastEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, verdict, granted, revoked, drift, .. } = self;
        writeln!(f, "{} at {at}, {granted} granted, {revoked} revoked (task {})", verdict.key(), self.task)?;
        self.reason.as_ref().map_or(Ok(()), |reason| writeln!(f, "  {reason}"))?;
        if *drift > 0 {
            writeln!(f, "  drift: somebody else had changed {drift} of the grants")?;
        }
        self.kept.iter().try_for_each(|kept| writeln!(f, "  note: {kept}"))?;
        self.exposure.iter().try_for_each(|exposure| writeln!(f, "  exposure: {exposure}"))
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return Ok(());
        }
        let names: Vec<&str> = self.people.iter().map(|person| person.username.as_str()).collect();
        let more = self.count.saturating_sub(names.len());
        write!(f, "  not signed in to SonarQube yet: {}", names.join(", "))?;
        if more > 0 { writeln!(f, " and {more} more") } else { writeln!(f) }
    }
}

/// With every listed change, so that whoever approves has seen what it is about.
impl fmt::Display for HeldPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, digest, at, reasons, grants, revokes, projects } = self;
        writeln!(f, "  held since {at}: {grants} would be granted, {revokes} revoked")?;
        reasons.iter().try_for_each(|reason| writeln!(f, "  held: {reason}"))?;
        writeln!(f, "  task {task}, digest {digest}")?;
        let projects = projects.as_deref().unwrap_or_default();
        for project in projects {
            let becomes = project.becomes.map(|becomes| format!(" (becomes {becomes})")).unwrap_or_default();
            writeln!(f, "{}{becomes}", project.key)?;
            let (changes, drift) = (Lines::of(&project.changes), Lines::of(&[]));
            ProjectLines { changes, more: 0, kept: &[], drift, exposure: &[] }.fmt(f)?;
        }
        let listed: usize = projects.iter().map(|project| project.changes.len()).sum();
        match (grants + revokes).saturating_sub(listed) {
            more if more > 0 && listed > 0 => writeln!(f, "  and {more} more changes"),
            _ => Ok(()),
        }
    }
}

/// Seconds in the largest whole unit.
pub(super) struct Age(pub(super) u64);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.0 {
            seconds @ ..120 => (seconds, "seconds"),
            seconds @ ..7_200 => (seconds / 60, "minutes"),
            seconds @ ..172_800 => (seconds / 3_600, "hours"),
            seconds => (seconds / 86_400, "days"),
        };
        write!(f, "{count} {unit}")
    }
}

#[cfg(test)]
mod tests;
