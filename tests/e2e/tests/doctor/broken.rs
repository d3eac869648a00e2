//! Installations that are broken in one way: `guassp doctor` names it, with its mend, and says so by its exit code.

use std::process::{Output, Stdio};

use e2e::{Nats, binary::guassp};
use proto::subject;
use sandbox::{
    example::{self, SONARQUBE_TOKEN},
    gitlab::TokenState,
    sonarqube::TokenKind,
    worlds::Running,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::Command,
};

use super::text;

/// An installation with everything in its place, to be changed.
struct Installation {
    running: Running,
    nats: Nats,
    environment: Vec<(String, String)>,
}

impl Installation {
    async fn new() -> Self {
        let (running, nats) = (example::start().await.expect("the example"), Nats::start().await);
        let mut installation = Self { running, nats, environment: Vec::new() };
        for (name, value) in [
            ("GITLAB_URL", installation.running.gitlab.url().to_owned()),
            ("GITLAB_TOKEN", example::GITLAB_TOKEN.to_owned()),
            ("SONARQUBE_URL", installation.running.sonarqube.url().to_owned()),
            ("SONARQUBE_TOKEN", SONARQUBE_TOKEN.to_owned()),
            ("NATS_URL", installation.nats.url().to_owned()),
            ("GUASSP_NATS__CONNECT_TIMEOUT", "5s".to_owned()),
        ] {
            installation.set(name, &value);
        }
        let made = installation.run(&["topology"]).await;
        assert!(made.status.success(), "{made:?}");
        installation
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(guassp());
        command.args(arguments).env_clear().stdin(Stdio::null()).envs(self.environment.iter().cloned());
        command.output().await.expect("guassp")
    }

    /// The doctor's words about what is broken: the one red line, and its mend below it.
    async fn is_broken(&self, line: &str, mend: &str) {
        let output = self.run(&["doctor"]).await;
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let red: Vec<usize> = said
            .lines()
            .enumerate()
            .filter(|(_, said)| said.starts_with("[FAIL]"))
            .map(|(at, _)| at)
            .collect();
        assert_eq!(red.len(), 1, "one red line: {said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[red[0]].contains(line), "{line}: {said}");
        assert!(lines[red[0] + 1].contains(mend), "{mend}: {said}");
        for secret in [example::GITLAB_TOKEN, SONARQUBE_TOKEN, "glpat-narrow", "squ_narrow"] {
            assert!(!said.contains(secret) && !text(&output.stderr).contains(secret), "{said}");
        }
    }
}

#[tokio::test]
async fn nothing_is_red_where_nothing_is_broken() {
    let installation = Installation::new().await;
    let output = installation.run(&["doctor"]).await;
    let said = text(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for line in [
        "[ok]   token: a personal access token, of ",
        ", an administrator)",
        "[ok]   clock: within 30 s of GitLab's",
        "[ok]   clock: within 30 s of nats-server's",
        "[ok]   streams: ",
        "[ok]   JetStream: on",
        "[ok]   job tokens: GitLab at ",
        "[skip] hooks: not set here: webhooks.url",
        "[warn] people's tokens: none",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    for only in ["gitlab", "sonarqube", "nats", "gateway"] {
        let one = installation.run(&["doctor", "--only", only, "--output", "json"]).await;
        let report = super::json(&one);
        let checks = report["checks"].as_array().expect("checks");
        assert!(!checks.is_empty() && checks.iter().all(|check| check["system"] == only), "{report}");
    }
}

#[tokio::test]
async fn an_expired_token() {
    let installation = Installation::new().await;
    installation
        .running
        .gitlab
        .change(|world| world.set_token_state(example::GITLAB_TOKEN, TokenState::Expired));
    installation.is_broken("token: it has expired", "set GITLAB_TOKEN").await;
}

#[tokio::test]
async fn a_missing_scope() {
    let mut installation = Installation::new().await;
    installation
        .running
        .gitlab
        .change(|world| world.add_token("glpat-narrow", example::OLGA, &["read_user"]));
    installation.set("GITLAB_TOKEN", "glpat-narrow");
    installation.is_broken("token's scopes: read_user", "make a new token with the scope read_api").await;
}

#[tokio::test]
async fn a_wrong_address_of_gitlab() {
    let mut installation = Installation::new().await;
    // The job tokens' check of the gateway is red as well, by the same address.
    let is_broken = async |installation: &Installation, line: &str, mend: &str| {
        let output = installation.run(&["doctor", "--only", "gitlab"]).await;
        let said = text(&output.stdout);
        assert!(output.status.code() == Some(1) && said.starts_with("[FAIL] server: "), "{output:?}");
        assert!(said.contains(line) && said.contains(mend), "{said}");
    };
    installation.set("GITLAB_URL", "http://127.0.0.1:9");
    is_broken(&installation, "no whole answer from gitlab", "correct GITLAB_URL (http://127.0.0.1:9/)").await;
    let sonarqube = installation.running.sonarqube.url().to_owned();
    installation.set("GITLAB_URL", &sonarqube);
    is_broken(
        &installation,
        "there is no GitLab at",
        "correct GITLAB_URL: it is the address that people open",
    )
    .await;
    installation.set("GITLAB_URL", &installation.running.gitlab.url().replace("http://", "https://"));
    is_broken(&installation, "no TLS connection to https://", "certificate authority").await;
}

#[tokio::test]
async fn a_sonarqube_token_without_rights() {
    let mut installation = Installation::new().await;
    {
        let mut world = installation.running.sonarqube.world();
        let user = world.add_local_user("narrow", "Narrow", None);
        world.add_token("squ_narrow", &user, TokenKind::User);
    }
    installation.set("SONARQUBE_TOKEN", "squ_narrow");
    let output = installation.run(&["doctor", "--only", "sonarqube"]).await;
    let said = text(&output.stdout);
    let line = "[FAIL] Administer System: the account lacks this right\n       give it to narrow in Administration >";
    assert!(output.status.code() == Some(1) && said.contains(line), "{said}");
}

#[tokio::test]
async fn an_old_sonarqube() {
    let installation = Installation::new().await;
    "9.9.4.87374".clone_into(&mut installation.running.sonarqube.world().version);
    installation.is_broken("version: too old", "10.8").await;
}

/// A server that says of itself what an old one says, and answers pings.
async fn old_nats_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (reading, mut writing) = socket.split();
                let info = format!(
                    "INFO {{\"server_id\":\"OLD\",\"server_name\":\"old\",\"version\":\"2.9.25\",\"go\":\"go1.21\",\
                     \"host\":\"127.0.0.1\",\"port\":{},\"headers\":true,\"max_payload\":1048576,\"proto\":1}}\r\n",
                    address.port()
                );
                let mut sent = writing.write_all(info.as_bytes()).await;
                let mut lines = BufReader::new(reading).lines();
                while sent.is_ok()
                    && let Ok(Some(line)) = lines.next_line().await
                {
                    if line.starts_with("PING") {
                        sent = writing.write_all(b"PONG\r\n").await;
                    }
                }
            });
        }
    });
    format!("nats://{address}")
}

