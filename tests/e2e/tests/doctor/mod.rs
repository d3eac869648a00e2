//! `guassp doctor` against the sandbox's worked example, as a person at a terminal sees it. No service runs.

mod broken;

use std::process::{Output, Stdio};

use e2e::binary::guassp;
use sandbox::{example, sonarqube::Mode, worlds::Running};
use serde_json::Value;
use tokio::process::Command;

async fn doctor(running: &Running, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(guassp());
    command.arg("doctor").args(arguments).env_clear().stdin(Stdio::null());
    command.env("SONARQUBE_URL", running.sonarqube.url()).env("SONARQUBE_TOKEN", example::SONARQUBE_TOKEN);
    command.envs(environment.iter().copied()).output().await.expect("guassp")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

const MEND: [&str; 2] = ["--mend", "default-template"];

#[tokio::test]
async fn each_check_is_a_line_and_its_mend_is_below() {
    let running = example::start().await.expect("the example");
    let output = doctor(&running, &[], &[]).await;
    let said = text(&output.stdout);
    assert!(output.status.success(), "what is only to be known fails nothing: {output:?}");
    for line in [
        "[ok]   server: SonarQube is up\n",
        "[ok]   token: a user token of guassp\n",
        "[ok]   identity provider: 9 accounts of gitlab; of others: sonarqube 2\n",
        "[warn] default template: \"Default template\" lets 11 of 11 people into every new private project \
         (sonar-administrators: admin, architectureadmin; sonar-users: user, codeviewer, issueadmin, \
         securityhotspotadmin)\n       guassp doctor --mend default-template takes that from sonar-users;",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    for line in [
        "settings: not set here: GITLAB_TOKEN",
        "nats-server: not set here: NATS_URL",
        "gateway: not set here",
    ] {
        assert!(said.contains(&format!("[skip] {line}")), "{line}\n{said}");
    }
    assert!(!said.contains("The rest") && !said.contains(example::SONARQUBE_TOKEN), "{said}");
}

#[tokio::test]
async fn what_fails_ends_the_program_with_code_1() {
    let running = example::start().await.expect("the example");
    let misspelt = [("SONARQUBE_SKIP_GROUPS", "nobodies")];
    let output = doctor(&running, &["--output", "json"], &misspelt).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = json(&output);
    let checks = report["checks"].as_array().expect("checks");
    let failed: Vec<_> = checks.iter().filter(|check| check["state"] == "fail").collect();
    assert_eq!((failed.len(), &failed[0]["name"]), (1, &"skipped groups".into()), "{report}");
    assert_eq!(report["complete"], true);

    running.sonarqube.world().mode = Mode::Starting;
    let output = doctor(&running, &["--only", "sonarqube"], &[]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stdout);
    assert!(said.starts_with("[FAIL] server: ") && said.contains("The rest was not looked at"), "{said}");
    assert!(text(&output.stderr).contains("1 of 1 checks failed"), "{output:?}");
}

#[tokio::test]
async fn the_default_template_is_closed_when_somebody_says_so() {
    let running = example::start().await.expect("the example");
    let closed = || {
        let world = running.sonarqube.world();
        let users = world.group_by_name(sandbox::sonarqube::SONAR_USERS).expect("the group").id.clone();
        world.templates[0].grants.of(&sandbox::sonarqube::Grantee::Group(users)).is_empty()
    };
    let asked = doctor(&running, &MEND, &[]).await;
    assert!(asked.status.code() == Some(1) && text(&asked.stderr).contains("--yes"), "{asked:?}");
    assert!(text(&asked.stdout).contains("  - group sonar-users: user\n"), "it is shown first: {asked:?}");
    assert!(!closed());

    let observing = [("GUASSP_APPLIER__MODE", "observe")];
    let refused = doctor(&running, &[MEND[0], MEND[1], "--yes"], &observing).await;
    assert!(refused.status.code() == Some(78) && !closed(), "{refused:?}");

    let done = doctor(&running, &[MEND[0], MEND[1], "--yes"], &[]).await;
    assert!(done.status.success() && closed(), "{done:?}");
    assert!(text(&done.stdout).ends_with("Done: new projects start without these.\n"), "{done:?}");
    assert!(text(&done.stderr).contains("taking a permission from the default template"), "{done:?}");
    let again = doctor(&running, &[MEND[0], MEND[1], "--output", "json"], &[]).await;
    assert!(again.status.success() && json(&again)["taken"] == Value::Array(Vec::new()), "{again:?}");
    let again = doctor(&running, &MEND, &[]).await;
    assert!(text(&again.stdout).starts_with("Nothing to do"), "{again:?}");
}
