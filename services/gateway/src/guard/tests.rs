use std::time::Duration;

use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use runtime::metrics::Metrics;
use tokio::sync::oneshot;
use tower::Service;

use super::{shed::Slot, *};

/// A guard whose deadline is over as soon as work has to wait for anything.
fn strict() -> Guard {
    let time = Duration::from_secs(60);
    let limits = Limits {
        connections: 1,
        active: 1,
        active_per_address: 1,
        header_timeout: time,
        body_timeout: time,
        answer_timeout: time,
        request_timeout: Duration::ZERO,
        concurrency: 1,
        watchers: 1,
        caller_per_second: 1,
        caller_burst: 1,
        project_per_minute: 1,
        project_burst: 1,
    };
    let metrics = Metrics::new().unwrap();
    let hooks = Hooks {
        config: &Config::default(),
        clock: Clock::system(),
        metrics: HookMetrics::new(&metrics).unwrap(),
    };
    Guard::new(&limits, HttpMetrics::new(&metrics).unwrap(), hooks)
}

async fn ask(mut router: Router) -> Response {
    router.call(Request::new(Body::empty())).await.unwrap()
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_next_request_is_answered() {
    async fn broken() -> &'static str {
        panic!("as it should")
    }
    let router = strict().around(Router::new().route("/", get(broken)).fallback(|| async { "well" }));
    for _ in 0..2 {
        let answer = ask(router.clone()).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    let mut elsewhere = Request::new(Body::empty());
    *elsewhere.uri_mut() = "/elsewhere".parse().unwrap();
    assert_eq!(router.clone().call(elsewhere).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_deadline_is_for_those_who_work_and_not_for_those_who_wait() {
    let guard = strict();
    let watchers = guard.watchers.clone();
    let (end, ended) = oneshot::channel::<()>();
    let ended = Arc::new(tokio::sync::Mutex::new(ended));
    let work = || async { std::future::pending::<()>().await };
    let watch = async move |slot: Slot| {
        let _watching = watchers.try_enter(&slot)?;
        (&mut *ended.lock().await).await.map_err(|_| Problem::internal())
    };
    let working = Router::new().route("/", get(work)).route("/watch", get(watch));
    let router = guard.around(working);
    assert_eq!(ask(router.clone()).await.status(), StatusCode::SERVICE_UNAVAILABLE);

    let mut request = Request::new(Body::empty());
    *request.uri_mut() = "/watch".parse().unwrap();
    let (mut first, second) = (router.clone(), router);
    let (watched, ()) = tokio::join!(first.call(request), async {
        // Its slot is free again: this one is given up by the deadline, not sent away.
        let given_up = ask(second).await;
        assert_eq!(given_up.headers()["retry-after"], "10");
        end.send(()).unwrap();
    });
    assert_eq!(watched.unwrap().status(), StatusCode::OK);
}
