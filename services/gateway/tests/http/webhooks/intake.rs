//! What is taken, stored and told.

use futures::future::join_all;
use proto::{GitLabEventKind as Kind, subject};
use serde_json::json;

use super::*;
use crate::{
    guard::figure,
    stage::{SHOP, until},
};

#[tokio::test]
async fn a_delivery_is_stored_in_one_form_with_its_payload_and_then_answered() {
    let stage = Stage::start().await;
    let payload = member(SHOP);
    let request =
        stage.hook_delivery("one", &payload).header("x-gitlab-instance", "https://gitlab.example.com");
    is_taken(&Answer::of(request).await);
    let stored = stage.stored().await;
    let [event] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!(
        (event.id.as_str(), event.kind, event.action.as_deref()),
        ("one", Kind::ProjectMember, Some("added"))
    );
    assert_eq!(event.instance.as_deref(), Some("https://gitlab.example.com"));
    assert_eq!(event.original.as_ref().unwrap().text(), payload.to_string());
    let messages = stage.messages(subject::GITLAB).await;
    assert_eq!(messages[0].subject.as_str(), "guassp.gitlab.project_member.project.7");
    let counted = "guassp_webhooks_total{kind=\"project_member\",result=\"stored\"}";
    assert_eq!(figure(&stage, counted), 1);
}

#[tokio::test]
async fn a_repetition_is_taken_and_dropped() {
    let stage = Stage::start().await;
    for _ in 0..3 {
        stage.tell("same", &push(SHOP)).await;
    }
    stage.tell("other", &push(SHOP)).await;
    // The same at the same moment, too.
    let again = push(SHOP);
    join_all((0..8).map(|_| stage.tell("crowd", &again))).await;
    let ids: Vec<String> = stage.stored().await.into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["same", "other", "crowd"]);
    assert_eq!(figure(&stage, "guassp_webhooks_total{kind=\"push\",result=\"stored\"}"), 3);
    assert_eq!(figure(&stage, "guassp_webhooks_total{kind=\"push\",result=\"duplicate\"}"), 9);
}

#[tokio::test]
async fn without_an_id_the_same_body_of_the_same_kind_is_the_same_delivery() {
    let stage = Stage::start().await;
    for (header, body) in [
        ("Push Hook", "{\"a\":1}"),
        ("Push Hook", "{\"a\":1}"),
        ("Push Hook", "{\"a\": 1}"),
        ("Tag Push Hook", "{\"a\":1}"),
    ] {
        let request =
            stage.delivery(body).header("x-gitlab-token", HOOK_SECRET).header("x-gitlab-event", header);
        is_taken(&Answer::of(request).await);
    }
    let long = "i".repeat(4_000);
    for id in ["", "two words", long.as_str()] {
        stage.tell(id, &push(SHOP)).await;
    }
    let stored = stage.stored().await;
    assert_eq!(stored.len(), 3 + 1, "{stored:?}");
    assert!(stored.iter().all(|event| event.id.len() == 64), "{stored:?}");
}

#[tokio::test]
async fn whatever_is_an_object_is_taken_and_nothing_else() {
    let stage = Stage::start().await;
    for (n, payload) in
        [json!({}), json!({ "event_name": "comet" }), json!({ "project": 7 })].iter().enumerate()
    {
        stage.tell(&n.to_string(), payload).await;
    }
    for body in [&b""[..], b"null", b"[]", b"{", b"not json", b"{\"a\":\"\xff\"}"] {
        let request = stage.delivery(body.to_vec()).header("x-gitlab-token", HOOK_SECRET);
        Answer::of(request).await.is_problem(400, "custom template");
    }
    let kinds: Vec<Kind> = stage.stored().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Unknown; 3]);
}

#[tokio::test]
async fn the_same_is_told_however_the_body_is_framed() {
    let stage = Stage::start().await;
    let body = push(SHOP).to_string();
    let pieces =
        body.as_bytes().chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let request = stage.delivery(reqwest::Body::wrap_stream(futures::stream::iter(pieces)));
    is_taken(&Answer::of(request.header("x-gitlab-token", HOOK_SECRET)).await);
    assert_eq!(stage.stored().await[0].original.as_ref().unwrap().text(), body);
}

#[tokio::test]
async fn without_nats_server_a_delivery_is_503_and_taken_when_it_is_back() {
    let mut stage = Stage::start().await;
    stage.stop_nats().await;
    let refused = Answer::of(stage.hook_delivery("one", &push(SHOP))).await;
    refused.is_problem(503, "could not be stored");
    assert_eq!(refused.header("retry-after"), Some("10"));
    stage.start_nats().await;
    let taken =
        async || (Answer::of(stage.hook_delivery("two", &push(SHOP))).await.status == 202).then_some(());
    until("a delivery that is taken", taken).await;
    assert!(stage.stored().await.iter().any(|event| event.id == "two"));
}

#[tokio::test]
async fn another_method_is_405() {
    let stage = Stage::start().await;
    stage.get(PATH).await.is_problem(405, "does not take that method");
}
