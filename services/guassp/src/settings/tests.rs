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
        (("GUASSP_GITLAB__PARALLEL_CALLS", "0"), "gitlab.parallel_calls is 0"),
        (("GUASSP_GITLAB__CACHE_AGE", "10ms"), "gitlab.cache_age is 10ms"),
        (("GUASSP_GITLAB__BUDGET__PER_MINUTE", "7"), "GUASSP_GITLAB__BUDGET__PER_MINUTE is wrong"),
        (("QUEUE_RESULT_TTL", "soon"), "QUEUE_RESULT_TTL is wrong"),
        (("GUASSP_GATEWAY__STRANDED_AFTER", "0"), "gateway.stranded_after is 0ns"),
        (("GUASSP_QUEUE__ACK_WAIT", "100ms"), "queue.ack_wait is 100ms"),
        (("GUASSP_GATEWAY__LIMITS__CALLER_BURST", "0"), "gateway.limits.caller_burst is 0"),
        (("GUASSP_GATEWAY__LIMITS__CONNECTIONS", "0"), "gateway.limits.connections is 0"),
        (("GUASSP_GATEWAY__LIMITS__CONNECTIONS", "-1"), "GUASSP_GATEWAY__LIMITS__CONNECTIONS is wrong"),
        (("GUASSP_GATEWAY__LIMITS__BODY_TIMEOUT", "10ms"), "gateway.limits.body_timeout is 10ms"),
    ];
    for (variable, line) in wrong {
        let error = settings(&[variable]).unwrap_err().to_string();
        assert!(error.starts_with(line) && !error.contains('\n'), "{error}");
    }
}

/// The SHA-256 of nothing that anybody has.
const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_gateway_is_closed_until_somebody_opens_it() {
    let callers = settings(REAL).unwrap().gateway().unwrap().callers;
    assert_eq!(format!("{:?}", callers.people), "PersonTokens([])");
    assert!(callers.allow.viewer.is_empty() && callers.allow.operator.is_empty());
    assert!(callers.trusted_proxies.is_empty() && callers.id_tokens.audience.is_none());
    assert_eq!(callers.verdict_ttl, Duration::from_secs(10));
    assert_eq!(callers.id_tokens.clock_skew, Duration::from_secs(30));
}

#[test]
fn a_gateways_callers_are_read_from_the_environment() {
    let tokens = format!("ann:viewer:{HASH}");
    let settings = settings(&[
        ("GUASSP_TOKENS", &tokens),
        ("GUASSP_GATEWAY__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
        ("GUASSP_GATEWAY__ALLOW__VIEWER", "fd00::/8,::1"),
        ("GUASSP_GATEWAY__ALLOW__OPERATOR", "127.0.0.0/8"),
        ("GUASSP_GATEWAY__VERDICT_TTL", "0"),
        ("GUASSP_GATEWAY__ID_TOKENS__AUDIENCE", "4711"),
        ("GUASSP_GATEWAY__ID_TOKENS__ISSUER", "https://gitlab.example.com/"),
        ("GUASSP_GATEWAY__ID_TOKENS__CLOCK_SKEW", "1m"),
    ])
    .unwrap();
    let callers = settings.gateway().unwrap().callers;
    assert!(format!("{:?}", callers.people).contains("\"ann\""));
    let shown = |networks: &[ipnet::IpNet]| networks.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&callers.trusted_proxies), ["10.0.0.0/8", "192.0.2.1/32"]);
    assert_eq!(shown(&callers.allow.viewer), ["fd00::/8", "::1/128"]);
    assert_eq!(shown(&callers.allow.operator), ["127.0.0.0/8"]);
    assert_eq!(callers.verdict_ttl, Duration::ZERO);
    assert_eq!(callers.id_tokens.audience.as_deref(), Some("4711"));
    assert_eq!(callers.id_tokens.issuer.as_deref(), Some("https://gitlab.example.com/"));
    assert_eq!(callers.id_tokens.clock_skew, Duration::from_secs(60));
    let shown = toml::to_string(&settings).unwrap();
    assert!(!shown.contains(HASH) && shown.contains("********"), "{shown}");
}

