//! What the gateways' directory says after the walk, and what GitLab has.

use std::collections::BTreeSet;

use e2e::wait;
use proto::{FoundProject, Presence, ProjectsBelow};
use reqwest::Client;
use sandbox::gitlab::Delivery;
use serde::de::DeserializeOwned;

use super::ground::Ground;

/// A project as GitLab has it.
struct Known {
    id: u64,
    path: String,
    group: Option<u64>,
    group_path: String,
    visibility: String,
    archived: bool,
}

impl Known {
    fn is(&self, found: &FoundProject) -> bool {
        let FoundProject { project, group_path, .. } = found;
        let place = (project.id.0, project.path.as_str(), project.group.map(|group| group.0));
        let looks = (project.visibility.as_str(), project.archived, project.presence);
        place == (self.id, &self.path, self.group)
            && group_path.as_ref() == Some(&self.group_path)
            && looks == (&self.visibility, self.archived, Presence::Present)
    }
}

/// Asks both gateways for every project, by its id, its path, and the paths that GitLab told it had before, and for every
/// group; tells how many questions that were.
pub(super) async fn is_right(ground: &Ground, told: &[Delivery], seed: u64) -> usize {
    let (http, known, mut asked) = (Client::new(), known(ground), 0);
    for gateway in &ground.gateways {
        for project in &known {
            let old = told_paths(ground, told, project.id);
            for name in [project.id.to_string(), project.path.clone()].into_iter().chain(old) {
                let url = format!("{gateway}/directory/projects/{}", name.replace('/', "%2F"));
                let is = async || ask::<FoundProject>(&http, &url).await.filter(|found| project.is(found));
                wait::until(&format!("seed {seed}: {name} to lead to {} {}", project.id, project.path), is)
                    .await;
                asked += 1;
            }
        }
        for group in &ground.groups {
            let inside = |project: &&Known| project.group == Some(*group);
            let wanted: BTreeSet<u64> = known.iter().filter(inside).map(|project| project.id).collect();
            let url = format!("{gateway}/directory/groups/{group}/projects?limit=100");
            let is = async || {
                let found: Option<ProjectsBelow> = ask(&http, &url).await;
                let items = found.into_iter().flat_map(|found| found.items);
                (items.map(|project| project.id.0).collect::<BTreeSet<_>>() == wanted).then_some(())
            };
            wait::until(&format!("seed {seed}: {wanted:?} in group {group}"), is).await;
            asked += 1;
        }
    }
    asked
}

async fn ask<T: DeserializeOwned>(http: &Client, url: &str) -> Option<T> {
    let answer = http.get(url).send().await.ok()?;
    if answer.status() == 404 { None } else { Some(answer.json().await.expect("an answer of the directory")) }
}

fn known(ground: &Ground) -> Vec<Known> {
    let world = ground.scene.gitlab.world();
    let of = |id: u64| {
        let project = &world.projects[&id];
        let (above, _) = project.path_with_namespace.rsplit_once('/').expect("a group");
        let group = world.groups.values().find(|group| group.full_path == above);
        Known {
            id,
            path: project.path_with_namespace.clone(),
            group: group.map(|group| group.id),
            group_path: above.to_owned(),
            visibility: project.visibility.to_string(),
            archived: project.archived,
        }
    };
    ground.projects.iter().map(|project| of(project.id)).collect()
}

/// The paths that the project had before, as far as GitLab told of them and still leads from them to it.
fn told_paths(ground: &Ground, told: &[Delivery], project: u64) -> Vec<String> {
    let world = ground.scene.gitlab.world();
    let still = &world.projects[&project].old_paths;
    let told = told.iter().filter(|it| it.through_after().is_some() && it.body["project_id"] == project);
    let old = told.filter_map(|it| it.body["old_path_with_namespace"].as_str());
    old.filter(|path| still.iter().any(|known| known == path)).map(str::to_owned).collect()
}
