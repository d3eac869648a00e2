//! GitLab tells what happens, and SonarQube and the directory follow without any pipeline: real processes, and hooks that
//! come over HTTP.

mod kill;
mod members;
mod rotation;
mod samples;
mod walk;

use std::time::Duration;

use e2e::{Grants, Project, Scene, Settings, wait};
use proto::ProjectId;
use sandbox::gitlab::HookOwner;

use crate::fleet::{Fleet, Role};

/// The hook's secret token.
const SECRET: &str = "hook-secret-of-this-instance";
/// Services that begin nothing by themselves.
const IDLE: [(&str, &str); 4] = [
    ("GUASSP_WEBHOOKS__SECRET", SECRET),
    ("GUASSP_APPLIER__CATALOG_REFRESH", "1s"),
    ("GUASSP_RECONCILE__EVERY", "0"),
    ("GUASSP_RESOLVER__SWEEP__EVERY", "0"),
];

/// A scene and its processes, none of which runs yet.
async fn fleet(settings: Settings, more: &[(&str, &str)]) -> (Scene, Fleet) {
    let catalog_refresh = Duration::from_secs(1);
    Fleet::none(Settings { catalog_refresh, ..settings }, &[&IDLE, more].concat()).await
}

/// Where the gateway takes deliveries.
fn door(scene: &Scene) -> String {
    format!("{}/webhooks/gitlab", scene.stack.gateway)
}

/// From now on GitLab tells the gateway of everything.
fn install_hook(scene: &Scene) {
    let url = door(scene);
    scene.gitlab.change(|world| world.add_hook(HookOwner::Instance, &url).token = Some(SECRET.to_owned()));
}

/// The processes run, the gateway answers, and the catalogue has these projects.
async fn until_running(scene: &Scene, fleet: &mut Fleet, projects: &[&Project]) {
    fleet.start(&Role::ALL);
    until_healthy(&scene.stack.gateway).await;
    let catalog = &scene.stack.runtime.jetstream.catalog;
    for project in projects {
        let listed = async || catalog.entry(ProjectId(project.id)).await.ok()?.map(|_| ());
        wait::until("the catalogue", listed).await;
    }
}

async fn until_healthy(gateway: &str) {
    let (http, url) = (reqwest::Client::new(), format!("{gateway}/health"));
    let healthy = async || http.get(&url).send().await.ok().filter(|answer| answer.status().is_success());
    wait::until("a healthy gateway", healthy).await;
}

/// Waits until SonarQube has these grants of people on the project.
async fn until_granted(scene: &Scene, project: &Project, wanted: &Grants) {
    let granted = async || (scene.grants(project).await == *wanted).then_some(());
    wait::until(&format!("{wanted:?} on {}", project.path), granted).await;
}

/// A delivery as a test makes it.
#[derive(Debug, Clone)]
struct Letter {
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Letter {
    /// One of the hook with the secret token.
    fn of_hook(id: &str, header: &str, body: String) -> Self {
        let token = ("x-gitlab-token", SECRET.to_owned());
        Self {
            headers: vec![("x-gitlab-event", header.to_owned()), ("idempotency-key", id.to_owned()), token],
            body,
        }
    }

    /// Sends it; gives the status, and none where there was no answer.
    async fn send(&self, http: &reqwest::Client, url: &str) -> Option<u16> {
        let mut request = http.post(url).header("content-type", "application/json").body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        Some(request.send().await.ok()?.status().as_u16())
    }
}
