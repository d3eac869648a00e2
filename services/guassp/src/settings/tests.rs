use std::net::Ipv4Addr;

use super::*;

fn settings(environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Settings::from(None, environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

const REAL: &[(&str, &str)] = &[
    ("GITLAB_URL", "https://gitlab.example.com"),
    ("GITLAB_TOKEN", "glpat-1"),
    ("SONARQUBE_URL", "https://sonarqube.example.com/sonar"),
    ("SONARQUBE_TOKEN", "squ_1"),
];

#[test]
fn four_variables_are_enough_for_every_role() {
    let settings = settings(REAL).unwrap();
    settings.gateway().unwrap();
    settings.resolver().unwrap();
    settings.applier().unwrap();
}

#[test]
fn each_role_asks_only_for_what_it_needs() {
    let settings = settings(&[]).unwrap();
    settings.gateway().unwrap();
    assert_eq!(
        settings.resolver().unwrap_err().to_string(),
        "GITLAB_TOKEN is not set: set GITLAB_TOKEN, for example GITLAB_TOKEN=glpat-... (scope read_api)"
    );
    assert!(
        settings
            .applier()
            .unwrap_err()
            .to_string()
            .starts_with("SONARQUBE_URL is not set: set SONARQUBE_URL")
    );
}

#[test]
fn the_older_tools_names_work() {
    let mut environment = REAL.to_vec();
    environment.extend([
        ("GITLAB_SKIP_USERS", "1, 7"),
        ("SONARQUBE_SKIP_GROUPS", "sonar-administrators,ops"),
        ("SONARQUBE_ALM_KEY", "gitlab"),
        ("QUEUE_RESULT_TTL", "60"),
        ("LISTEN_ADDRESS", "127.0.0.1"),
        ("LISTEN_PORT", "5001"),
        ("EXPORTER_LISTEN_ADDRESS", "127.0.0.1"),
        ("EXPORTER_LISTEN_PORT", "9727"),
        ("LOG_LEVEL", "DEBUG"),
        ("REDIS_URL", "redis://x"),
    ]);
    let settings = settings(&environment).unwrap();
    assert_eq!(settings.queue.result_ttl, Duration::from_secs(60));
    assert_eq!(settings.gateway().unwrap().listen, SocketAddr::from((Ipv4Addr::LOCALHOST, 5001)));
    assert_eq!(settings.admin_address(), SocketAddr::from((Ipv4Addr::LOCALHOST, 9727)));
    assert_eq!(settings.resolver().unwrap().exempt.users, BTreeSet::from([UserId(1), UserId(7)]));
    assert_eq!(settings.applier().unwrap().people.skip_groups, ["sonar-administrators", "ops"]);
    assert_eq!(settings.without_effect(), ["REDIS_URL"]);
}

#[test]
fn a_wrong_setting_is_one_line_that_names_it_and_the_mend() {
    let wrong = [
        (("GITLAB_URL", "gitlab.example.com"), "GITLAB_URL is no URL"),
        (("GITLAB_URL", "ftp://gitlab"), "GITLAB_URL is no http or https address"),
        (("GITLAB_URL", "https://u:p@gitlab"), "GITLAB_URL holds a user name or password"),
    ];
    for (variable, line) in wrong {
        let error = settings(&[variable]).unwrap().gateway().unwrap_err().to_string();
        assert!(error.starts_with(line) && !error.contains('\n'), "{error}");
    }
    let wrong = [
        (("LISTEN_PORT", "http"), "LISTEN_PORT is wrong"),
        (("GUASSP_RESOLVER__WORKRES", "3"), "GUASSP_RESOLVER__WORKRES is wrong"),
        (("GUASSP_RESOLVER__WORKERS", "0"), "resolver.workers is 0"),
        (("QUEUE_RESULT_TTL", "soon"), "QUEUE_RESULT_TTL is wrong"),
        (("GUASSP_GATEWAY__STRANDED_AFTER", "0"), "gateway.stranded_after is 0ns"),
        (("GUASSP_QUEUE__ACK_WAIT", "100ms"), "queue.ack_wait is 100ms"),
    ];
    for (variable, line) in wrong {
        let error = settings(&[variable]).unwrap_err().to_string();
        assert!(error.starts_with(line) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let settings = settings(&[("GITLAB_TOKEN", ""), ("NATS_URL", ""), ("SONARQUBE_ALM_KEY", "")]).unwrap();
    assert!(settings.resolver().is_err());
    assert!(settings.nats.url.is_none());
}

#[test]
fn no_secret_is_shown() {
    let settings = settings(REAL).unwrap();
    let shown = toml::to_string(&settings).unwrap();
    assert!(shown.contains("********") && !shown.contains("glpat-1") && !shown.contains("squ_1"), "{shown}");
}
