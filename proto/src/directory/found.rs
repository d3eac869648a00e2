//! What the directory answers, as a gateway tells it and the command line shows it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DirectoryGroup, DirectoryProject};
use crate::ProjectId;

/// A project that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundProject {
    /// What is known of it.
    #[serde(flatten)]
    pub project: DirectoryProject,
    /// The full path of the group that owns it, where both are known.
    pub group_path: Option<String>,
    /// What led to it.
    pub found_by: FoundBy,
}

/// What led to a project or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// GitLab's id.
    Id,
    /// The path that it has.
    Path,
    /// A path that it had before, and that nothing else has now.
    PreviousPath,
}

/// One page of the projects of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectsBelow {
    /// The group.
    pub group: DirectoryGroup,
    /// What led to it.
    pub found_by: FoundBy,
    /// The projects, by id.
    pub items: Vec<DirectoryProject>,
    /// What to give as `after` for the next page; null on the last one.
    pub next: Option<ProjectId>,
}

impl fmt::Display for FoundProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, group_path, found_by } = self;
        write!(f, "{}", Line(project))?;
        if *found_by == FoundBy::PreviousPath {
            writeln!(f, "  found by a path that it had before")?;
        }
        match (project.group, group_path) {
            (Some(group), Some(path)) => writeln!(f, "  owned by group {group}: {path}")?,
            (Some(group), None) => writeln!(f, "  owned by group {group}")?,
            (None, _) => writeln!(f, "  owned by no group")?,
        }
        let mut newest_first = project.previous.iter().rev();
        newest_first.try_for_each(|before| writeln!(f, "  was {} until {}", before.path, before.until))?;
        writeln!(f, "  as of {}", project.missed.max(Some(project.as_of)).unwrap_or(project.as_of))
    }
}

/// A project in one line.
#[derive(Debug)]
struct Line<'a>(&'a DirectoryProject);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DirectoryProject { id, path, visibility, archived, presence, .. } = self.0;
        let archived = if *archived { ", archived" } else { "" };
        writeln!(f, "project {id}: {path} ({visibility}{archived}, {})", presence.key())
    }
}

impl fmt::Display for ProjectsBelow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.group.path;
        if self.found_by == FoundBy::PreviousPath {
            writeln!(f, "found by a path that the group had before; it is {path} now")?;
        }
        if self.items.is_empty() {
            writeln!(f, "no projects are known in group {path}")?;
        }
        self.items.iter().try_for_each(|project| Line(project).fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::GroupId;

    #[test]
    fn an_empty_group_and_one_that_was_found_by_an_old_path_say_so() {
        let group = DirectoryGroup::shown(GroupId(10), "acme", Timestamp::UNIX_EPOCH);
        let below = ProjectsBelow { group, found_by: FoundBy::PreviousPath, items: Vec::new(), next: None };
        assert_eq!(
            below.to_string(),
            "found by a path that the group had before; it is acme now\nno projects are known in group acme\n"
        );
    }
}