#[tokio::test]
async fn an_old_nats_server() {
    let mut installation = Installation::new().await;
    installation.set("NATS_URL", &old_nats_server().await);
    let line = "version: nats-server 2.9.25 is too old";
    installation.is_broken(line, "upgrade nats-server to 2.12 or newer").await;
}

#[tokio::test]
async fn a_missing_stream() {
    let installation = Installation::new().await;
    let client = async_nats::connect(installation.nats.url()).await.expect("nats");
    let context = async_nats::jetstream::new(client);
    context.delete_stream(subject::DEAD).await.expect("deleted");
    installation.is_broken("streams: GUASSP_DEAD does not exist", "run `guassp topology`").await;
    let mut plans = context.get_stream(subject::PLANS).await.expect("plans").cached_info().config.clone();
    plans.max_messages_per_subject = 2;
    context.update_stream(plans).await.expect("updated");
    let said = text(&installation.run(&["doctor", "--only", "nats"]).await.stdout);
    for line in ["GUASSP_PLANS has max_messages_per_subject = 2", "GUASSP_DEAD does not exist"] {
        assert!(said.contains(line), "all that differ are told: {said}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off() {
    let installation = Installation::new().await;
    installation.running.gitlab.world().clock_offset_s = 1000;
    installation.is_broken("s behind GitLab's", "NTP").await;
    installation.running.gitlab.world().clock_offset_s = -120;
    let output = installation.run(&["doctor", "--only", "gitlab"]).await;
    assert!(output.status.success() && text(&output.stdout).contains("[warn] clock: "), "{output:?}");
}

#[tokio::test]
async fn no_hooks() {
    let mut installation = Installation::new().await;
    installation.set("GUASSP_WEBHOOKS__URL", "https://guassp.example.com");
    let line = "hooks: system has none to https://guassp.example.com/webhooks/gitlab";
    installation.is_broken(line, "guassp hooks install").await;
}

#[tokio::test]
async fn a_nats_server_that_is_not_there() {
    let mut installation = Installation::new().await;
    installation.set("NATS_URL", "nats://127.0.0.1:9");
    installation.set("GUASSP_NATS__CONNECT_TIMEOUT", "1s");
    installation
        .is_broken(
            "nats-server: nats-server at nats://127.0.0.1:9 cannot be reached",
            "start nats-server there",
        )
        .await;
}
