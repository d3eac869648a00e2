//! Each extractor over HTTP, in front of a handler that says who it was given. The caller is always on loopback.
#![expect(clippy::disallowed_methods, reason = "a test's own server and calls are none of the product's")]

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::ConnectInfo,
    middleware::{self, Next},
    routing::any,
};
use ipnet::IpNet;
use runtime::{clock::Clock, http::Limits, metrics::Metrics};
use sandbox::GitLab;

use super::*;
use crate::caller::{
    Allow, Config, PersonToken,
    network::{Peer, locate},
};

const SHOP: u64 = 7;

struct Stage {
    gitlab: GitLab,
    metrics: Arc<Metrics>,
    url: String,
}

impl Stage {
    async fn start(config: Config) -> Self {
        let gitlab = GitLab::start().await.unwrap();
        gitlab.change(|world| {
            world.add_user(100, "runner");
            world.add_project(SHOP, "acme/shop");
        });
        let patience = Duration::from_secs(30);
        let limits = Limits { connect_timeout: patience, timeout: patience, max_answer_bytes: 1 << 20 };
        let metrics = Arc::new(Metrics::new().unwrap());
        let url = gitlab.url().parse().unwrap();
        let callers = Callers::new(config, &url, &limits, &metrics, Clock::system()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = router(Arc::new(callers)).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { gitlab, metrics, url }
    }

    /// Status and body.
    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers().contains_key("www-authenticate"), answer.status() == 401);
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn router(callers: Arc<Callers>) -> Router {
    let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next| {
        request.extensions_mut().insert(Peer(peer));
        next.run(request).await
    };
    let located = Router::new()
        .route("/job", any(async |JobCaller(job): JobCaller| job.project.to_string()))
        .route(
            "/reader",
            any(async |Reader(caller): Reader| match caller {
                Caller::Job(job) => job.project.to_string(),
                Caller::Person(person) => person.name,
            }),
        )
        .route("/viewer", any(async |Viewer(person): Viewer| person.name))
        .route("/operator", any(async |Operator(person): Operator| person.name))
        .layer(middleware::from_fn_with_state(callers.clone(), locate))
        .layer(middleware::from_fn(peer));
    let unknown = Router::new().route("/unlocated", any(async |Viewer(person): Viewer| person.name));
    located.merge(unknown).with_state(callers)
}

/// Two people's tokens, as headers, and a configuration that knows them.
fn people() -> (Config, String, String) {
    let issue = |name, role| {
        let (token, entry) = PersonToken::issue(name, role).unwrap();
        (format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&token)), entry.to_string())
    };
    let ((viewer, one), (operator, two)) = (issue("vera", Role::Viewer), issue("omar", Role::Operator));
    let config = Config { people: format!("{one},{two}").parse().unwrap(), ..Config::default() };
    (config, viewer, operator)
}

fn networks(config: Config, viewer: &[&str], operator: &[&str], proxies: &[&str]) -> Config {
    let parse = |list: &[&str]| list.iter().map(|network| network.parse().unwrap()).collect::<Vec<IpNet>>();
    let allow = Allow { viewer: parse(viewer), operator: parse(operator) };
    Config { allow, trusted_proxies: parse(proxies), ..config }
}

