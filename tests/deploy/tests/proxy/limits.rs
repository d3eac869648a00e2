//! What ends at nginx, and what its log keeps.

use e2e::{Scene, Target};
use reqwest::{Client, Response};

use super::nginx;

async fn post(url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let post = Client::new().post(format!("{url}/task")).body(body);
    let post = headers.iter().fold(post, |post, (name, value)| post.header(*name, *value));
    post.send().await.expect("an answer")
}

/// Whether the answer was written by the gateway.
fn is_of_guassp(answer: &Response) -> bool {
    answer.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("application/problem+json"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_token_passes_and_too_much_ends_at_nginx() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    // Two tokens: of one the gateway would know GitLab's verdict the second time.
    for (url, letter) in [(nginx.own.clone(), "e"), (format!("{}/api/guassp", nginx.beside), "f")] {
        let token = letter.repeat(12 << 10);
        let passed = post(&url, &[("JOB-TOKEN", &token)], Vec::new()).await;
        assert!(passed.status() == 401 && is_of_guassp(&passed), "{passed:?}");

        let part = "x".repeat(10 << 10);
        let four = [("a", part.as_str()), ("b", &part), ("c", &part), ("d", &part)];
        for headers in [&four[..], &[("JOB-TOKEN", &token.repeat(4))]] {
            let refused = post(&url, headers, Vec::new()).await;
            assert!(refused.status() == 400 && !is_of_guassp(&refused), "{refused:?}");
        }
    }
    assert_eq!(scene.gitlab.requests().iter().filter(|it| it.path == "/api/v4/job").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_more_than_64_kib_is_413_and_one_of_64_is_not() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    let token = scene.job(&scene.project("shop").await);
    for url in [nginx.own.clone(), format!("{}/api/guassp", nginx.beside)] {
        let headers = [("JOB-TOKEN", token.as_str())];
        assert_eq!(post(&url, &headers, vec![b' '; 64 << 10]).await.status(), 202);
        let refused = post(&url, &headers, vec![b' '; (64 << 10) + 1]).await;
        assert!(refused.status() == 413 && !is_of_guassp(&refused), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_access_log_tells_the_path_and_no_token() {
    let scene = Scene::start(&Target::Model).await;
    let nginx = nginx(&scene).await;
    let token = "glcbt-written-in-the-wrong-place";
    let url = format!("{}/task/here?job_token={token}", nginx.own);
    let bearer = format!("Bearer {token}");
    let headers =
        [("JOB-TOKEN", token), ("Authorization", &bearer), ("Referer", token), ("User-Agent", token)];
    let request = headers.iter().fold(Client::new().get(url), |it, (name, value)| it.header(*name, *value));
    request.send().await.expect("an answer");
    let log = nginx.log();
    assert!(log.contains("\"GET /task/here\" "), "{log}");
    assert!(!log.contains(token), "{log}");
}
