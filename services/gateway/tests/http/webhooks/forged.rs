//! Whoever is not GitLab.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use gateway::guard::Limits;
use jiff::Timestamp;

use super::*;
use crate::{
    guard::figure,
    raw::Raw,
    stage::{SHOP, roomy},
};

const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "whsec_HxwdHh8BAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=";

fn sign(key: &str, id: &str, timestamp: &str, body: &str) -> String {
    let bytes = BASE64.decode(key.trim_start_matches("whsec_").as_bytes()).unwrap();
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(tag.as_ref()))
}

/// A delivery that was signed so long ago.
fn signed(stage: &Stage, key: &str, id: &str, ago: i64) -> RequestBuilder {
    let (body, at) = (push(SHOP).to_string(), (Timestamp::now().as_second() - ago).to_string());
    let signature = sign(key, id, &at, &body);
    let request = stage.delivery(body).header("webhook-id", id).header("webhook-timestamp", at);
    request.header("webhook-signature", signature)
}

async fn stored(stage: &Stage) -> u64 {
    stage.count(subject::GITLAB).await
}

#[tokio::test]
async fn without_a_secret_the_answer_names_the_setting() {
    let stage = Stage::hooked(Config { secrets: Vec::new(), ..webhooks() }).await;
    for request in [stage.hook_delivery("a", &push(SHOP)), stage.delivery("{}"), signed(&stage, KEY, "a", 0)]
    {
        Answer::of(request).await.is_problem(401, "GUASSP_WEBHOOKS__SECRET");
    }
    assert_eq!(stored(&stage).await, 0);
}

#[tokio::test]
async fn a_wrong_secret_is_401_and_counted_and_says_nothing_of_the_right_one() {
    let stage = Stage::start().await;
    for token in ["", "wrong", "hook-secret-never-to-be-show", "HOOK-SECRET-NEVER-TO-BE-SHOWN"] {
        let answer = Answer::of(stage.delivery("{}").header("x-gitlab-token", token)).await;
        answer.is_problem(401, "X-Gitlab-Token");
        assert!(!answer.body.to_string().contains(HOOK_SECRET));
    }
    Answer::of(stage.delivery("{}")).await.is_problem(401, "X-Gitlab-Token");
    Answer::of(stage.delivery("{}").bearer_auth(HOOK_SECRET)).await.is_problem(401, "X-Gitlab-Token");
    assert_eq!(figure(&stage, "guassp_webhooks_total{kind=\"none\",result=\"refused\"}"), 6);
    assert_eq!(stored(&stage).await, 0);
}

#[tokio::test]
async fn while_a_secret_is_changed_both_are_taken() {
    let both = Config { secrets: vec!["new".into(), HOOK_SECRET.into()], ..webhooks() };
    let stage = Stage::hooked(both).await;
    for (id, token) in [("a", "new"), ("b", HOOK_SECRET)] {
        let request = stage.delivery("{}").header("x-gitlab-token", token).header("idempotency-key", id);
        is_taken(&Answer::of(request).await);
    }
    assert_eq!(stored(&stage).await, 2);
}

#[tokio::test]
async fn a_signature_is_taken_by_either_key_and_counts_as_the_id() {
    let stage = Stage::hooked(keyed(&[KEY, OTHER])).await;
    is_taken(&Answer::of(signed(&stage, KEY, "one", 0)).await);
    is_taken(&Answer::of(signed(&stage, OTHER, "two", 0)).await);
    // Replayed, also under another name: what is signed is the id.
    is_taken(&Answer::of(signed(&stage, KEY, "one", 1)).await);
    is_taken(&Answer::of(signed(&stage, KEY, "one", 0).header("idempotency-key", "three")).await);
    let ids: Vec<String> = stage.stored().await.into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["one", "two"]);
}

