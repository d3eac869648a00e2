//! `docker-compose.yml` without containers: what each service is passed on is known to guassp, and is all that its role
//! needs to start.

use std::collections::{BTreeMap, BTreeSet};

use e2e::binary::run;
use serde::Deserialize;

use crate::example::read;

/// Exit codes of sysexits: nats-server is not there, which no setting could mend; and a setting is wrong or missing.
const UNAVAILABLE: i32 = 69;
const CONFIG: i32 = 78;

const ROLES: [&str; 4] = ["gateway", "resolver", "applier", "notifier"];

/// The addresses and tokens of .env, those of the notifier among them.
const NEEDED: [(&str, &str); 6] = [
    ("GITLAB_URL", "https://gitlab.example.com"),
    ("GITLAB_TOKEN", "glpat-example"),
    ("SONARQUBE_URL", "https://sonarqube.example.com"),
    ("SONARQUBE_TOKEN", "squ_example"),
    ("GUASSP_ISSUES__PROJECT", "acme/guassp"),
    ("GUASSP_ISSUES__TOKEN", "glpat-example-issues"),
];

/// What a role listens on and waits for; nobody is at that address of nats-server.
const SURROUNDINGS: [(&str, &str); 3] = [
    ("NATS_URL", "nats://127.0.0.1:1"),
    ("GUASSP_NATS__CONNECT_TIMEOUT", "1s"),
    ("EXPORTER_LISTEN_PORT", "0"),
];

#[derive(Debug, Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
}

#[derive(Debug, Deserialize)]
struct Service {
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, Option<String>>,
}

impl Compose {
    fn read() -> Self {
        serde_saphyr::from_str(&read("docker-compose.yml")).expect("YAML")
    }

    fn service(&self, name: &str) -> &Service {
        self.services.get(name).unwrap_or_else(|| panic!("a service {name}"))
    }
}

impl Service {
    /// Those of the names that .env has a value for and that are passed on.
    fn passed_on(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        NEEDED.into_iter().filter(|(name, _)| self.environment.contains_key(*name))
    }

    /// How the container ends where there is no nats-server and .env has these.
    async fn ended(&self, given: impl Iterator<Item = (&'static str, &'static str)>) -> (i32, String) {
        let all: Vec<_> =
            given.chain(SURROUNDINGS).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let (status, said) = run(&command, &all).await;
        (status.code().expect("a code"), said)
    }
}

#[tokio::test]
async fn a_role_is_passed_on_all_that_it_needs() {
    let compose = Compose::read();
    for role in ROLES {
        let service = compose.service(role);
        assert_eq!(service.command, [role]);
        let (code, said) = service.ended(service.passed_on()).await;
        assert_eq!(code, UNAVAILABLE, "{role}: {said}");
    }
}

#[tokio::test]
async fn a_token_that_is_missing_ends_the_container_with_the_code_that_the_file_names() {
    let compose = Compose::read();
    for (role, token) in [
        ("resolver", "GITLAB_TOKEN"),
        ("applier", "SONARQUBE_TOKEN"),
        ("notifier", "GUASSP_ISSUES__PROJECT"),
        ("notifier", "GUASSP_ISSUES__TOKEN"),
    ] {
        let service = compose.service(role);
        let (code, said) = service.ended(service.passed_on().filter(|(name, _)| *name != token)).await;
        assert_eq!(code, CONFIG, "{role} without {token}: {said}");
        assert!(said.contains(token), "{said}");
    }
}

/// A token that a role does not need is not in its container. (The resolver's is where `guassp hooks install` runs.)
#[test]
fn a_token_is_passed_on_to_those_alone_who_need_it() {
    let compose = Compose::read();
    for (token, roles) in [
        ("GITLAB_TOKEN", &["resolver"][..]),
        ("SONARQUBE_TOKEN", &["applier"]),
        ("GUASSP_ISSUES__TOKEN", &["notifier"]),
        ("GUASSP_WEBHOOKS__SECRET", &["gateway", "resolver"]),
        ("GUASSP_WEBHOOKS__PREVIOUS_SECRET", &["gateway"]),
    ] {
        let with = |name: &str| {
            compose.services.values().filter(|service| service.environment.contains_key(name)).count()
        };
        assert_eq!((with(token), with(&format!("{token}_FILE"))), (roles.len(), roles.len()), "{token}");
        let has = |role: &&str| compose.service(role).environment.contains_key(token);
        assert!(roles.iter().all(has), "{token}");
    }
}

#[test]
fn the_notifier_runs_where_issues_are_wanted_and_nowhere_else() {
    let compose = Compose::read();
    let profiles = |role: &&str| compose.service(role).profiles.clone();
    assert_eq!(ROLES.each_ref().map(profiles), [vec![], vec![], vec![], vec!["issues".to_owned()]]);
}

/// People are numbers; a time is text like all others.
fn example(name: &str) -> &'static str {
    if name == "GITLAB_SKIP_USERS" { "1" } else { "1s" }
}

/// guassp refuses names that begin like its own and are none.
#[tokio::test]
async fn every_name_that_is_passed_on_is_a_setting() {
    let compose = Compose::read();
    let services =
        compose.services.values().filter(|service| ROLES.iter().any(|role| service.command == [*role]));
    let names: BTreeSet<&String> = services.flat_map(|service| service.environment.keys()).collect();
    // A secret may be a file in place of its text; both at once are one too many.
    let (files, texts): (Vec<&String>, Vec<&String>) =
        names.iter().copied().partition(|name| name.ends_with("_FILE"));
    for file in files {
        let text = file.trim_end_matches("_FILE").to_owned();
        assert!(names.contains(&text), "{file} is the file of nothing");
    }
    let all: Vec<_> = texts.into_iter().map(|name| (name.clone(), example(name).to_owned())).collect();
    let (status, said) = run(&["config", "show"], &all).await;
    assert!(status.success(), "{said}");
    let misspelt = [("GUASSP_WEBHOOKS__SECRETS".to_owned(), "1s".to_owned())];
    assert_eq!(run(&["config", "show"], &misspelt).await.0.code(), Some(CONFIG));
}
