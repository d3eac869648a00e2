//! A payload of every kind that GitLab documents, for webhooks and for system hooks, built from what this world has.

pub(super) mod code;
mod delivery;
mod people;
mod system;
mod talk;

use serde_json::{Value, json};

use super::events::last;
use super::model::{Group, Project, User, Visibility};
use super::world::World;

/// One payload, and how GitLab sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Tells the samples apart.
    pub name: &'static str,
    /// `X-Gitlab-Event`
    pub header: &'static str,
    /// What a hook must be switched on for; `None` for those that system hooks always send.
    pub event: Option<&'static str>,
    pub body: Value,
}

/// All of them, about this project, the group above it, and this person; empty when there is no such project or person.
pub fn samples(world: &World, project: u64, person: u64) -> Vec<Sample> {
    let Some(stage) = Stage::of(world, project, person) else { return Vec::new() };
    [code::all(&stage), talk::all(&stage), delivery::all(&stage), people::all(&stage), system::all(&stage)]
        .concat()
}

pub(super) const COMMIT: &str = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const PARENT: &str = "95790bf891e76fee5e1747ab589903a6a1f80f22";
const ZEROS: &str = "0000000000000000000000000000000000000000";
const DAY: &str = "2026-03-02 09:30:00 UTC";
const MOMENT: &str = "2026-03-02T09:30:00Z";

/// Where and by whom the things of the samples are done.
#[derive(Debug, Clone, Copy)]
struct Stage<'a> {
    world: &'a World,
    project: &'a Project,
    user: &'a User,
    group: Option<&'a Group>,
}

impl<'a> Stage<'a> {
    fn of(world: &'a World, project: u64, user: u64) -> Option<Self> {
        let (project, user) = (world.projects.get(&project)?, world.users.get(&user)?);
        Some(Self { world, project, user, group: world.parent_of(&project.path_with_namespace) })
    }

    fn web_url(&self) -> String {
        format!("{}/{}", self.world.url, self.project.path_with_namespace)
    }

    fn link(&self, rest: &str) -> String {
        format!("{}/-/{rest}", self.web_url())
    }

    /// The object `user`.
    fn user(&self) -> Value {
        let user = self.user;
        json!({ "id": user.id, "name": user.name, "username": user.username, "avatar_url": null, "email": user.email })
    }

    /// The object `project`.
    fn project(&self) -> Value {
        let (path, url) = (&self.project.path_with_namespace, self.web_url());
        let (http, ssh) = (format!("{url}.git"), format!("git@gitlab.example.com:{path}.git"));
        let namespace = path.rsplit_once('/').map(|(namespace, _)| last(namespace));
        json!({
            "id": self.project.id, "name": last(path), "description": null, "web_url": url, "avatar_url": null,
            "git_ssh_url": ssh, "git_http_url": http, "namespace": namespace,
            "visibility_level": visibility_level(self.project.visibility), "path_with_namespace": path,
            "default_branch": "main", "ci_config_path": null, "homepage": url, "url": ssh, "ssh_url": ssh,
            "http_url": http,
        })
    }

    /// The object `repository`, which GitLab keeps for old receivers.
    fn repository(&self) -> Value {
        let (path, url) = (&self.project.path_with_namespace, self.web_url());
        json!({
            "name": last(path), "url": format!("git@gitlab.example.com:{path}.git"), "description": null,
            "homepage": url,
        })
    }

    fn commit(&self) -> Value {
        json!({
            "id": COMMIT, "message": "Add the cart\n", "title": "Add the cart", "timestamp": MOMENT,
            "url": self.link(&format!("commit/{COMMIT}")),
            "author": { "name": self.user.name, "email": self.user.email },
        })
    }
}

/// As an integer, which only the objects `project` of webhooks have.
fn visibility_level(visibility: Visibility) -> u16 {
    match visibility {
        Visibility::Private => 0,
        Visibility::Internal => 10,
        Visibility::Public => 20,
    }
}
