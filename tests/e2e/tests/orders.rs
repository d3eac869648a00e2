//! What an operator orders at a terminal: `guassp sync`, `status`, `approve`, `reject`, `pause` and `resume`, over the
//! gateway's HTTP API. Holds are put where an applier would put them.

use std::process::Stdio;

use e2e::{
    Project, Scene, Target,
    binary::{Process, guassp},
    wait,
};
use gateway::caller::{PersonToken, Role};
use jiff::Timestamp;
use proto::{
    Cause, Change, ChangeKind, Grantee, HeldProject, Hold, Outcome, Permission, ProjectId, Ruling, TaskId,
    Verdict,
};
use runtime::jetstream::{projects::Projects, records::TaskRef};
use sandbox::gitlab::level;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::process::Command;

/// A scene with an operator, `omar`.
struct Staffed {
    scene: Scene,
    _gateway: Process,
    token: String,
}

/// What a command said, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    text: String,
    error: String,
}

impl Staffed {
    async fn start() -> Self {
        let mut scene = Scene::start(&Target::Model).await;
        let (token, entry) = PersonToken::issue("omar", Role::Operator).expect("a token");
        let environment = scene.environment(&[("GUASSP_TOKENS", &entry.to_string())]);
        let gateway = Process::start(&["gateway"], &environment);
        scene.turn_to(&environment).await;
        Self { scene, _gateway: gateway, token: token.expose_secret().to_owned() }
    }

    fn projects(&self) -> &Projects {
        &self.scene.stack.runtime.jetstream.projects
    }

    async fn say(&self, arguments: &[&str]) -> Said {
        say(arguments, &[("GUASSP_URL", &self.scene.stack.gateway), ("GUASSP_TOKEN", &self.token)]).await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let said = self.say(&[arguments, &["--output", "json"]].concat()).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        serde_json::from_str(&said.text).expect("JSON")
    }

    /// A project whose plan waits for approval.
    async fn held(&self, digest: &str) -> (String, Hold) {
        let project = ProjectId(self.scene.project("shop").await.id);
        let hold = hold(digest);
        self.projects().set_hold(project, Some(hold.clone())).await.expect("a hold");
        (project.to_string(), hold)
    }

    async fn ruling(&self, project: &str, hold: &Hold) -> Option<Ruling> {
        let project = ProjectId(project.parse().expect("an id"));
        let decision = self.projects().decision(project).await.expect("a decision");
        decision.filter(|decision| decision.is_about(hold) && decision.by == "omar").map(|it| it.ruling)
    }
}

async fn say(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let mut command = Command::new(guassp());
    command.args(arguments).env_clear().envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().await.expect("guassp");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), text: text(output.stdout), error: text(output.stderr) }
}

fn hold(digest: &str) -> Hold {
    let grantee = Grantee::Login("ann1".to_owned());
    let changes = vec![Change { kind: ChangeKind::Revoke, grantee, permission: Permission::User }];
    Hold {
        task: TaskId::new(),
        digest: digest.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        reasons: vec!["everybody would lose everything".to_owned()],
        hourly: false,
        begun: false,
        grants: 0,
        revokes: 1,
        projects: vec![HeldProject { key: "shop".to_owned(), becomes: None, changes }],
    }
}

async fn project(scene: &Scene) -> Project {
    let (project, person) = (scene.project("shop").await, scene.person("jane").await);
    scene.join(&project, &person, level::REPORTER);
    project
}

#[tokio::test]
async fn a_sync_that_is_waited_for_says_what_it_changed() {
    let staffed = Staffed::start().await;
    let project = project(&staffed.scene).await;
    let id = project.id.to_string();
    let said = staffed.say(&["sync", &id, "--wait"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.text.contains(&format!("project {id}: 2 granted, 0 revoked")), "{}", said.text);
    assert!(said.text.contains(": user, codeviewer\n"), "{}", said.text);
    let ended = staffed.json(&["sync", &id, "--wait"]).await;
    assert_eq!(
        (&ended[0]["state"], &ended[0]["summary"]),
        (&"finished".into(), &"0 granted, 0 revoked".into())
    );
    let asked = staffed.json(&["sync", &id]).await;
    assert!(asked[0]["id"].is_string(), "{asked}");
}

/// Nobody works on the task: its end is that of an applier whose guard stopped the plan.
#[tokio::test]
async fn a_sync_whose_plan_is_held_has_an_exit_code_of_its_own() {
    let staffed = Staffed::start().await;
    let project = staffed.scene.project("shop").await;
    let id = project.id.to_string();
    assert_eq!(staffed.say(&["pause", &id]).await.code, Some(0));
    let end = async {
        let newest = async || staffed.projects().newest(ProjectId(project.id)).await.expect("a look").value;
        let task = wait::until("a task", newest).await.task;
        let reference = TaskRef { id: task.id, project: task.project, cause: Cause::Reconcile };
        let outcome = Outcome::bare(Verdict::Held, Some("too many".to_owned()));
        staffed.scene.stack.runtime.jetstream.records.end(&reference, outcome).await.expect("an end");
    };
    let sync = ["sync", &id, "--wait"];
    let (said, ()) = tokio::join!(staffed.say(&sync), end);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.error.contains("held, nothing was changed: too many"), "{said:?}");
}

