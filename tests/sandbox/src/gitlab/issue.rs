//! Issues of projects, with their comments.

use serde_json::{Value, json};

use super::world::World;

/// An issue. Its number is its place among those of its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub project: u64,
    pub iid: u64,
    pub title: String,
    pub description: String,
    pub labels: Vec<String>,
    pub open: bool,
    pub author: u64,
    /// The comments, oldest first.
    pub notes: Vec<String>,
}

impl World {
    pub(super) fn add_issue(&mut self, project: u64, author: u64, title: &str) -> u64 {
        let iid = self.issues.iter().filter(|issue| issue.project == project).count() as u64 + 1;
        let (title, description, labels) = (title.to_owned(), String::new(), Vec::new());
        let notes = Vec::new();
        self.issues.push(Issue { project, iid, title, description, labels, open: true, author, notes });
        iid
    }

    pub fn issue(&self, project: u64, iid: u64) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.project == project && issue.iid == iid)
    }

    pub fn issue_mut(&mut self, project: u64, iid: u64) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|issue| issue.project == project && issue.iid == iid)
    }

    pub(super) fn issue_json(&self, issue: &Issue, url: &str) -> Value {
        let path = self.projects.get(&issue.project).map_or("", |project| &project.path_with_namespace);
        json!({
            "id": issue.project * 100_000 + issue.iid,
            "iid": issue.iid,
            "project_id": issue.project,
            "title": issue.title,
            "description": issue.description,
            "labels": issue.labels,
            "state": if issue.open { "opened" } else { "closed" },
            "author": { "id": issue.author, "username": self.username(issue.author) },
            "web_url": format!("{url}/{path}/-/issues/{}", issue.iid),
        })
    }
}
