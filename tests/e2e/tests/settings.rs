//! Wrong settings end with an exit code, and one line that names the setting and the mend.

use e2e::{Nats, binary};

/// Four settings as on a real installation, with nobody behind them.
const REAL: [(&str, &str); 4] = [
    ("GITLAB_URL", "http://127.0.0.1:9"),
    ("GITLAB_TOKEN", "glpat-x"),
    ("SONARQUBE_URL", "http://127.0.0.1:9"),
    ("SONARQUBE_TOKEN", "squ_x"),
];

type Variables = &'static [(&'static str, &'static str)];

/// Arguments, settings left out, settings added, and what the line says.
type Case = (&'static [&'static str], &'static [&'static str], Variables, &'static str);

const CONFIG: i32 = 78;
const UNAVAILABLE: i32 = 69;

/// Runs `guassp` with the real settings, less those in `without`, and with `with`.
async fn guassp(arguments: &[&str], without: &[&str], with: &[(&str, &str)]) -> (i32, String) {
    let kept = REAL.iter().filter(|(name, _)| !without.contains(name)).chain(with);
    let mut environment: Vec<_> =
        kept.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    environment.push(("EXPORTER_LISTEN_PORT".to_owned(), "0".to_owned()));
    let (status, said) = binary::run(arguments, &environment).await;
    (status.code().expect("an exit code"), said)
}

/// The last line, which is the one that the program itself says.
fn words(said: &str) -> &str {
    said.lines().last().unwrap_or_default()
}

#[tokio::test]
async fn a_missing_or_wrong_setting_is_named_with_its_mend() {
    let cases: [Case; 9] = [
        (&["all-in-one"], &["GITLAB_TOKEN"], &[], "GITLAB_TOKEN is not set: set GITLAB_TOKEN"),
        (&["all-in-one"], &["SONARQUBE_URL"], &[], "SONARQUBE_URL is not set: set SONARQUBE_URL"),
        (&["applier"], &["SONARQUBE_TOKEN"], &[], "SONARQUBE_TOKEN is not set: set SONARQUBE_TOKEN"),
        (&["gateway"], &[], &[("GITLAB_URL", "gitlab")], "GITLAB_URL is no URL"),
        (&["resolver"], &[], &[], "NATS_URL is not set: set NATS_URL"),
        (&["topology"], &[], &[], "NATS_URL is not set: set NATS_URL"),
        (&["config", "check"], &[], &[("GUASSP_RESOLVER__WOKERS", "2")], "GUASSP_RESOLVER__WOKERS is wrong"),
        (&["config", "check"], &[], &[("LISTEN_PORT", "http")], "LISTEN_PORT is wrong"),
        (&["--config", "/nowhere.toml", "config", "check"], &[], &[], "/nowhere.toml cannot be read"),
    ];
    for (arguments, without, with, line) in cases {
        let (code, said) = guassp(arguments, without, with).await;
        assert_eq!(code, CONFIG, "{arguments:?}: {said}");
        assert!(words(&said).contains(line), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "one line: {said}");
    }
}

#[tokio::test]
async fn an_unreachable_nats_server_is_named_with_its_mend() {
    let nowhere = [("NATS_URL", "nats://u:secret@127.0.0.1:9"), ("GUASSP_NATS__CONNECT_TIMEOUT", "1s")];
    for role in ["gateway", "resolver", "applier", "all-in-one", "topology"] {
        let (code, said) = guassp(&[role], &[], &nowhere).await;
        assert_eq!(code, UNAVAILABLE, "{role}: {said}");
        assert!(
            words(&said).contains("NATS_URL: nats-server at 127.0.0.1:9 cannot be reached"),
            "{role}: {said}"
        );
        assert!(!said.contains("secret"), "{said}");
    }
}

#[tokio::test]
async fn a_missing_nats_server_program_is_named_with_its_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = [
        ("NATS_SERVER_BIN", "/nowhere/nats-server"),
        ("GUASSP_DATA_DIR", folder.path().to_str().expect("text")),
    ];
    let (code, said) = guassp(&["all-in-one"], &[], &with).await;
    assert_eq!(code, UNAVAILABLE, "{said}");
    assert!(words(&said).contains("NATS_SERVER_BIN"), "{said}");
}

#[tokio::test]
async fn streams_that_nobody_created_are_named_with_the_mend() {
    let nats = Nats::start().await;
    for role in ["gateway", "resolver", "applier"] {
        let (code, said) = guassp(&[role], &[], &[("NATS_URL", nats.url())]).await;
        assert_eq!(code, UNAVAILABLE, "{role}: {said}");
        assert!(
            words(&said).contains("GUASSP_TASKS does not exist: run `guassp topology`"),
            "{role}: {said}"
        );
    }
}

#[tokio::test]
async fn streams_that_differ_are_named_with_the_mend() {
    let nats = Nats::start().await;
    let with = [("NATS_URL", nats.url())];
    let (code, said) = guassp(&["topology"], &[], &with).await;
    assert_eq!(code, 0, "{said}");
    let client = async_nats::connect(nats.url()).await.expect("nats");
    let context = async_nats::jetstream::new(client);
    let mut config = context.get_stream("GUASSP_PLANS").await.expect("plans").cached_info().config.clone();
    config.max_messages_per_subject = 2;
    context.update_stream(config).await.expect("updated");
    let (code, said) = guassp(&["applier"], &[], &with).await;
    assert_eq!(code, CONFIG, "{said}");
    let line = "GUASSP_PLANS has max_messages_per_subject = 2, this build needs 1: run `guassp topology`";
    assert!(words(&said).contains(line), "{said}");
    assert_eq!(guassp(&["topology"], &[], &with).await.0, 0, "it mends what can be mended");
}