#[tokio::test]
async fn unsigned_forged_and_stale_deliveries_are_refused_where_there_is_a_key() {
    let stage = Stage::hooked(keyed(&[KEY])).await;
    for (request, says) in [
        (stage.hook_delivery("a", &push(SHOP)), "not signed"),
        (signed(&stage, OTHER, "a", 0), "webhook-signature is wrong"),
        (signed(&stage, KEY, "a", 0).body("{}"), "webhook-signature is wrong"),
        (signed(&stage, KEY, "a", 400), "webhook-timestamp"),
        (signed(&stage, KEY, "a", -400), "webhook-timestamp"),
        (signed(&stage, OTHER, "a", 0).header("x-gitlab-token", HOOK_SECRET), "webhook-signature is wrong"),
    ] {
        Answer::of(request).await.is_problem(401, says);
    }
    // Not what it says, but who says it comes first.
    Answer::of(signed(&stage, KEY, "a", 0).body("no json")).await.is_problem(401, "wrong");
    assert_eq!(stored(&stage).await, 0);
}

#[tokio::test]
async fn who_is_refused_is_answered_before_the_body_is_read() {
    let stage = Stage::start().await;
    for head in ["", "x-gitlab-token: wrong\r\n"] {
        for framing in
            ["content-length: 26000000", "transfer-encoding: chunked", "content-length: 999999999999"]
        {
            let head = format!("POST {PATH} HTTP/1.1\r\nhost: g\r\n{head}{framing}\r\n\r\n");
            let mut raw = Raw::sending(&stage, &head).await;
            let answer = raw.answer().await;
            assert_eq!(answer.status, 401, "{answer:?}");
            assert!(answer.is_last(), "{answer:?}");
        }
    }
    let signing = Stage::hooked(keyed(&[KEY])).await;
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: g\r\nwebhook-id: a\r\nwebhook-timestamp: 1\r\n");
    let rest = "webhook-signature: v1,AAAA\r\ncontent-length: 26000000\r\n\r\n";
    assert_eq!(Raw::sending(&signing, &(head + rest)).await.answer().await.status, 401);
}

#[tokio::test]
async fn who_guesses_is_soon_told_to_slow_down_and_the_hook_is_not() {
    let guard = Limits { caller_per_second: 1, caller_burst: 2, ..roomy() };
    let stage = Stage::with(Given { guard, ..Given::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(Answer::of(stage.delivery("{}")).await.status);
    }
    assert_eq!((statuses[0], statuses[1]), (401, 401));
    assert!(statuses.contains(&429), "{statuses:?}");
    for n in 0..20 {
        stage.tell(&n.to_string(), &push(SHOP)).await;
    }
    assert_eq!(stored(&stage).await, 20);
}

/// A signed delivery proves itself by its body, which may never come.
#[tokio::test]
async fn who_signs_and_sends_no_body_is_soon_told_to_slow_down() {
    let timeout = std::time::Duration::from_millis(200);
    let guard = Limits { caller_per_second: 1, caller_burst: 4, active: 4, body_timeout: timeout, ..roomy() };
    let stage = Stage::with(Given { guard, webhooks: keyed(&[KEY]), ..Given::default() }).await;
    // More than may be unproven at a time, one after the other: each that is right counts for nothing.
    for n in 0..20 {
        is_taken(&Answer::of(signed(&stage, KEY, &n.to_string(), 0)).await);
    }
    let head = |at: i64| {
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: g\r\nwebhook-id: a\r\nwebhook-timestamp: {at}\r\n");
        head + "webhook-signature: v1,AAAA\r\ncontent-length: 26000000\r\n\r\n"
    };
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 40 {
        let mut raw = Raw::sending(&stage, &head(Timestamp::now().as_second())).await;
        statuses.push(raw.answer().await.status);
    }
    assert!(statuses.len() > 4 && statuses.len() < 40, "{statuses:?}");
    assert!(statuses.iter().rev().skip(1).all(|status| *status == 408), "{statuses:?}");
    assert_eq!(stored(&stage).await, 20);
}
