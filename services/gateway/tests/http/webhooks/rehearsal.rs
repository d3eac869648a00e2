//! What would happen with a payload.

use proto::ProjectId;
use serde_json::json;

use super::*;
use crate::{
    raw::Raw,
    staff::Staffed,
    stage::{ACME, BLOG, SHOP},
};

const TRY: &str = "/webhooks/gitlab/test";

async fn rehearse(staffed: &Staffed, payload: &Value) -> Answer {
    let request = staffed.as_viewer(staffed.stage.request(Method::POST, TRY));
    Answer::of(request.header("x-gitlab-event", "System Hook").body(payload.to_string())).await
}

#[tokio::test]
async fn a_viewer_is_told_what_a_payload_means_and_nothing_happens() {
    let staffed = Staffed::start().await;
    for (payload, kind, says) in [
        (member(SHOP), "project_member", "it may change access: project 7 is synchronised"),
        (
            json!({ "event_name": "user_add_to_group", "group_id": ACME }),
            "group_member",
            "that group 10 reaches",
        ),
        (json!({ "event_name": "user_rename", "user_id": 12 }), "user", "that user 12 is a member of"),
        (push(SHOP), "push", "cannot change access"),
        (json!({ "strange": true }), "unknown", "cannot change access"),
    ] {
        let answer = rehearse(&staffed, &payload).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            (&answer.body["event"]["kind"], &answer.body["event"]["original"]),
            (&kind.into(), &Value::Null)
        );
        let sentences = answer.body["sentences"].to_string();
        assert!(sentences.contains(says) && sentences.contains("published as guassp.gitlab."), "{sentences}");
    }
    assert_eq!(staffed.stage.count(subject::GITLAB).await, 0);
    assert!(!staffed.stage.has_task(SHOP).await);
}

#[tokio::test]
async fn a_payload_may_be_as_large_as_a_delivery_and_is_read_for_people_alone() {
    let staffed = Staffed::start().await;
    let mut payload = member(SHOP);
    payload["noise"] = " ".repeat(200_000).into();
    let answer = rehearse(&staffed, &payload).await;
    assert_eq!((answer.status, &answer.body["event"]["kind"]), (200, &"project_member".into()), "{answer:?}");
    let head = format!("POST {TRY} HTTP/1.1\r\nhost: g\r\ncontent-length: 200000\r\n\r\n");
    assert_eq!(Raw::sending(&staffed.stage, &head).await.answer().await.status, 401);
}

#[tokio::test]
async fn a_project_that_sonarqube_does_not_have_is_told_as_such() {
    let staffed = Staffed::start().await;
    consequences::only_sonarqube_has(&staffed.stage, ProjectId(SHOP)).await;
    let answer = rehearse(&staffed, &member(BLOG)).await;
    assert!(answer.body["sentences"].to_string().contains("SonarQube does not have project 8"), "{answer:?}");
    let sample =
        json!({ "event_name": "project_create", "project_id": 1, "path_with_namespace": "root/sample" });
    assert!(
        rehearse(&staffed, &sample).await.body["sentences"].to_string().contains("does not have project 1")
    );
}

#[tokio::test]
async fn it_is_for_people_and_says_in_text_what_they_ask_for() {
    let staffed = Staffed::start().await;
    Answer::of(staffed.stage.request(Method::POST, TRY).body("{}")).await.is_problem(401, "a person's token");
    let hook = staffed.stage.request(Method::POST, TRY).header("x-gitlab-token", HOOK_SECRET);
    Answer::of(hook.body("{}")).await.is_problem(401, "a person's token");
    let bad = staffed.as_viewer(staffed.stage.request(Method::POST, TRY)).body("[]");
    Answer::of(bad).await.is_problem(400, "no JSON object");
    let request = staffed.as_viewer(staffed.stage.request(Method::POST, TRY));
    let text = request.header("accept", "text/plain").body(member(SHOP).to_string()).send().await.unwrap();
    let text = text.text().await.unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("project 7 is synchronised"), "{text}");
}
