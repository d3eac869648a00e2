//! GitLab's keys: read when they are needed, seldom asked for, and good for a day while GitLab is down.

use futures::future::join_all;
use sandbox::{
    Fault, FaultKind,
    gitlab::{IdToken, SignedBy},
};
use serde_json::json;

use crate::{
    forgeries::forged,
    id_tokens::{DISCOVERY, KEYS, stage},
    stage::{SHOP, Stage},
};

const HOUR: i64 = 3600;

/// A stage whose time stands still, and a token that is good for two days.
async fn standing() -> (Stage, IdToken) {
    let stage = stage().await;
    stage.time.stop();
    let token = stage.id_token(SHOP);
    let end = token.claims["exp"].as_i64().unwrap() + 48 * HOUR;
    (stage, token.with("exp", end))
}

/// How often the keys were read.
fn readings(stage: &Stage) -> usize {
    assert!(stage.asked(DISCOVERY) >= stage.asked(KEYS));
    stage.asked(KEYS)
}

/// Twenty tokens at once, each with a key of its own that nobody knows.
async fn flood(stage: &Stage, token: &IdToken, status: u16, reason: &str) {
    let unknown =
        |number| forged(&json!({ "alg": "RS256", "kid": format!("key-{number}") }), token, &[7; 256]);
    let answers =
        join_all((0..20).map(|number| async move { stage.trigger_with_id(&unknown(number)).await }));
    for answer in answers.await {
        answer.is_problem(status, reason);
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
}

#[tokio::test]
async fn a_new_key_is_good_after_one_more_reading_and_the_old_one_while_it_is_published() {
    let (stage, token) = standing().await;
    let old = stage.sign(&token);
    stage.trigger_with_id(&old).await.task();
    stage.gitlab.world().rotate_keys();
    let new = stage.sign(&token);
    stage.time.pass(6);
    for token in [&new, &old, &new] {
        stage.trigger_with_id(token).await.task();
    }
    assert_eq!(readings(&stage), 2);
    stage.gitlab.world().forget_old_keys();
    stage.time.pass(HOUR);
    stage.trigger_with_id(&new).await.task();
    stage.trigger_with_id(&old).await.is_problem(401, "does not publish");
    assert_eq!(readings(&stage), 3);
}

#[tokio::test]
async fn unknown_keys_make_one_reading_in_five_seconds() {
    let (stage, token) = standing().await;
    flood(&stage, &token, 401, "does not publish").await;
    assert_eq!(readings(&stage), 1);
    stage.time.pass(4);
    flood(&stage, &token, 401, "does not publish").await;
    assert_eq!(readings(&stage), 1);
    stage.time.pass(1);
    flood(&stage, &token, 401, "does not publish").await;
    assert_eq!(readings(&stage), 2);
    stage.trigger_with_id(&stage.sign(&token)).await.task();
    assert_eq!(readings(&stage), 2);
}

#[tokio::test]
async fn a_token_that_is_wrong_anyway_makes_nobody_look_for_its_key() {
    let (stage, token) = standing().await;
    flood(&stage, &token.clone().with("aud", "elsewhere"), 401, "another audience").await;
    flood(&stage, &token.clone().with("iss", "https://evil.example.com"), 401, "not issued by").await;
    flood(&stage, &token.expired(600), 401, "has expired").await;
    assert!(stage.gitlab.requests().is_empty());
}

#[tokio::test]
async fn while_gitlab_is_down_known_keys_are_good_for_a_day_and_others_have_no_verdict() {
    let (stage, token) = standing().await;
    let good = stage.sign(&token);
    stage.trigger_with_id(&good).await.task();
    stage.gitlab.faults().add(Fault::on("*", "").always().then(FaultKind::Status(503)));
    stage.time.pass(23 * HOUR);
    stage.trigger_with_id(&good).await.task();
    flood(&stage, &token, 503, "cannot be asked for the key").await;
    let asked = stage.gitlab.requests().len();
    // One reading in vain for the known key, whose age calls for it, and none for the unknown ones right after it.
    assert_eq!(asked, 3);
    stage.time.pass(2 * HOUR);
    let answer = stage.trigger_with_id(&good).await;
    answer.is_problem(503, "cannot be asked for the key");
    assert_eq!(answer.body["type"], "urn:guassp:problem:no-verdict");
    stage.gitlab.faults().clear();
    stage.time.pass(5);
    stage.trigger_with_id(&good).await.task();
}

#[tokio::test]
async fn without_keys_there_is_no_verdict_and_no_guess() {
    let kinds = [
        FaultKind::Status(500),
        FaultKind::Status(404),
        FaultKind::TooManyRequests { retry_after: Some(77) },
        FaultKind::Html,
        FaultKind::CutBody,
        FaultKind::ConnectionReset,
        FaultKind::Redirect("https://gitlab.example.com/users/sign_in".to_owned()),
    ];
    let (stage, token) = standing().await;
    let good = stage.sign(&token);
    for path in [DISCOVERY, KEYS] {
        for kind in &kinds {
            stage.gitlab.faults().add(Fault::on("GET", path).then(kind.clone()));
            let answer = stage.trigger_with_id(&good).await;
            answer.is_problem(503, "cannot be asked for the key");
            let wait = if matches!(kind, FaultKind::TooManyRequests { .. }) { "77" } else { "10" };
            assert_eq!(answer.header("retry-after"), Some(wait), "{path} {kind:?}");
            stage.gitlab.faults().clear();
            stage.time.pass(5);
        }
    }
    assert!(!stage.has_task(SHOP).await);
    stage.trigger_with_id(&good).await.task();
}

#[tokio::test]
async fn an_hour_old_keys_are_read_again_and_everybody_else_goes_on_meanwhile() {
    let (stage, token) = standing().await;
    let good = stage.sign(&token);
    stage.trigger_with_id(&good).await.task();
    stage.time.pass(HOUR);
    let gate = stage.gitlab.faults().hold("GET", DISCOVERY, 1);
    let reader = stage.trigger_with_id(&good);
    let others = async {
        gate.arrived().await;
        for _ in 0..3 {
            stage.trigger_with_id(&good).await.task();
        }
        gate.release();
    };
    let (read, ()) = tokio::join!(reader, others);
    read.task();
    assert_eq!(readings(&stage), 2);
}

#[tokio::test]
async fn the_key_of_a_caller_that_goes_away_is_found_by_the_next() {
    let (stage, token) = standing().await;
    let good = stage.sign(&token);
    let gate = stage.gitlab.faults().hold("GET", DISCOVERY, 1);
    let first = tokio::time::timeout(std::time::Duration::from_millis(500), stage.trigger_with_id(&good));
    let (gone, ()) = tokio::join!(first, gate.arrived());
    assert!(gone.is_err(), "it hung up while GitLab thought");
    let second = async || {
        let answer = stage.trigger_with_id(&good).await;
        stage.time.pass(5);
        (answer.status == 202).then_some(())
    };
    crate::stage::until("a key", second).await;
}

#[tokio::test]
async fn a_stranger_never_becomes_known() {
    let (stage, token) = standing().await;
    let forged = stage.sign(&token.signed_by(SignedBy::Stranger));
    for _ in 0..3 {
        stage.trigger_with_id(&forged).await.is_problem(401, "does not publish");
        stage.time.pass(HOUR);
    }
    assert_eq!(readings(&stage), 3);
}
