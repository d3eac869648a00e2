//! Answers for scripts that have nothing but curl: a line or two of text.

use reqwest::Method;

use crate::stage::{SHOP, Stage};

async fn text(stage: &Stage, method: Method, path: &str, token: &str) -> (u16, String, String) {
    let request = stage.request(method, path).header("job-token", token).header("accept", "text/plain");
    let answer = request.send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

const PLAIN: &str = "text/plain; charset=utf-8";

#[tokio::test]
async fn a_task_in_words() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let (status, kind, path) = text(&stage, Method::POST, "/task", &token).await;
    assert_eq!((status, kind.as_str()), (202, PLAIN));
    let path = path.strip_suffix('\n').unwrap();
    assert!(path.starts_with("/task/"), "{path}");
    let queued = text(&stage, Method::GET, path, &token).await;
    assert_eq!(queued, (200, PLAIN.to_owned(), "queued\nwaits in the queue\n".to_owned()));
    let _sonarqube = stage.work().await;
    let (_, _, end) = text(&stage, Method::GET, &format!("{path}?wait=60"), &token).await;
    assert!(end.starts_with("finished\nnothing to do: SonarQube has no project for acme/shop"), "{end}");
}

#[tokio::test]
async fn a_refusal_in_words() {
    let stage = Stage::start().await;
    let (status, kind, why) = text(&stage, Method::POST, "/task", "glcbt-of-nobody").await;
    assert_eq!((status, kind.as_str()), (401, PLAIN));
    assert_eq!(why, "GitLab does not know this job token: it is wrong, or its job has ended\n");
    let (status, _, why) = text(&stage, Method::GET, "/nowhere", "x").await;
    assert_eq!((status, why.as_str()), (404, "there is no such path\n"));
}

#[tokio::test]
async fn who_prefers_json_gets_json() {
    let stage = Stage::start().await;
    for accept in ["*/*", "application/json, text/plain", "application/problem+json"] {
        let request = stage.request(Method::POST, "/task").header("accept", accept);
        crate::caller::Answer::of(request).await.is_problem(401, "no job token");
    }
}