#[tokio::test]
async fn nothing_is_approved_that_nobody_has_seen() {
    let staffed = Staffed::start().await;
    let (id, hold) = staffed.held("0f").await;
    let said = staffed.say(&["approve", &id]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.error.contains("no terminal to ask on: add --digest"), "{said:?}");
    assert!(said.text.contains("held: everybody would lose everything\n"), "{said:?}");
    assert!(said.text.contains("\nshop\n  - ann1: user\n"), "{said:?}");
    let said = staffed.say(&["approve", &id, "--digest", "a0"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.error.contains("another plan of project"), "{said:?}");
    assert_eq!(staffed.ruling(&id, &hold).await, None);
    let nothing = staffed.scene.project("blog").await.id.to_string();
    assert_eq!(staffed.json(&["sync", &nothing]).await[0]["project"].to_string(), nothing);
    let said = staffed.say(&["approve", &nothing]).await;
    assert!(said.code == Some(1) && said.error.contains("is held"), "{said:?}");
}

#[tokio::test]
async fn a_plan_is_approved_by_its_digest_or_unseen() {
    let staffed = Staffed::start().await;
    let (by_digest, first) = staffed.held("0f").await;
    let said = staffed.say(&["approve", &by_digest, "--digest", "0f"]).await;
    assert!(said.code == Some(0) && said.text.starts_with("approved; "), "{said:?}");
    assert_eq!(staffed.ruling(&by_digest, &first).await, Some(Ruling::Approved));

    let ((one, first), (other, second)) = (staffed.held("1").await, staffed.held("2").await);
    let refused = staffed.say(&["approve", "--all"]).await;
    assert_eq!((refused.code, staffed.ruling(&one, &first).await), (Some(1), None), "{refused:?}");
    let approved = staffed.json(&["approve", "--all", "--yes"]).await;
    assert_eq!(approved.as_array().map(Vec::len), Some(2), "{approved}");
    for (project, hold) in [(one, first), (other, second)] {
        assert_eq!(staffed.ruling(&project, &hold).await, Some(Ruling::Approved));
    }
}

#[tokio::test]
async fn a_plan_is_rejected() {
    let staffed = Staffed::start().await;
    let (id, hold) = staffed.held("0f").await;
    let said = staffed.say(&["reject", &id]).await;
    assert!(said.code == Some(0) && said.text.contains("is rejected"), "{said:?}");
    assert_eq!(staffed.ruling(&id, &hold).await, Some(Ruling::Rejected));
    assert_eq!(staffed.say(&["pause", &id]).await.code, Some(0));
    let said = staffed.say(&["reject", &id]).await;
    assert!(said.code == Some(1) && said.error.contains("is held"), "{said:?}");
}

#[tokio::test]
async fn a_pause_is_shown_by_the_status_and_a_resumed_project_gets_a_task() {
    let staffed = Staffed::start().await;
    let project = project(&staffed.scene).await;
    let id = project.id.to_string();
    let said = staffed.say(&["pause", &id, "--reason", "migration"]).await;
    assert_eq!(said.text, format!("project {id}: paused by omar: migration\n"), "{said:?}");
    for arguments in [&["status", id.as_str()][..], &["status"]] {
        let said = staffed.say(arguments).await;
        let wanted = format!("project {id}: never synced\n  paused by omar: migration\n");
        assert!(said.code == Some(0) && said.text.ends_with(&wanted), "{said:?}");
        assert_eq!(
            said.text.starts_with("guassp "),
            arguments.len() == 1,
            "the system is told first: {said:?}"
        );
    }
    let resumed = staffed.json(&["resume", &id]).await;
    assert!(resumed["paused"].is_null() && resumed["task"].is_string(), "{resumed}");
    let applied = async || staffed.projects().applied(ProjectId(project.id)).await.expect("a look");
    wait::until("a sync", applied).await;
    let status = staffed.json(&["status", &id]).await;
    assert!(status["last_success"].is_string() && status["stale_seconds"].is_u64(), "{status}");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let staffed = Staffed::start().await;
    let url = staffed.scene.stack.gateway.as_str();
    for (environment, code, words) in [
        (&[][..], 78, "GUASSP_URL is not set"),
        (&[("GUASSP_URL", "guassp.example.com")], 78, "GUASSP_URL is no URL"),
        (&[("GUASSP_URL", url)], 77, "GUASSP_TOKEN"),
        (&[("GUASSP_URL", url), ("GUASSP_TOKEN", "guassp_of_nobody")], 77, "nobody has this token"),
        (&[("GUASSP_URL", "http://127.0.0.1:9")], 69, "GUASSP_URL"),
    ] {
        let said = say(&["status"], environment).await;
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.error.contains(words) && !said.error.contains("of_nobody"), "{said:?}");
    }
}

#[tokio::test]
async fn a_project_is_put_back_and_stays_so_until_it_is_resumed() {
    let staffed = Staffed::start().await;
    let scene = &staffed.scene;
    let project = scene.project("back").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    scene.join(&project, &owner, level::MAINTAINER);
    scene.join(&project, &leaver, level::DEVELOPER);
    scene.sync(&project).await;
    scene.leave(&project, &leaver);
    let wrong = scene.sync(&project).await.id.to_string();
    assert_eq!(scene.grants(&project).await.len(), 1);
    let id = project.id.to_string();
    let said = staffed.say(&["restore", &id, "--before", &wrong, "--wait"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(scene.grants(&project).await.len(), 2, "{said:?}");
    let status = staffed.json(&["status", &id]).await;
    let reason = status["paused"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(&wrong), "{status}");
    let said = staffed.say(&["resume", &id]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let undone = async || (scene.grants(&project).await.len() == 1).then_some(());
    wait::until("what GitLab says, once it is resumed", undone).await;
}
