//! Large bodies, and bodies that are not what they say.

use serde_json::json;

use super::*;
use crate::{
    raw::Raw,
    stage::{PATIENCE, SHOP, roomy},
};
use gateway::guard::Limits;

const MEGABYTE: usize = 1 << 20;

/// A payload of about this size that no compression makes small.
fn noise(size: usize) -> Value {
    let mut seed = 42_u64;
    let mut draw = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + u8::try_from((seed >> 40) % 90).unwrap())
    };
    let text: String = (0..size).map(|_| draw()).collect();
    json!({ "object_kind": "push", "project_id": SHOP, "ref": "refs/heads/main", "noise": text })
}

#[tokio::test]
async fn a_large_payload_that_compresses_is_kept_whole() {
    let stage = Stage::start().await;
    let commits: Vec<Value> =
        (0..40_000).map(|n| json!({ "id": n, "message": "the same again and again" })).collect();
    let payload = json!({ "object_kind": "push", "project_id": SHOP, "commits": commits });
    assert!(payload.to_string().len() > MEGABYTE);
    stage.tell("large", &payload).await;
    let stored = stage.stored().await;
    assert_eq!(stored[0].original.as_ref().unwrap().text(), payload.to_string());
}

#[tokio::test]
async fn a_payload_that_no_message_can_hold_is_told_without_it() {
    let stage = Stage::start().await;
    let payload = noise(3 * MEGABYTE);
    stage.tell("huge", &payload).await;
    stage.tell("huge", &payload).await;
    let stored = stage.stored().await;
    let [event] = stored.as_slice() else { panic!("{} events", stored.len()) };
    assert_eq!((event.original.as_ref(), event.original_bytes), (None, payload.to_string().len() as u64));
    assert_eq!((event.id.as_str(), event.refs.branch.as_deref()), ("huge", Some("main")));
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_whether_its_length_is_told_or_not() {
    let stage = Stage::hooked(Config { max_body_bytes: 100_000, ..webhooks() }).await;
    let sized = |size: usize| {
        let body = json!({ "a": " ".repeat(size - 8) }).to_string();
        assert_eq!(body.len(), size);
        body
    };
    let send = async |body: reqwest::Body| {
        Answer::of(stage.delivery(body).header("x-gitlab-token", HOOK_SECRET)).await
    };
    is_taken(&send(sized(100_000).into()).await);
    send(sized(100_001).into()).await.is_problem(413, "webhooks.max_body_bytes");
    let chunks = sized(200_000)
        .into_bytes()
        .chunks(1_000)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    send(reqwest::Body::wrap_stream(futures::stream::iter(chunks))).await.is_problem(413, "100000 bytes");
}

#[tokio::test]
async fn many_large_bodies_wait_for_each_other_and_all_are_taken() {
    let stage = Stage::start().await;
    let ids: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    let payload = noise(MEGABYTE / 2);
    futures::future::join_all(ids.iter().map(|id| stage.tell(id, &payload))).await;
    assert_eq!(stage.count(subject::GITLAB).await, 12);
}

/// A gateway that gave each body room as it came, and let it wait for more with that in hand, would stand still here.
#[tokio::test]
async fn many_bodies_that_come_slowly_at_once_are_all_taken() {
    const BODIES: usize = 256;
    let (stage, first_parts) = (Stage::start().await, tokio::sync::Barrier::new(BODIES));
    let (stage, first_parts) = (&stage, &first_parts);
    let told = futures::future::join_all((0..BODIES).map(async |n| {
        // From 64 KB on, and some large ones.
        let size = if n % 32 == 0 { 300_000 } else { 64_000 + n * 256 };
        let body =
            json!({ "object_kind": "push", "project_id": SHOP, "n": n, "a": " ".repeat(size) }).to_string();
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: g\r\nx-gitlab-token: {HOOK_SECRET}\r\n");
        let (first, rest) = body.split_at(40_000);
        let head = format!("{head}content-length: {}\r\n\r\n{first}", body.len());
        let mut raw = Raw::sending(stage, &head).await;
        first_parts.wait().await;
        raw.send(rest).await;
        raw.answer().await.status
    }));
    let told = told.await;
    assert_eq!(told.iter().filter(|status| **status == 202).count(), BODIES, "{told:?}");
}

#[tokio::test]
async fn a_body_that_is_not_what_its_head_says_is_refused_and_nothing_behind_it_is_read() {
    let guard = Limits { body_timeout: std::time::Duration::from_secs(1), ..roomy() };
    let stage = Stage::with(Given { guard, ..Given::default() }).await;
    let smuggled = format!(
        "POST {PATH} HTTP/1.1\r\nhost: g\r\nx-gitlab-token: {HOOK_SECRET}\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    for (framing, status) in [
        ("content-length: 10\r\n\r\n{}".to_owned(), 408),
        ("content-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_owned(), 400),
        ("content-length: -2\r\n\r\n{}".to_owned(), 400),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n{}".to_owned(), 400),
        ("transfer-encoding: chunked\r\n\r\n10\r\n{}".to_owned(), 408),
        (format!("transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{smuggled}"), 400),
    ] {
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: g\r\nx-gitlab-token: {HOOK_SECRET}\r\n{framing}");
        let mut raw = Raw::sending(&stage, &head).await;
        assert_eq!(raw.answer().await.status, status, "{framing}");
        tokio::time::timeout(PATIENCE, raw.closed()).await.unwrap();
    }
    assert_eq!(stage.count(subject::GITLAB).await, 0);
}
