//! The edges of the HTTP surface: paths, methods, sizes.

use futures::stream;
use reqwest::{Body, Method};

use crate::{
    caller::Answer,
    stage::{SHOP, Stage},
};

const LARGEST: usize = 64 << 10;

#[tokio::test]
async fn a_healthy_gateway_says_so_to_anybody_and_asks_nobody() {
    let stage = Stage::start().await;
    let answer = stage.get("/health").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        serde_json::json!({"health": "healthy", "key": "GUASSP_TASKS", "paused_since": null})
    );
    assert!(stage.gitlab.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let stage = Stage::start().await;
    for path in ["/", "/tasks/", "/task/", "/task/7/plan", "/metrics", "/ready", "/health/"] {
        stage.get(path).await.is_problem(404, "no such path");
    }
}

#[tokio::test]
async fn another_method_is_405_and_the_right_one_is_named() {
    let stage = Stage::start().await;
    for (method, path, right) in [
        (Method::GET, "/task", "POST"),
        (Method::PUT, "/task", "POST"),
        (Method::PUT, "/task/0192f0c1-2345-7abc-8def-0123456789ab", "DELETE"),
        (Method::POST, "/health", "GET"),
    ] {
        let answer = Answer::of(stage.request(method, path)).await;
        answer.is_problem(405, "does not take that method");
        assert!(answer.header("allow").is_some_and(|allow| allow.contains(right)), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_whether_its_length_is_told_or_not() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let post = || stage.request(Method::POST, "/task").header("job-token", &token);
    Answer::of(post().body(vec![b' '; LARGEST + 1])).await.is_problem(413, "larger than");
    let chunks = || stream::iter((0..=LARGEST / 1024).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024])));
    Answer::of(post().body(Body::wrap_stream(chunks()))).await.is_problem(413, "larger than");
    assert!(!stage.has_task(SHOP).await);
    Answer::of(post().body(vec![b' '; LARGEST])).await.task();
}
