//! The syncs that are measured.

use super::fill::{self, Line};
use super::gitlab::{DEVELOPER, Members, OWNER, REPORTER};
use super::server::Server;
use super::sync::{Running, Sync};
use super::world;
use crate::bench::programs::Programs;
use crate::bench::sandbox::System;
use crate::bench::stage::Stage;
use crate::say;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// Where it is measured.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    pub(super) programs: &'a Programs,
    pub(super) sonarqube: &'a System,
    pub(super) server: &'a Server,
}

/// What a round came to.
#[derive(Debug)]
pub(super) struct Round {
    /// The lines of the template, and how long filling it by hand took.
    pub(super) lines: u64,
    pub(super) bare: Duration,
    pub(super) first: Sync,
    pub(super) unchanged: Sync,
    pub(super) one_role: Sync,
    pub(super) tenth_gone: Sync,
}

/// Single calls, whatever they cost.
const SINGLE: (&str, &str) = ("GUASSP_APPLIER__WRITE", "single");

impl<'a> Setting<'a> {
    /// Makes SonarQube hold a world of so many members, synchronises it once, and fills its template by hand once: the
    /// first hundreds of calls are slower than all later ones. Gives the lines of the template.
    pub(super) fn warm_up(&self, members: u64) -> Result<Vec<Line>> {
        let stage = self.stage(members)?;
        let (gitlab, project) = (&stage.sandbox.gitlab, stage.project()?);
        let all = Members::of(gitlab, project).all()?;
        say::note(&format!("making {} accounts", all.len()));
        world::integrate(self.server, gitlab)?;
        world::sign_in(self.server, &all)?;
        world::bind(self.server, project)?;
        let running = Running::start(stage, self.sonarqube, &[])?;
        running.sync().context("the first sync")?;
        let lines = fill::held(self.server, &world::key(project))?;
        let people = fill::holders(&fill::of_people(&lines)) as u64;
        ensure!(people == members, "{people} people hold something, and {members} are members");
        fill::bare(self.server, &lines)?;
        Ok(lines)
    }

    /// One round; what the first sync leaves has to be `lines`.
    pub(super) fn round(&self, members: u64, lines: &[Line]) -> Result<Round> {
        let bare = fill::bare(self.server, lines)?;
        let running = self.empty(members, &[])?;
        let first = running.sync().context("the first sync")?;
        let held = fill::held(self.server, &world::key(running.project))?;
        let same = fill::of_people(&held) == fill::of_people(lines);
        ensure!(same, "the first sync did not grant what the one before it did");
        let unchanged = running.sync().context("an unchanged sync")?;
        ensure!(unchanged.writes == 0, "nothing changed, and SonarQube was written to");
        let gitlab = Members::of(&running.stage.sandbox.gitlab, running.project);
        let all = gitlab.all()?;
        let developer = all.iter().find(|member| member.access_level == DEVELOPER).context("no developer")?;
        gitlab.change_level(developer, REPORTER)?;
        let one_role = running.sync().context("one role changed")?;
        let own = all.iter().filter(|member| member.access_level < OWNER);
        own.take(all.len() / 10).try_for_each(|member| gitlab.remove(member))?;
        let tenth_gone = running.sync().context("a tenth gone")?;
        Ok(Round { lines: lines.len() as u64, bare, first, unchanged, one_role, tenth_gone })
    }

    /// The first sync of so many members by single calls.
    pub(super) fn by_single_calls(&self, members: u64) -> Result<Sync> {
        self.empty(members, &[SINGLE])?.sync()
    }

    /// Fresh streams and services, and a project that nobody holds anything on.
    fn empty(&self, members: u64, more: &[(&str, &str)]) -> Result<Running<'a>> {
        let stage = self.stage(members)?;
        fill::empty(self.server, &world::key(stage.project()?))?;
        Running::start(stage, self.sonarqube, more)
    }

    fn stage(&self, members: u64) -> Result<Stage<'a>> {
        Stage::start(self.programs, &format!("project:{members}"))
    }
}