#[test]
fn the_tokens_of_people_can_be_a_file() {
    let file = std::env::temp_dir().join(format!("guassp-tokens-{}", std::process::id()));
    let other = HASH.replace('0', "1");
    std::fs::write(&file, format!("ann:viewer:{HASH}\nbob:operator:{other}\n")).unwrap();
    for name in ["GUASSP_TOKENS_FILE", "GUASSP_GATEWAY__TOKENS_FILE"] {
        let settings = settings(&[(name, file.to_str().unwrap())]).unwrap();
        let people = format!("{:?}", settings.gateway().unwrap().callers.people);
        assert!(people.contains("\"ann\"") && people.contains("\"bob\""), "{people}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_wrong_caller_is_one_line_that_names_it_and_the_mend_and_shows_no_hash() {
    let admin = format!("ann:viewer:{HASH}\nbob:admin:{HASH}");
    for (variable, line) in [
        (
            ("GUASSP_TOKENS", &*admin),
            "GUASSP_TOKENS entry 2 (bob) has a role that is neither viewer nor operator: write it as",
        ),
        (("GUASSP_TOKENS", HASH), "GUASSP_TOKENS entry 1 is not of the form name:role:sha256"),
        (
            ("GUASSP_GATEWAY__ALLOW__VIEWER", "10.0.0.0/8,office"),
            "gateway.allow.viewer has the entry \"office\", which is no network: write it like 10.0.0.0/8",
        ),
        (("GUASSP_GATEWAY__ALLOW__OPERATOR", "10.0.0.0/33"), "gateway.allow.operator has the entry"),
        (("GUASSP_GATEWAY__TRUSTED_PROXIES", "::ffff:10.0.0.0/104"), "gateway.trusted_proxies has the entry"),
        (("GUASSP_GATEWAY__ID_TOKENS__ISSUER", "gitlab"), "gateway.id_tokens.issuer is no URL"),
        (("GUASSP_GATEWAY__ID_TOKENS__AUDIENCE", " "), "gateway.id_tokens.audience is not set"),
    ] {
        let error = settings(&[variable]).unwrap().gateway().unwrap_err().to_string();
        assert!(error.starts_with(line) && !error.contains('\n') && !error.contains(HASH), "{error}");
    }
    for (variable, line) in [
        (("GUASSP_GATEWAY__VERDICT_TTL", "soon"), "GUASSP_GATEWAY__VERDICT_TTL is wrong"),
        (("GUASSP_GATEWAY__ALLOW__EVERYBODY", "::/0"), "GUASSP_GATEWAY__ALLOW__EVERYBODY is wrong"),
    ] {
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

#[test]
fn a_time_zone_and_a_time_of_day_are_checked_before_anything_starts() {
    let expiry = |variables: &[(&str, &str)]| {
        let mut environment = REAL.to_vec();
        environment.extend(variables);
        settings(&environment).unwrap().resolver().map(|config| config.expiry)
    };
    let job = expiry(&[
        ("GUASSP_GITLAB__TIME_ZONE", "Europe/Berlin"),
        ("GUASSP_GITLAB__EXPIRY_JOB", "01:30"),
        ("GUASSP_GITLAB__EXPIRY_MARGIN", "20m"),
    ])
    .unwrap();
    assert_eq!((job.at, job.margin), (jiff::civil::time(1, 30, 0, 0), Duration::from_secs(1200)));
    assert_eq!(job.zone.iana_name(), Some("Europe/Berlin"));
    for (variable, line) in [
        (("GUASSP_GITLAB__TIME_ZONE", "Europe/Atlantis"), "gitlab.time_zone is wrong (there is no time zone"),
        (("GUASSP_GITLAB__EXPIRY_JOB", "soon"), "gitlab.expiry_job is wrong (\"soon\" is no time of day)"),
        (("GUASSP_GITLAB__EXPIRY_JOB", "24:10"), "gitlab.expiry_job is wrong"),
    ] {
        let error = expiry(&[variable]).unwrap_err().to_string();
        assert!(error.starts_with(line) && error.contains("for example"), "{error}");
    }
}

#[test]
fn a_commands_gateway_is_read_from_the_environment() {
    let missing = settings(REAL).unwrap().client().unwrap_err().to_string();
    assert!(missing.starts_with("GUASSP_URL is not set: set GUASSP_URL"), "{missing}");
    let client = [("GUASSP_URL", "https://guassp.example.com/api"), ("GUASSP_TOKEN", "guassp_1")];
    let settings = settings(&client).unwrap();
    let endpoint = settings.client().unwrap();
    assert_eq!(endpoint.url.as_str(), "https://guassp.example.com/api");
    assert!(endpoint.token.is_some());
    let shown = toml::to_string(&settings).unwrap() + &format!("{endpoint:?}");
    assert!(!shown.contains("guassp_1"), "{shown}");
}

#[test]
fn the_secrets_of_webhooks_count_and_empty_ones_do_not() {
    let key = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let hooks = |environment: &[(&str, &str)]| settings(environment).unwrap().gateway().unwrap().webhooks;
    let none = hooks(&[("GUASSP_WEBHOOKS__SECRET", " "), ("GUASSP_WEBHOOKS__SIGNING_KEY", "")]);
    assert_eq!((none.secrets.len(), none.signing_keys.len()), (0, 0));
    assert_eq!(none.look_again, [10, 120].map(Duration::from_secs));
    let all = hooks(&[
        ("GUASSP_WEBHOOKS__SECRET", "12345"),
        ("GUASSP_WEBHOOKS__PREVIOUS_SECRET", "old"),
        ("GUASSP_WEBHOOKS__SIGNING_KEY", key),
        ("GUASSP_WEBHOOKS__PREVIOUS_SIGNING_KEY", key),
        ("GUASSP_WEBHOOKS__LOOK_AGAIN", "5s,1m"),
        ("GUASSP_WEBHOOKS__MAX_BODY_BYTES", "1000"),
    ]);
    assert_eq!((all.secrets.len(), all.signing_keys.len(), all.max_body_bytes), (2, 2, 1000));
    assert_eq!(all.look_again, [5, 60].map(Duration::from_secs));
    assert!(hooks(&[("GUASSP_WEBHOOKS__LOOK_AGAIN", "")]).look_again.is_empty());
}

#[test]
fn a_secret_on_its_way_out_may_be_an_empty_file_and_come_back() {
    let file = std::env::temp_dir().join(format!("guassp-previous-{}", std::process::id()));
    let named = |names: &[&str]| {
        let environment: Vec<_> = names.iter().map(|name| (*name, file.to_str().unwrap())).collect();
        settings(&environment)
    };
    let previous = ["GUASSP_WEBHOOKS__PREVIOUS_SECRET_FILE", "GUASSP_WEBHOOKS__PREVIOUS_SIGNING_KEY_FILE"];
    for content in [None, Some(" \n")] {
        content.inspect(|content| std::fs::write(&file, content).unwrap());
        let settings = named(&previous).unwrap();
        let hooks = settings.gateway().unwrap().webhooks;
        assert_eq!((hooks.secrets.len(), hooks.signing_keys.len()), (1, 1), "they are looked at later");
        assert!(!settings.webhooks.has_secret());
        assert_eq!(settings.secrets().len(), 2);
    }
    std::fs::write(&file, "old").unwrap();
    assert!(named(&previous[..1]).unwrap().webhooks.has_secret());
    assert!(named(&previous).unwrap().gateway().is_err(), "what is there must be a key");
    std::fs::remove_file(&file).unwrap();
    assert!(named(&["GUASSP_WEBHOOKS__SECRET_FILE"]).is_err());
}

#[test]
fn a_signing_key_that_is_none_is_named_and_not_shown() {
    let settings = settings(&[("GUASSP_WEBHOOKS__SIGNING_KEY", "whsec_secret")]).unwrap();
    let error = settings.gateway().unwrap_err().to_string();
    assert!(error.starts_with("GUASSP_WEBHOOKS__SIGNING_KEY is no signing token"), "{error}");
    assert!(!error.contains("whsec_secret"), "{error}");
    let shown = toml::to_string(&settings).unwrap();
    assert!(!shown.contains("whsec_secret"), "{shown}");
}
