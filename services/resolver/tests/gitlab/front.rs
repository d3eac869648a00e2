//! What may stand in front of a GitLab: a path of its own, and a proxy that takes headers away.

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};
use resolver::GitLab;

use crate::stage::{SHOP, Stage, TOKEN, client, read, whole};

/// A proxy before the stage's GitLab under the path `prefix`, which takes away `stripped`.
async fn front(stage: &Stage, prefix: &'static str, stripped: &'static [&'static str]) -> GitLab {
    client(&front_url(stage, prefix, stripped, &[]).await, TOKEN)
}

/// The same, with what it adds to each answer.
pub(crate) async fn front_url(
    stage: &Stage,
    prefix: &'static str,
    stripped: &'static [&'static str],
    added: &'static [(&'static str, &'static str)],
) -> String {
    let gitlab = stage.gitlab.url().to_owned();
    let forward = move |request: Request| {
        let gitlab = gitlab.clone();
        async move { forward(&gitlab, prefix, (stripped, added), request).await }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(forward)).await.unwrap() });
    format!("http://{address}{prefix}")
}

async fn forward(
    gitlab: &str,
    prefix: &str,
    (stripped, added): (&[&str], &'static [(&'static str, &'static str)]),
    request: Request,
) -> (StatusCode, HeaderMap, Bytes) {
    let target = request.uri().path_and_query().unwrap().as_str();
    let Some(path) = target.strip_prefix(prefix) else {
        return (StatusCode::NOT_FOUND, HeaderMap::new(), Bytes::new());
    };
    let mut call = reqwest::Client::new().get(format!("{gitlab}{path}"));
    if let Some(token) =
        request.headers().get("private-token").filter(|_| !stripped.contains(&"private-token"))
    {
        call = call.header("private-token", token);
    }
    let answer = call.send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    for name in stripped {
        headers.remove(*name);
    }
    headers.extend(
        added.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
    );
    (status, headers, answer.bytes().await.unwrap())
}

#[tokio::test]
async fn a_gitlab_below_a_path_is_read() {
    let stage = Stage::of(250).await;
    let client = front(&stage, "/gitlab", &[]).await;
    assert_eq!(read(&client, SHOP).await.unwrap(), whole(250));
}

#[tokio::test]
async fn where_only_link_is_left_pages_are_followed_by_it() {
    let stage = Stage::of(250).await;
    let client = front(&stage, "", &["x-page", "x-next-page", "x-total", "x-total-pages"]).await;
    assert_eq!(read(&client, SHOP).await.unwrap(), whole(250));
}

#[tokio::test]
async fn a_full_page_that_nothing_calls_the_last_is_not_taken_for_it() {
    for members in [100, 250] {
        let stage = Stage::of(members).await;
        let stripped = &["x-page", "x-next-page", "x-total", "x-total-pages", "link"];
        let client = front(&stage, "", stripped).await;
        let reading = read(&client, SHOP).await;
        let error = reading.map(|reading| reading.rows.len()).unwrap_err().to_string();
        assert!(error.contains("x-next-page") && error.contains("page 1"), "{error}");
    }
}

#[tokio::test]
async fn a_short_page_needs_no_header_to_be_the_last() {
    let stage = Stage::of(99).await;
    let stripped = &["x-page", "x-next-page", "x-total", "x-total-pages", "link"];
    let client = front(&stage, "", stripped).await;
    assert_eq!(read(&client, SHOP).await.unwrap(), whole(99));
}
