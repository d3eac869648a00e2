//! Callers that ask for too much, too slowly or too often: what they are told, and that others do not notice.

use std::time::Duration;

use gateway::guard::Limits;
use reqwest::Method;

use crate::{
    caller::Answer,
    raw::Raw,
    stage::{BLOG, SHOP, Stage, roomy, until},
};

const SECURITY: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];
const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn is(answer: &Answer, status: u16, kind: &str, retry_after: Option<&str>) {
    answer.is_problem(status, "");
    assert_eq!(answer.body["type"], format!("urn:guassp:problem:{kind}"));
    assert_eq!(answer.header("retry-after"), retry_after, "{answer:?}");
}

/// A figure of the gateway, 0 when it was never counted.
pub(crate) fn figure(stage: &Stage, name: &str) -> u64 {
    let text = stage.runtime.metrics.render().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    line.unwrap_or_default()
}

fn refused(stage: &Stage, reason: &str) -> u64 {
    figure(stage, &format!("guassp_http_refused_total{{reason=\"{reason}\"}}"))
}

#[tokio::test]
async fn a_caller_that_asks_too_often_is_told_when_to_come_back_and_then_is_answered() {
    let limits = Limits { caller_per_second: 1, caller_burst: 3, ..roomy() };
    let stage = Stage::guarded(limits).await;
    for _ in 0..3 {
        stage.get("/nowhere").await.is_problem(404, "");
    }
    is(&stage.get("/nowhere").await, 429, "too-many-requests", Some("1"));
    assert_eq!(stage.get("/health").await.status, 200, "it is not counted");
    let other = reqwest::Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, 2]));
    let other = other.build().unwrap().get(format!("{}/nowhere", stage.url));
    Answer::of(other).await.is_problem(404, "");
    assert_eq!(refused(&stage, "rate_caller"), 1);
    let answered = async || (stage.get("/nowhere").await.status == 404).then_some(());
    until("an answer", answered).await;
}

#[tokio::test]
async fn a_project_that_triggers_too_often_is_told_when_to_come_back_and_others_are_not() {
    let limits = Limits { project_per_minute: 30, project_burst: 2, ..roomy() };
    let stage = Stage::guarded(limits).await;
    let (shop, blog) = (stage.job(SHOP), stage.job(BLOG));
    let first = stage.trigger(&shop).await.task();
    assert_eq!(stage.trigger(&stage.job(SHOP)).await.task(), first);
    is(&stage.trigger(&shop).await, 429, "too-many-requests", Some("2"));
    is(&stage.trigger(&stage.job(SHOP)).await, 429, "too-many-requests", Some("2"));
    stage.trigger("glcbt-of-nobody").await.is_problem(401, "");
    stage.trigger(&blog).await.task();
    assert_eq!(stage.look(first, &shop).await.status, 200, "looks are not triggers");
    assert_eq!(refused(&stage, "rate_project"), 2);
    let accepted = async || (stage.trigger(&shop).await.status == 202).then_some(());
    until("an accepted trigger", accepted).await;
}

#[tokio::test]
async fn one_request_more_than_are_worked_on_is_sent_away_at_once() {
    let stage = Stage::guarded(Limits { concurrency: 1, ..roomy() }).await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    let (first, _) = tokio::join!(stage.trigger(&token), async {
        gate.arrived().await;
        is(&stage.trigger(&token).await, 503, "overloaded", Some("1"));
        // A body that arrives slowly is not work yet, and takes no slot later either.
        let mut slow =
            Raw::sending(&stage, "POST /task HTTP/1.1\r\nhost: g\r\ncontent-length: 2\r\n\r\n{").await;
        gate.release();
        until("a free slot", async || (stage.get("/health").await.status == 200).then_some(())).await;
        slow.send("}").await;
        assert_eq!(slow.answer().await.status, 401);
    });
    first.task();
    assert!(refused(&stage, "shed") >= 1);
}

#[tokio::test]
async fn work_that_takes_too_long_is_given_up_with_a_problem() {
    let stage = Stage::guarded(Limits { request_timeout: SECOND, ..roomy() }).await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    is(&stage.trigger(&token).await, 503, "timeout", Some("10"));
    gate.release();
    assert_eq!(refused(&stage, "timeout"), 1);
    stage.trigger(&token).await.task();
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_408_and_the_end_of_its_connection() {
    let stage = Stage::guarded(Limits { body_timeout: SECOND, ..roomy() }).await;
    for framing in ["content-length: 10\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n2\r\n{ \r\n"] {
        let mut slow = Raw::sending(&stage, &format!("POST /task HTTP/1.1\r\nhost: g\r\n{framing}")).await;
        let answer = slow.answer().await;
        assert_eq!((answer.status, &answer.body["type"]), (408, &"urn:guassp:problem:too-slow".into()));
        assert!(answer.is_last(), "{answer:?}");
        slow.closed().await;
    }
    assert_eq!(refused(&stage, "timeout"), 2);
    assert!(stage.gitlab.requests().is_empty(), "nobody is asked about half a request");
}

#[tokio::test]
async fn every_answer_tells_a_browser_to_keep_its_hands_off() {
    let limits = Limits { body_timeout: SECOND, caller_per_second: 1, caller_burst: 9, ..roomy() };
    let stage = Stage::guarded(limits).await;
    let token = stage.job(SHOP);
    let large = stage.request(Method::POST, "/task").body(vec![b' '; 70_000]);
    let id = stage.trigger(&token).await.task();
    let mut answers = vec![
        stage.get("/health").await,
        stage.look(id, &token).await,
        stage.trigger(&token).await,
        stage.post(&[], "{").await,
        stage.trigger("glcbt-of-nobody").await,
        stage.get("/nowhere").await,
        stage.get("/task").await,
        Answer::of(large).await,
    ];
    let too_often = async || Some(stage.get("/").await).filter(|answer| answer.status == 429);
    answers.push(until("one request too many", too_often).await);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 202, 400, 401, 404, 405, 413, 429]);
    for answer in answers {
        for (name, value) in SECURITY {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_class_and_by_nothing_that_a_caller_makes_up() {
    let stage = Stage::start().await;
    stage.get("/health").await;
    stage.get("/task/secret-of-somebody?secret=1").await;
    stage.get("/secret").await;
    Answer::of(stage.request(Method::from_bytes(b"SECRET").unwrap(), "/task")).await;
    let count = |labels: &str| figure(&stage, &format!("guassp_http_requests_total{{{labels}}}"));
    assert_eq!(count("method=\"GET\",route=\"/health\",status=\"2xx\""), 1);
    assert_eq!(count("method=\"GET\",route=\"/task/{id}\",status=\"4xx\""), 1);
    assert_eq!(count("method=\"GET\",route=\"none\",status=\"4xx\""), 1);
    assert_eq!(count("method=\"_OTHER\",route=\"/task\",status=\"4xx\""), 1);
    assert!(!stage.runtime.metrics.render().unwrap().to_lowercase().contains("secret"));
}
