//! What a plan would change on one SonarQube project. Reads, and changes nothing.

mod held;

use std::collections::{BTreeMap, BTreeSet};

use access::{
    Changes, GroupHolder, Holder, closings, diff, drift, each, keep_an_administrator, keep_the_unseen,
    leave_drift, opens,
};
use proto::{
    Change, ChangeKind, Exposure, Grantee, HeldByLogin, Permission, PermissionSet, Plan, UserId, Visibility,
    Written,
};

pub(crate) use self::held::Held;
use crate::{
    people::{Directory, Matched},
    restore::Past,
    rules::{Drift, Rules},
    sonarqube::{ANYONE, Project, Reader, SonarQubeError},
};

/// What SonarQube is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) people: &'a Directory,
    pub(crate) rules: &'a Rules,
    pub(crate) plan: &'a Plan,
    /// What the last sync left in SonarQube, where that is known.
    pub(crate) written: Option<&'a Written>,
    /// What is wanted in place of what the plan says.
    pub(crate) past: Option<&'a Past>,
    /// What somebody else changed, where it was found before: a flip of the visibility hides it.
    pub(crate) drift: Option<&'a [Change]>,
}

/// What would have to change on one project, and who is who.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) project: Project,
    /// The visibility that the project is to get first, where that changes.
    pub(crate) becomes: Option<Visibility>,
    pub(crate) changes: Changes,
    /// What would undo what somebody else did, and is not done, because a setting says so.
    pub(crate) left: Changes,
    /// What is wanted and must not be done, in one sentence each.
    pub(crate) kept: Vec<String>,
    /// What somebody else changed since the last sync.
    pub(crate) drift: Vec<Change>,
    /// The groups that let people in whom GitLab keeps out, when the changes are made.
    pub(crate) exposure: Vec<Exposure>,
    /// What is held now.
    pub(crate) now: Held,
    /// The same after the flip of the visibility, where there is one.
    pub(crate) held: Held,
    pub(crate) matched: Matched,
}

impl Comparison<'_> {
    /// Compares what is held on the project with the plan. Where the visibility is to change (`becomes`), the changes are
    /// those that follow the flip.
    pub(crate) async fn of(
        &self,
        project: &Project,
        becomes: Option<Visibility>,
    ) -> Result<Difference, SonarQubeError> {
        let now = Held::read(self.reader, &project.key).await?;
        let held = becomes.map_or_else(|| now.clone(), |to| now.flipped(to));
        let visibility = becomes.unwrap_or(project.visibility);
        let logins: Vec<&str> = held.people.iter().map(|holding| holding.login.as_str()).collect();
        let matched = self.people.resolve(&self.plan.members, &self.plan.left_out, &logins).await?;
        let drift = self.drift.map_or_else(|| self.find_drift(project, &now, &matched), <[_]>::to_vec);

        let groups: Vec<GroupHolder> = held.groups.iter().map(GroupHolder::from).collect();
        let all = match self.past {
            Some(past) => self.back_to(past, project, &held, &matched, visibility).await?,
            None => diff(&matched.by_login, &matched.holders(&held.people), visibility),
        };
        let mut wanted = self.without_drift(all.clone(), project, &drift, &matched);
        let left = all.without(&wanted);
        if self.past.is_none() {
            wanted.revokes.extend(closings(&groups, &self.rules.closed_groups, visibility));
        }
        let (changes, mut kept) = self.guarded(wanted, matched.holders(&held.people), &groups).await?;
        kept.extend(self.shut_out(becomes));
        kept.extend(matched.ambiguous.iter().cloned());
        let exposure = match self.past {
            // Whom GitLab keeps out, only a plan that was read there tells.
            Some(_) => Vec::new(),
            None => self.exposure(&groups, &changes, visibility, &matched).await?,
        };
        let project = project.clone();
        Ok(Difference { project, becomes, changes, left, kept, drift, exposure, now, held, matched })
    }

    /// The changes without those that nobody may make, and a sentence for each that is kept back.
    async fn guarded(
        &self,
        wanted: Changes,
        mut holders: Vec<Holder>,
        groups: &[GroupHolder],
    ) -> Result<(Changes, Vec<String>), SonarQubeError> {
        let (wanted, mut kept) = keep_the_unseen(wanted, &self.plan.unseen);
        // This system's own account is no administrator that anybody could turn to.
        let own = self.people.own_account().await?.login;
        holders.retain(|holder| holder.login != own);
        let (changes, administrator) = keep_an_administrator(wanted, &holders, groups);
        kept.extend(administrator);
        Ok((changes, kept))
    }

    fn find_drift(&self, project: &Project, now: &Held, matched: &Matched) -> Vec<Change> {
        let key = project.key.as_str();
        let Some((all, written)) = self.written.and_then(|all| Some((all, all.projects.get(key)?))) else {
            return Vec::new();
        };
        let holders = matched.holders(&now.people);
        let mut drift = drift(written, &holders, project.visibility, |login| matched.is_ours(login));
        let touched = all.touched.get(key);
        drift.retain(|change| {
            let touched = touched.zip(change.grantee.login()).and_then(|(touched, login)| touched.get(login));
            !touched.is_some_and(|touched| touched.contains(change.permission))
        });
        drift
    }

    /// The changes without those that would undo what somebody else did, where a setting says so.
    fn without_drift(
        &self,
        changes: Changes,
        project: &Project,
        drift: &[Change],
        matched: &Matched,
    ) -> Changes {
        let written = self.written.and_then(|written| written.projects.get(project.key.as_str()));
        match (self.rules.drift, written, self.past) {
            (Drift::Leave, Some(written), None) => leave_drift(changes, drift, written, &matched.by_login),
            (Drift::Repair, ..) | (Drift::Leave, None, _) | (Drift::Leave, _, Some(_)) => changes,
        }
    }

    /// What leads back to the past, groups apart that are not there any more.
    async fn back_to(
        &self,
        past: &Past,
        project: &Project,
        held: &Held,
        matched: &Matched,
        visibility: Visibility,
    ) -> Result<Changes, SonarQubeError> {
        let mut changes = past.changes(&project.key, &held.permissions(), visibility);
        let groups = self.reader.groups().await?;
        let own = self.people.own_account().await?.login;
        let is_there = |change: &Change| match &change.grantee {
            Grantee::Login(login) => *login != own && matched.knows(login),
            Grantee::Group(name) => name == ANYONE || groups.iter().any(|group| group.name == *name),
        };
        changes.grants.retain(is_there);
        changes.revokes.retain(is_there);
        Ok(changes)
    }

    /// What a flip to private does to people whom nobody can grant anything.
    fn shut_out(&self, becomes: Option<Visibility>) -> Option<String> {
        let unseen = self.plan.unseen.first().filter(|_| becomes == Some(Visibility::Private))?;
        Some(format!(
            "the project becomes private, as it is in GitLab, and GITLAB_TOKEN may not see the members of {unseen}: \
             where they have access, they cannot be given it before it may"
        ))
    }

    async fn exposure(
        &self,
        groups: &[GroupHolder],
        changes: &Changes,
        visibility: Visibility,
        matched: &Matched,
    ) -> Result<Vec<Exposure>, SonarQubeError> {
        let mut exposure = Vec::new();
        for group in groups {
            let grantee = Grantee::Group(group.name.clone());
            let permissions = after(group.permissions, &grantee, changes);
            if !opens(permissions, visibility) {
                continue;
            }
            let lets_in = self.people.let_in(&group.name, matched).await?;
            if lets_in > 0 {
                exposure.push(Exposure { group: group.name.clone(), permissions, lets_in });
            }
        }
        Ok(exposure)
    }
}

