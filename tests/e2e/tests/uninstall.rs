//! `guassp uninstall`: everything that this installation has put anywhere goes, on a person's word, and nothing else.

use std::process::{Output, Stdio};

use e2e::{Nats, binary::guassp};
use sandbox::{example, gitlab::HookOwner, worlds::Running};
use serde_json::Value;
use tokio::process::Command;

/// Where GitLab calls this installation.
const HOOK: &str = "https://guassp.example.com/webhooks/gitlab";

async fn run(running: &Running, nats: &Nats, arguments: &[&str]) -> Output {
    run_with(running, nats, arguments, &[]).await
}

/// The same, with other settings.
async fn run_with(
    running: &Running,
    nats: &Nats,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Output {
    let mut command = Command::new(guassp());
    command.args(arguments).env_clear().stdin(Stdio::null()).env("NATS_URL", nats.url());
    command.env("SONARQUBE_URL", running.sonarqube.url()).env("SONARQUBE_TOKEN", example::SONARQUBE_TOKEN);
    command.env("GITLAB_URL", running.gitlab.url()).env("GITLAB_TOKEN", example::GITLAB_TOKEN);
    command.env("GUASSP_WEBHOOKS__URL", "https://guassp.example.com");
    command.envs(environment.iter().copied()).output().await.expect("guassp")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn streams(nats: &Nats) -> usize {
    let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.expect("nats"));
    context.query_account().await.expect("an account").streams
}

#[tokio::test]
async fn it_shows_first_and_removes_when_told() {
    let (running, nats) = (example::start().await.expect("the example"), Nats::start().await);
    assert!(run(&running, &nats, &["topology"]).await.status.success());
    running.sonarqube.world().add_template("guassp temporary 7 x", "2026-11-01T09:00:00+0000");
    for (owner, url) in [
        (HookOwner::Instance, HOOK),
        (HookOwner::Instance, "https://other.example.com/webhooks/gitlab"),
        (HookOwner::Project(example::PROJECT), HOOK),
    ] {
        running.gitlab.change(|world| world.add_hook(owner, url).id);
    }
    let hooks = || running.gitlab.world().hooks.by_id.len();
    let templates = running.sonarqube.world().templates.len();
    let grants = running.sonarqube.world().granted(example::PROJECT_KEY);
    let asked = run(&running, &nats, &["uninstall"]).await;
    let said = text(&asked.stdout);
    assert!(asked.status.code() == Some(1) && text(&asked.stderr).contains("--yes"), "{asked:?}");
    for line in [
        " at system\n",
        "  SonarQube: permission template \"guassp temporary 7 x\"\n",
        "  nats-server: stream GUASSP_EVENTS\n",
        "  nats-server: bucket guassp_projects\n",
        "Grants in SonarQube stay",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let left = running.sonarqube.world().templates.len();
    assert_eq!((left, streams(&nats).await, hooks()), (templates, 12, 3));

    let also = ["--project", example::PROJECT_PATH];
    let kept =
        run(&running, &nats, &[["uninstall", "--yes", "--keep-audit"].as_slice(), &also].concat()).await;
    assert!(kept.status.success(), "{kept:?}");
    assert!(text(&kept.stdout).contains("  removed nats-server: stream GUASSP_TASKS\n"), "{kept:?}");
    let left = running.sonarqube.world().templates.len();
    assert_eq!(
        (left, streams(&nats).await, hooks()),
        (templates - 1, 1, 1),
        "places are named beside the default ones"
    );
    assert_eq!(running.sonarqube.world().granted(example::PROJECT_KEY), grants);

    let last = run(&running, &nats, &["uninstall", "--yes", "--output", "json"]).await;
    let told: Value = serde_json::from_slice(&last.stdout).expect("JSON");
    assert!(last.status.success() && streams(&nats).await == 0, "{last:?}");
    assert_eq!(
        (&told["items"][0]["name"], &told["items"][0]["removed"]),
        (&"stream GUASSP_EVENTS".into(), &true.into())
    );
    let nothing = run(&running, &nats, &["uninstall"]).await;
    assert!(nothing.status.success() && text(&nothing.stdout).starts_with("There is nothing"), "{nothing:?}");
}

const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn where_nothing_can_be_reached_it_does_not_say_that_there_is_nothing() {
    let (running, nats) = (example::start().await.expect("the example"), Nats::start().await);
    let nowhere = [
        ("GITLAB_URL", NOWHERE),
        ("SONARQUBE_URL", NOWHERE),
        ("NATS_URL", "nats://127.0.0.1:9"),
        ("GUASSP_NATS__CONNECT_TIMEOUT", "1s"),
    ];
    for arguments in [["uninstall", "--yes"], ["uninstall", "--without-hooks"]] {
        let output = run_with(&running, &nats, &arguments, &nowhere).await;
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!said.contains("There is nothing") && said.contains("Not looked at: GitLab: "), "{said}");
    }
}

#[tokio::test]
async fn streams_stay_while_hooks_cannot_be_looked_at() {
    let (running, nats) = (example::start().await.expect("the example"), Nats::start().await);
    assert!(run(&running, &nats, &["topology"]).await.status.success());
    let nowhere = [("GITLAB_URL", NOWHERE)];
    let first = run_with(&running, &nats, &["uninstall", "--yes"], &nowhere).await;
    assert!(first.status.code() == Some(1) && text(&first.stdout).contains("--without-hooks"), "{first:?}");
    assert_eq!(streams(&nats).await, 12);
    let all_the_same = run_with(&running, &nats, &["uninstall", "--yes", "--without-hooks"], &nowhere).await;
    assert_eq!((all_the_same.status.code(), streams(&nats).await), (Some(1), 0), "{all_the_same:?}");
    // Whoever never said where GitLab calls has no hooks.
    assert!(run(&running, &nats, &["topology"]).await.status.success());
    let without = [("GITLAB_URL", NOWHERE), ("GUASSP_WEBHOOKS__URL", "")];
    let output = run_with(&running, &nats, &["uninstall", "--yes"], &without).await;
    assert_eq!((output.status.code(), streams(&nats).await), (Some(0), 0), "{output:?}");
}

/// The lines of the log about calls.
fn calls(output: &Output) -> usize {
    text(&output.stderr).lines().filter(|line| line.contains("\"target\":\"calls\"")).count()
}

#[tokio::test]
async fn calls_of_commands_are_told_in_the_log() {
    let (running, nats) = (example::start().await.expect("the example"), Nats::start().await);
    let secret = ("GUASSP_WEBHOOKS__SECRET", "never-to-be-shown");
    let install = async |level: &str| {
        let environment = [secret, ("LOG_LEVEL", level)];
        run_with(&running, &nats, &["hooks", "install"], &environment).await
    };
    let (told, quiet) = (install("info").await, install("warn").await);
    assert!(told.status.success() && quiet.status.success(), "{told:?} {quiet:?}");
    assert_eq!((calls(&told), calls(&quiet)), (1, 0), "{told:?}");
    let line = text(&told.stderr);
    assert!(line.contains("POST") && line.contains("/api/v4/hooks") && !line.contains(secret.1), "{line}");
}
