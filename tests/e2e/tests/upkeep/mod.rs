//! What operators live with, on real processes: issues for people, hooks, tokens that change, what the commands tell, and
//! the log of outgoing calls.

mod calls;
mod hooks;
mod leaving;
mod notifier;
mod rotation;
mod tells;

use std::{collections::BTreeMap, path::PathBuf, process::Stdio};

use e2e::{
    Project, Scene, Settings, Target,
    binary::{Process, guassp},
    wait,
};
use gateway::caller::{PersonToken, Role};
use proto::ProjectId;
use sandbox::gitlab::level;
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// An installation with an operator, and a log for each of its processes.
struct Site {
    scene: Scene,
    environment: Vec<(String, String)>,
    running: BTreeMap<String, Process>,
    folder: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    text: String,
    error: String,
}

impl Site {
    /// One with these variables, and none of its processes yet.
    async fn with(more: &[(&str, &str)]) -> Self {
        let settings = Settings { attempts: 2, ..Settings::default() };
        let mut scene = Scene::with(&Target::Model, settings).await;
        assert!(scene.stack.stop().await);
        let (token, entry) = PersonToken::issue("omar", Role::Operator).expect("a token");
        let mut environment = scene.environment(more);
        let port = environment.iter().find(|(name, _)| name == "LISTEN_PORT").map(|(_, port)| port.clone());
        scene.stack.gateway = format!("http://127.0.0.1:{}", port.expect("a port"));
        for (name, value) in [
            ("GUASSP_TOKENS", entry.to_string().as_str()),
            ("GUASSP_URL", &scene.stack.gateway),
            ("GUASSP_TOKEN", token.expose_secret()),
            ("LOG_LEVEL", "info,calls=debug"),
        ] {
            environment.push((name.to_owned(), value.to_owned()));
        }
        let folder = tempfile::tempdir().expect("a folder");
        Self { scene, environment, running: BTreeMap::new(), folder }
    }

    /// Starts these roles, and waits for the gateway where it is one of them.
    async fn start(&mut self, roles: &[&str]) {
        for role in roles {
            self.start_with(role, &[]);
        }
        if roles.contains(&"gateway") {
            let environment = self.environment.clone();
            self.scene.turn_to(&environment).await;
        }
    }

    /// One more role, with some variables of its own.
    fn start_with(&mut self, role: &str, more: &[(&str, &str)]) {
        let mut environment = self.environment.clone();
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let process = Process::start_with_log(&[role], &environment, &self.log_file(role), None);
        assert!(self.running.insert(role.to_owned(), process).is_none(), "{role} runs already");
    }

    async fn kill(&mut self, role: &str) {
        self.running.remove(role).expect("a process").kill().await;
    }

    fn log_file(&self, role: &str) -> PathBuf {
        self.folder.path().join(format!("{role}.log"))
    }

    /// The lines of a process's log.
    fn log(&self, role: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log_file(role)).expect("a log");
        // The last one may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    async fn say(&self, arguments: &[&str]) -> Said {
        self.say_with(arguments, &[]).await
    }

    /// The same with some other variables.
    async fn say_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Said {
        let mut command = Command::new(guassp());
        command.args(arguments).env_clear().envs(self.environment.iter().cloned()).stdin(Stdio::null());
        let output = command.envs(more.iter().copied()).output().await.expect("guassp");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said { code: output.status.code(), text: text(output.stdout), error: text(output.stderr) }
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let said = self.say(&[arguments, &["--output", "json"]].concat()).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        serde_json::from_str(&said.text).expect("JSON")
    }

    /// A bound project with somebody in it.
    async fn inhabited(&self, name: &str) -> Project {
        let (project, owner) = (self.scene.project(name).await, self.scene.person("owner").await);
        self.scene.join(&project, &owner, level::MAINTAINER);
        project
    }

    /// Waits until the applier knows that SonarQube has it.
    async fn until_listed(&self, project: &Project) {
        let catalog = &self.scene.stack.runtime.jetstream.catalog;
        let listed = async || catalog.entry(ProjectId(project.id)).await.ok()?.map(|_| ());
        wait::until("the catalogue", listed).await;
    }
}
