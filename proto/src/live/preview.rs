//! What a sync would change, as people and programs are told: the same for the command line, the API and CI jobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Compared, ComparedHolder, ComparedProject, Looked};
use crate::{
    Change, ChangeKind, LeftOut, Lines, Member, Person, Plan, PlannedProject, ProjectId, UnseenGroup, UserId,
    Visibility, change::ProjectLines,
};

/// What a sync would change, for people and programs. As text it is the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// GitLab's id of the project.
    pub project: ProjectId,
    /// Its path with namespace.
    pub path: String,
    /// When the reading of GitLab began.
    pub read_at: Timestamp,
    /// Why a sync would do nothing; null where it would bring the project in line.
    pub skipped: Option<String>,
    /// The visibility that SonarQube should show; null when visibility is not synchronised.
    pub visibility: Option<Visibility>,
    /// Everybody who is to have permissions.
    pub members: Vec<Member>,
    /// Everybody whom GitLab lists and who gets nothing, with the reason.
    pub left_out: Vec<LeftOut>,
    /// Groups whose members cannot be seen; while there are any, nobody is revoked.
    pub unseen: Vec<UnseenGroup>,
    /// Who has access and has not signed in to SonarQube yet.
    pub pending: Vec<Person>,
    /// Why a sync would change nothing before a person approves of it, one sentence each.
    pub held: Vec<String>,
    /// The SonarQube projects, with who holds what and what would change.
    pub sonarqube: Vec<ComparedProject>,
    /// Why everybody has access who would be granted something; empty where the memberships cannot be read.
    pub why: Vec<Why>,
}

/// Why a person has access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// GitLab's id.
    pub id: UserId,
    /// The GitLab username.
    pub username: String,
    /// The level and the place whose membership decides, for example `developer through acme/backend`.
    pub why: String,
}

impl Compared {
    /// This, with what GitLab said.
    #[must_use]
    pub fn preview(self, looked: Looked) -> Preview {
        let granted = self.granted();
        let people = looked.access.map(|report| report.people).unwrap_or_default();
        let why = people
            .into_iter()
            .filter(|person| granted.contains(&person.id))
            .filter_map(|person| Some(Why { why: person.why()?, id: person.id, username: person.username }));
        let Plan { read_at, project, members, left_out, unseen, .. } = looked.plan;
        let PlannedProject { id: project, path, visibility } = project;
        Preview {
            project,
            path,
            read_at,
            skipped: self.skipped,
            visibility,
            members,
            left_out,
            unseen,
            pending: self.pending,
            held: self.held,
            sonarqube: self.projects,
            why: why.collect(),
        }
    }

    /// Everybody who would be granted something.
    fn granted(&self) -> BTreeSet<UserId> {
        self.projects.iter().flat_map(ComparedProject::granted).collect()
    }
}

impl ComparedProject {
    fn granted(&self) -> impl Iterator<Item = UserId> {
        let grants = self.changes.iter().filter(|change| change.kind == ChangeKind::Grant);
        let logins: BTreeSet<&str> = grants.filter_map(|change| change.grantee.login()).collect();
        self.holders
            .iter()
            .filter(move |holder| logins.contains(holder.login.as_str()))
            .filter_map(|h| h.user)
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (GitLab id {})", self.path, self.project)?;
        if let Some(reason) = &self.skipped {
            return writeln!(f, "\nA sync would do nothing: {reason}");
        }
        let known = self.known();
        self.sonarqube.iter().try_for_each(|project| write_project(f, project, &known))?;
        let members = self.members.len();
        writeln!(f, "\n{members} {} with access in GitLab", if members == 1 { "person" } else { "people" })?;
        self.held.iter().try_for_each(|reason| writeln!(f, "held: {reason}"))?;
        if !self.pending.is_empty() {
            let names: Vec<&str> = self.pending.iter().map(|person| person.username.as_str()).collect();
            writeln!(f, "not signed in to SonarQube yet: {}", names.join(", "))?;
        }
        for LeftOut { username, reason, .. } in &self.left_out {
            writeln!(f, "left out: {username}, because {reason}")?;
        }
        self.unseen.iter().try_for_each(|group| {
            writeln!(
                f,
                "nobody is revoked: GITLAB_TOKEN may not see the members of {group}, if it is invited"
            )
        })
    }
}

/// People of GitLab: the username, and why they have access.
type Known<'a> = BTreeMap<UserId, (&'a str, Option<&'a str>)>;

impl Preview {
    fn known(&self) -> Known<'_> {
        let members = self.members.iter().map(|member| (member.id, &member.username));
        let left_out = self.left_out.iter().map(|person| (person.id, &person.username));
        let named = members.chain(left_out).map(|(id, name)| (id, (name.as_str(), None)));
        let why = self.why.iter().map(|why| (why.id, (why.username.as_str(), Some(why.why.as_str()))));
        named.chain(why).collect()
    }
}

fn write_project(f: &mut fmt::Formatter<'_>, project: &ComparedProject, known: &Known<'_>) -> fmt::Result {
    write!(f, "\n{} ({}", project.key, project.visibility)?;
    match project.becomes {
        Some(becomes) => writeln!(f, ", becomes {becomes})")?,
        None => writeln!(f, ")")?,
    }
    let lines = |changes| lines(changes, &project.holders, known);
    let ComparedProject { changes, kept, drift, exposure, .. } = project;
    let lines = ProjectLines { changes: lines(changes), more: 0, kept, drift: lines(drift), exposure };
    write!(f, "{lines}")
}

/// The changes, with the usernames of those whose account's user is known.
fn lines<'a>(changes: &'a [Change], holders: &'a [ComparedHolder], known: &Known<'_>) -> Lines<'a> {
    let person = |holder: &'a ComparedHolder| Some((&holder.login, known.get(&holder.user?)?));
    holders.iter().filter_map(person).fold(Lines::of(changes), |lines, (login, (username, why))| {
        lines.knowing(login, username, why.map(str::to_owned))
    })
}

#[cfg(test)]
mod tests;