#[tokio::test]
async fn people_do_what_their_role_allows_and_jobs_only_what_is_for_jobs() {
    let (config, viewer, operator) = people();
    let stage = Stage::start(config).await;
    let job = format!("Bearer {}", stage.gitlab.world().start_job(SHOP, 100));
    let wrong = "Bearer guassp_nobodys";
    for (path, token, status, says) in [
        ("/viewer", &*viewer, 200, "vera"),
        ("/viewer", &operator, 200, "omar"),
        ("/operator", &operator, 200, "omar"),
        ("/operator", &viewer, 403, "takes the role operator; vera has the role viewer"),
        ("/reader", &viewer, 200, "vera"),
        ("/reader", &job, 200, "7"),
        ("/job", &job, 200, "7"),
        ("/job", &viewer, 401, "not a person's: send $CI_JOB_TOKEN"),
        ("/job", &operator, 401, "not a person's"),
        ("/viewer", &job, 401, "takes a person's token"),
        ("/operator", &job, 401, "takes a person's token"),
        ("/viewer", wrong, 401, "nobody has this token"),
        ("/operator", wrong, 401, "nobody has this token"),
        ("/reader", wrong, 401, "nobody has this token"),
        ("/viewer", "Basic eDp5", 401, "must be \\\"Bearer\\\""),
        ("/reader", "Basic eDp5", 401, "must be \\\"Bearer\\\""),
    ] {
        let (answered, body) = stage.ask(path, &[("authorization", token)]).await;
        assert!(answered == status && body.contains(says), "{path} {token}: {answered} {body}");
    }
    for path in ["/viewer", "/operator", "/reader", "/job"] {
        assert_eq!(stage.ask(path, &[]).await.0, 401, "{path}");
    }
    // GitLab saw the job's token, and nobody else's.
    let sent = |request: &sandbox::RecordedRequest| {
        format!("Bearer {}", request.headers["job-token"].to_str().unwrap()) == job
    };
    assert!(stage.gitlab.requests().iter().all(sent));
    let text = stage.metrics.render().unwrap();
    for line in [
        r#"guassp_verdicts_total{kind="job_token",result="accepted"} 1"#,
        r#"guassp_verdicts_total{kind="job_token",result="cached"} 1"#,
        r#"guassp_verdicts_total{kind="person",result="accepted"} 5"#,
        r#"guassp_verdicts_total{kind="person",result="refused"} 3"#,
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test]
async fn with_nothing_configured_everything_for_people_is_closed() {
    let stage = Stage::start(Config::default()).await;
    for token in ["guassp_x", "guassp_", "glcbt-x"] {
        let bearer = format!("Bearer {token}");
        for path in ["/viewer", "/operator"] {
            assert_eq!(stage.ask(path, &[("authorization", &bearer)]).await.0, 401, "{path}");
            assert_eq!(stage.ask(path, &[("x-forwarded-for", "127.0.0.1")]).await.0, 401, "{path}");
        }
    }
    assert!(stage.gitlab.requests().is_empty());
}

#[tokio::test]
async fn a_trusted_network_has_its_role_where_nobody_shows_a_persons_token() {
    let (config, viewer, _) = people();
    let stage = Stage::start(networks(config, &["127.0.0.0/8"], &["10.0.0.0/8"], &[])).await;
    let named = |status| (status, "network 127.0.0.1".to_owned());
    assert_eq!(stage.ask("/viewer", &[]).await, named(200));
    assert_eq!(stage.ask("/reader", &[]).await, named(200));
    assert_eq!(stage.ask("/viewer", &[("authorization", "Basic eDp5")]).await, named(200));
    assert_eq!(stage.ask("/viewer", &[("authorization", "Bearer glcbt-x")]).await, named(200));
    assert_eq!(stage.ask("/viewer", &[("authorization", &viewer)]).await, (200, "vera".to_owned()));
    let (status, body) = stage.ask("/operator", &[]).await;
    assert!(status == 403 && body.contains("network 127.0.0.1 has the role viewer"), "{status} {body}");
    // A wrong token stays wrong, and a job stays a job.
    assert_eq!(stage.ask("/viewer", &[("authorization", "Bearer guassp_x")]).await.0, 401);
    assert_eq!(stage.ask("/reader", &[("authorization", "Bearer guassp_x")]).await.0, 401);
    assert_eq!(stage.ask("/reader", &[("job-token", "glcbt-x")]).await.0, 401);
    assert_eq!(stage.ask("/job", &[]).await.0, 401);
    let text = stage.metrics.render().unwrap();
    assert!(text.contains(r#"guassp_verdicts_total{kind="network",result="accepted"} 5"#), "{text}");
    // A page that somebody there has open is not that somebody.
    for page in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(stage.ask("/viewer", &[page]).await.0, 401);
    }
    assert_eq!(stage.ask("/viewer", &[("sec-fetch-site", "none")]).await.0, 200);
    // Nobody but a trusted proxy speaks for others, and who is not known is in no network.
    assert_eq!(stage.ask("/operator", &[("x-forwarded-for", "10.1.1.1")]).await.0, 403);
    assert_eq!(stage.ask("/unlocated", &[]).await.0, 401);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_client_counts_and_never_the_proxy() {
    let config =
        networks(Config::default(), &["10.0.0.0/8"], &["127.0.0.1/32"], &["127.0.0.1/32", "10.9.0.0/16"]);
    let stage = Stage::start(config).await;
    for (forwarded, status, says) in [
        (&["10.1.1.1"][..], 200, "network 10.1.1.1"),
        (&["203.0.113.5, 10.1.1.1"], 200, "network 10.1.1.1"),
        (&["10.1.1.1, 10.9.9.9"], 200, "network 10.1.1.1"),
        (&["10.1.1.1", "10.9.9.9"], 200, "network 10.1.1.1"),
        (&["10.1.1.1, 203.0.113.5"], 401, ""),
        (&["10.1.1.1", "203.0.113.5"], 401, ""),
        (&["203.0.113.5"], 401, ""),
        (&[], 401, ""),
        (&["unknown"], 401, ""),
        (&["10.1.1.1, nonsense"], 401, ""),
    ] {
        let headers: Vec<_> = forwarded.iter().map(|line| ("x-forwarded-for", *line)).collect();
        let (answered, body) = stage.ask("/viewer", &headers).await;
        assert!(answered == status && body.contains(says), "{forwarded:?}: {answered} {body}");
    }
}

#[tokio::test]
async fn a_credential_that_is_there_twice_is_400() {
    let stage = Stage::start(networks(Config::default(), &["127.0.0.1/32"], &[], &[])).await;
    for path in ["/viewer", "/reader", "/job"] {
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        let (status, body) = stage.ask(path, &twice).await;
        assert!(status == 400 && body.contains("more than once"), "{path}: {status} {body}");
    }
    assert!(stage.gitlab.requests().is_empty());
}
