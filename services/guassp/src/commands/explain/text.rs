//! An explanation in words, for somebody who knows GitLab and SonarQube and not this program.

use std::fmt;

use proto::{
    AccessVerdict, Change, ChangeKind, LeftOutReason, PermissionSet,
    live::{ComparedHolder, ComparedProject},
};

use super::Explained;

/// Writes an explanation.
pub(super) struct Text<'a, 'b>(pub(super) &'a Explained<'b>);

impl fmt::Display for Text<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explained { project, person, .. } = self.0;
        writeln!(
            f,
            "{} (GitLab id {}) in {} (GitLab id {})",
            person.username, person.id, project.path, project.id
        )?;
        self.gitlab(f)?;
        self.role_map(f)?;
        self.sonarqube(f)
    }
}

impl Text<'_, '_> {
    fn gitlab(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let person = self.0.person;
        writeln!(f, "\nIn GitLab: {}", verdict(&person.verdict))?;
        for (number, path) in person.paths.iter().enumerate() {
            let decides = number == 0 && path.void.is_none() && has_access(&person.verdict);
            let mark = if decides { "=>" } else { "  " };
            writeln!(f, "  {mark} {path}")?;
        }
        if person.paths.is_empty() && person.verdict != AccessVerdict::NoMembership {
            writeln!(f, "     no membership that could be read leads there")?;
        }
        if let Some(by_paths) = person.by_paths {
            writeln!(
                f,
                "     These memberships come to {by_paths}. GitLab's own list of members decides; it may lag behind a \
                 change, or know of a group that GITLAB_TOKEN may not see."
            )?;
        }
        for group in self.0.unseen {
            writeln!(
                f,
                "     GITLAB_TOKEN may not see the members of {group}, if it is invited: while that is so, nobody is \
                 revoked. Make the token's user a member of the project, or use an administrator's token."
            )?;
        }
        Ok(())
    }

    fn role_map(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.person.verdict {
            AccessVerdict::Access { level, permissions } => {
                writeln!(f, "\nFor SonarQube: {level} is worth {}", told(*permissions))
            }
            AccessVerdict::LeftOut { reason: LeftOutReason::Exempt } => {
                writeln!(
                    f,
                    "\nFor SonarQube: a setting exempts the person; nothing is given and nothing taken"
                )
            }
            AccessVerdict::LeftOut { .. } | AccessVerdict::Unlisted | AccessVerdict::NoMembership => {
                writeln!(f, "\nFor SonarQube: nothing")
            }
        }
    }

    fn sonarqube(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nIn SonarQube:")?;
        if let Some(reason) = self.0.skipped {
            return writeln!(f, "  nothing is done: {reason}");
        }
        if self.0.sonarqube.pending.iter().any(|person| person.id == self.0.person.id) {
            writeln!(
                f,
                "  has not signed in with GitLab yet, so there is no account; a sync after the first sign-in gives \
                 the permissions"
            )?;
        }
        self.0.sonarqube.projects.iter().try_for_each(|project| self.project(f, project))
    }

    fn project(&self, f: &mut fmt::Formatter<'_>, project: &ComparedProject) -> fmt::Result {
        write!(f, "  {} ({}", project.key, project.visibility)?;
        match project.becomes {
            Some(becomes) => writeln!(f, ", becomes {becomes})")?,
            None => writeln!(f, ")")?,
        }
        let accounts = project.holders.iter().filter(|holder| holder.user == Some(self.0.person.id));
        let mut known = false;
        for account in accounts {
            known = true;
            self::account(f, account, &project.changes)?;
        }
        if !known {
            writeln!(f, "    no account of this person holds anything there")?;
        }
        project.kept.iter().try_for_each(|kept| writeln!(f, "    note: {kept}"))?;
        project.exposure.iter().try_for_each(|exposure| writeln!(f, "    note: {exposure}"))
    }
}

fn account(f: &mut fmt::Formatter<'_>, holder: &ComparedHolder, changes: &[Change]) -> fmt::Result {
    writeln!(f, "    {} holds {}", holder.login, told(holder.permissions))?;
    let of = |kind: ChangeKind| -> PermissionSet {
        let its = changes
            .iter()
            .filter(|change| change.grantee.login() == Some(&holder.login) && change.kind == kind);
        its.map(|change| change.permission).collect()
    };
    let (granted, revoked) = (of(ChangeKind::Grant), of(ChangeKind::Revoke));
    if !holder.ours {
        return writeln!(f, "    its grants are not this system's to change");
    }
    if granted.is_empty() && revoked.is_empty() {
        return writeln!(f, "    a sync would change nothing for it");
    }
    for (verb, permissions) in [("grant", granted), ("revoke", revoked)] {
        if !permissions.is_empty() {
            writeln!(f, "    a sync would {verb} {permissions}")?;
        }
    }
    Ok(())
}

const fn has_access(verdict: &AccessVerdict) -> bool {
    matches!(verdict, AccessVerdict::Access { .. })
}

fn told(permissions: PermissionSet) -> String {
    if permissions.is_empty() { "nothing".to_owned() } else { permissions.to_string() }
}

fn verdict(verdict: &AccessVerdict) -> String {
    match verdict {
        AccessVerdict::Access { level, .. } => level.to_string(),
        AccessVerdict::LeftOut { reason } => format!("nothing, because {reason}"),
        AccessVerdict::Unlisted => {
            "not on the list of members, though a membership leads there; the list decides".to_owned()
        }
        AccessVerdict::NoMembership => {
            "nothing: there is no membership in the project, in a group above it, or in a group that was invited"
                .to_owned()
        }
    }
}