impl Difference {
    /// How many permissions this system's accounts, and the groups that are closed, hold: what the cap is a share of.
    pub(crate) fn ours(&self) -> usize {
        let holders = self.matched.holders(&self.held.people);
        let people = holders.iter().filter(|holder| holder.owner == access::Owner::Ours);
        let closed = self.changes.revokes.iter().filter(|change| change.grantee.login().is_none());
        people.map(|holder| holder.permissions.len()).sum::<usize>() + closed.count()
    }

    /// What this system stands for when the changes are made: what its accounts hold then, had nobody else changed
    /// anything. Of accounts whose they are in doubt now, what `before` says.
    pub(crate) fn stands_for(&self, before: Option<&HeldByLogin>) -> HeldByLogin {
        let mut held = self.after();
        for change in self.left.iter() {
            let one = held.entry(change.grantee.clone()).or_default();
            *one = after_one(*one, change);
        }
        let doubted = before.into_iter().flatten().filter(|(login, _)| !self.matched.is_ours(login));
        let mut stands: HeldByLogin = doubted.map(|(login, held)| (login.clone(), *held)).collect();
        for (grantee, permissions) in held {
            if let Grantee::Login(login) = grantee
                && self.matched.is_ours(&login)
                && !permissions.is_empty()
            {
                stands.insert(login, permissions);
            }
        }
        stands
    }

    /// The permissions of accounts that are about to be changed, by a change or by the flip.
    pub(crate) fn touches(&self) -> HeldByLogin {
        let mut touched = HeldByLogin::new();
        let flipped = self.flipped();
        for change in self.changes.iter().chain(&flipped) {
            if let Some(login) = change.grantee.login() {
                let one = touched.entry(login.to_owned()).or_default();
                *one = one.with([change.permission].into());
            }
        }
        touched
    }

    /// What the flip of the visibility itself gives and takes.
    pub(crate) fn flipped(&self) -> Vec<Change> {
        let (before, after) = (self.now.permissions(), self.held.permissions());
        let mut changes = Vec::new();
        for (grantee, held) in &before {
            let becomes = after.get(grantee).copied().unwrap_or_default();
            changes.extend(each(ChangeKind::Grant, grantee, becomes.minus(*held)));
            changes.extend(each(ChangeKind::Revoke, grantee, held.minus(becomes)));
        }
        changes
    }

    /// What each holds when the changes are made.
    pub(crate) fn after(&self) -> BTreeMap<Grantee, PermissionSet> {
        let mut all = self.held.permissions();
        for change in self.changes.iter() {
            let held = all.entry(change.grantee.clone()).or_default();
            *held = after_one(*held, change);
        }
        all
    }

    /// Whether something is undone that somebody else did.
    pub(crate) fn repairs(&self) -> bool {
        let done: BTreeSet<(&Grantee, Permission)> =
            self.drift.iter().map(|change| (&change.grantee, change.permission)).collect();
        // Whoever changes what somebody else has changed since undoes it: there is only given and taken.
        self.changes.iter().any(|change| done.contains(&(&change.grantee, change.permission)))
    }

    /// Whether nothing is to be written.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.becomes.is_none()
    }

    /// GitLab's id of the person behind a login.
    pub(crate) fn user_of(&self, login: &str) -> Option<UserId> {
        self.matched.user(login)
    }
}

fn after(held: PermissionSet, grantee: &Grantee, changes: &Changes) -> PermissionSet {
    let its = changes.iter().filter(|change| change.grantee == *grantee);
    its.fold(held, after_one)
}

fn after_one(held: PermissionSet, change: &Change) -> PermissionSet {
    match change.kind {
        ChangeKind::Grant => held.iter().chain([change.permission]).collect(),
        ChangeKind::Revoke => held.minus([change.permission].into()),
    }
}
