//! `guassp explain` and `guassp plan` against the sandbox's worked example, as a person at a terminal sees them.

use std::{path::Path, process::Output};

use e2e::{
    binary::{Process, guassp},
    wait,
};
use sandbox::{example, worlds::Running};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// The example with an all-in-one that has started a nats-server of its own.
struct Example {
    _running: Running,
    _services: Process,
    environment: Vec<(String, String)>,
    _folder: TempDir,
}

impl Example {
    async fn start() -> Self {
        let running = example::start().await.expect("the example");
        let folder = TempDir::new().expect("a folder");
        let environment = environment(&running, folder.path());
        let services = Process::start(&["all-in-one"], &environment);
        Self { _running: running, _services: services, environment, _folder: folder }
    }

    async fn say(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(guassp());
        command.args(arguments).env_clear().envs(self.environment.iter().cloned());
        command.output().await.expect("guassp")
    }

    /// What is printed once the services have come up.
    async fn said(&self, arguments: &[&str]) -> String {
        let answered = async || Some(self.say(arguments).await).filter(|output| output.status.success());
        String::from_utf8(wait::until("an answer", answered).await.stdout).expect("text")
    }
}

fn environment(Running { gitlab, sonarqube, .. }: &Running, folder: &Path) -> Vec<(String, String)> {
    let variables = [
        ("GITLAB_URL", gitlab.url()),
        ("GITLAB_TOKEN", example::GITLAB_TOKEN),
        ("SONARQUBE_URL", sonarqube.url()),
        ("SONARQUBE_TOKEN", example::SONARQUBE_TOKEN),
        ("GUASSP_DATA_DIR", folder.to_str().expect("a path")),
        ("LISTEN_ADDRESS", "127.0.0.1"),
        ("LISTEN_PORT", "0"),
        ("EXPORTER_LISTEN_ADDRESS", "127.0.0.1"),
        ("EXPORTER_LISTEN_PORT", "0"),
    ];
    let own = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    // Where the tests find nats-server.
    let found = ["NATS_SERVER_BIN", "PATH"].map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    own.into_iter().chain(found.into_iter().flatten()).collect()
}

/// The block of the README that follows the command.
fn readme(command: &str) -> String {
    let text = std::fs::read_to_string("../../README.md").expect("README.md");
    let after = text.split_once(&format!("$ {command}\n")).expect(command).1;
    after.split_once("```").expect("the end of a block").0.to_owned()
}

#[tokio::test]
async fn the_readme_shows_what_is_really_printed() {
    let example = Example::start().await;
    for arguments in [
        &["explain", "acme/backend/shop", "rita"][..],
        &["explain", "acme/backend/shop", "leo"],
        &["plan", "acme/backend/shop"],
    ] {
        let said = example.said(arguments).await;
        assert_eq!(said, readme(&format!("guassp {}", arguments.join(" "))), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_project_and_a_person_may_be_named_by_id() {
    let example = Example::start().await;
    let by_name = example.said(&["explain", "acme/backend/shop", "dan"]).await;
    assert!(by_name.contains("=> developer in the project itself"), "{by_name}");
    assert!(by_name.contains("a sync would grant user, codeviewer, issueadmin"), "{by_name}");
    assert_eq!(example.said(&["explain", "7", "103"]).await, by_name);
    let bruno = example.said(&["explain", "7", "bruno"]).await;
    assert!(bruno.contains("nothing, because the account is blocked"), "{bruno}");
    let nadia = example.said(&["explain", "7", "nadia"]).await;
    assert!(nadia.contains("has not signed in with GitLab yet"), "{nadia}");
}

#[tokio::test]
async fn programs_get_json() {
    let example = Example::start().await;
    let json = async |arguments: &[&str]| -> Value {
        serde_json::from_str(&example.said(arguments).await).expect("JSON")
    };
    let explained = json(&["explain", "7", "ines", "--output", "json"]).await;
    assert_eq!(explained["person"]["verdict"]["level"], "reporter");
    assert_eq!(explained["person"]["paths"][0]["through"][0]["cap"], "reporter");
    let plan = json(&["plan", "7", "--output", "json"]).await;
    assert_eq!(plan["members"].as_array().map(Vec::len), Some(8));
    assert_eq!(plan["sonarqube"][0]["key"], "acme_shop");
}

#[tokio::test]
async fn whoever_is_not_there_is_said_to_be_not_there() {
    let example = Example::start().await;
    example.said(&["plan", "7"]).await;
    for (arguments, says) in [
        (["explain", "acme/backend/shop", "nobody"], "knows nobody of the username or id nobody"),
        (["explain", "acme/nothing", "dan"], "404"),
    ] {
        let output = example.say(&arguments).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains(says), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn without_services_it_says_what_to_start() {
    let folder = TempDir::new().expect("a folder");
    let mut command = Command::new(guassp());
    command.args(["plan", "7"]).env_clear().env("GUASSP_DATA_DIR", folder.path());
    let output = command.output().await.expect("guassp");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(78) && error.contains("NATS_URL"), "{error}");
}
