//! Dead letters over HTTP: listed, asked for once more, dropped.

use proto::{Action, FanOut, GitLabEvent, GroupId, subject};
use reqwest::Method;
use runtime::jetstream::{Encoded, decode, encode};
use serde_json::{Value, json};

use crate::{
    staff::Staffed,
    stage::{ACME, SHOP, until},
};

/// A group that GitLab does not know.
const UNKNOWN: u64 = 999;

/// Puts an unreadable message of each subject into the queue of tasks, and waits until somebody has given them up.
pub(crate) async fn give_up(staffed: &Staffed, subjects: &[&'static str]) -> Vec<Value> {
    let context = staffed.stage.runtime.jetstream.context();
    for subject in subjects {
        context.publish(*subject, "noise".into()).await.unwrap().await.unwrap();
    }
    let all = |body: &Value| body["items"].as_array().is_some_and(|items| items.len() == subjects.len());
    staffed.until_seen("/dead", all).await.body["items"].as_array().unwrap().clone()
}

/// Waits until the fan-out of a group that GitLab does not know was given up, and shows the letter of its first step.
pub(crate) async fn give_up_group(staffed: &Staffed) -> Value {
    let begin = FanOut::begin(GroupId(UNKNOWN), Some("omar".to_owned()));
    staffed.stage.runtime.jetstream.publish_fan_out(&begin).await.unwrap();
    let given_up = |body: &Value| body["items"].as_array().is_some_and(|items| items.len() == 1);
    staffed.until_seen("/dead", given_up).await.body["items"][0].clone()
}

/// Somebody became a member of this group.
fn member_added(group: u64) -> GitLabEvent {
    let event = json!({
        "id": "7f3c", "kind": "group_member", "action": "added", "source": "system", "group": { "id": group },
        "refs": {}, "received_at": "2026-01-02T03:04:05Z", "original_bytes": 2,
    });
    serde_json::from_value(event).unwrap()
}

#[tokio::test]
async fn a_step_of_a_fan_out_that_was_given_up_is_listed_by_its_group_and_replayed_as_it_was() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let letter = give_up_group(&staffed).await;
    let told = (&letter["stage"], &letter["group"], &letter["project"]);
    assert_eq!(told, (&"resolver-fanout".into(), &UNKNOWN.into(), &Value::Null));
    assert!(letter["reason"].as_str().unwrap().contains("404"), "{letter}");

    // The group was made, or the token may see it now.
    staffed.stage.gitlab.world().add_group(UNKNOWN, "late");
    let number = letter["number"].as_u64().unwrap();
    let path = format!("/dead/{number}/replay");
    staffed.is_for_operators(Method::POST, &path).await;
    assert_eq!(staffed.order(Method::POST, &path).await.status, 204);
    let metrics = &staffed.stage.runtime.metrics;
    let line = "guassp_fan_out_steps_total{step=\"projects\"} 1\n";
    let read = async || metrics.render().unwrap().contains(line).then_some(());
    until("the steps after the replayed one", read).await;
    // What was read is acknowledged a moment after it was counted.
    let ended = async || (staffed.stage.count(subject::FAN_OUTS).await == 0).then_some(());
    until("the end of the fan-out", ended).await;
    assert_eq!(staffed.stage.count(subject::DEAD).await, 0);
    staffed.order(Method::POST, &path).await.is_problem(404, "there is no dead letter");
    assert_eq!(staffed.actions().await, [(None, Action::Replay { letter: number }, "omar".to_owned())]);
}

#[tokio::test]
async fn an_event_of_gitlab_that_was_given_up_is_told_once_more() {
    let staffed = Staffed::start().await;
    let jetstream = &staffed.stage.runtime.jetstream;
    let event = member_added(UNKNOWN);
    let letter = subject::dead(subject::GATEWAY_HOOKS, &UNKNOWN.to_string());
    let Encoded { payload, headers } = encode(&event).unwrap();
    jetstream.context().publish_with_headers(letter, headers, payload).await.unwrap().await.unwrap();
    let one = |body: &Value| body["items"].as_array().is_some_and(|items| items.len() == 1);
    let number = staffed.until_seen("/dead", one).await.body["items"][0]["number"].as_u64().unwrap();
    assert_eq!(staffed.order(Method::POST, &format!("/dead/{number}/replay")).await.status, 204);
    let stream = jetstream.context().get_stream(subject::GITLAB).await.unwrap();
    let told = stream.get_last_raw_message_by_subject(&event.subject()).await.unwrap();
    assert_eq!(decode::<GitLabEvent>(Some(&told.headers), &told.payload).unwrap(), event);
    assert_eq!(staffed.stage.count(subject::DEAD).await, 0);
}

#[tokio::test]
async fn a_letter_of_a_group_that_cannot_be_read_can_only_be_dropped() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let letter = give_up(&staffed, &["guassp.fanout.10"]).await[0].clone();
    assert_eq!((&letter["group"], &letter["project"]), (&ACME.into(), &Value::Null));
    let number = &letter["number"];
    staffed.order(Method::POST, &format!("/dead/{number}/replay")).await.is_problem(409, "drop it");
    assert_eq!(staffed.order(Method::DELETE, &format!("/dead/{number}")).await.status, 204);
}

#[tokio::test]
async fn letters_are_listed_for_people() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let letters = give_up(&staffed, &["guassp.tasks.7", "guassp.tasks.8", "guassp.tasks.x"]).await;
    let mut projects: Vec<_> = letters.iter().map(|letter| letter["project"].as_u64()).collect();
    projects.sort_unstable();
    assert_eq!(projects, [None, Some(7), Some(8)]);
    for letter in &letters {
        assert_eq!((&letter["stage"], &letter["size"]), (&"resolver".into(), &5.into()));
        assert!(letter["reason"].as_str().unwrap().contains("malformed message"), "{letter}");
    }
    let page = staffed.see("/dead?limit=2").await.body;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (2, &letters[1]["number"]));
    let rest = staffed.see(&format!("/dead?limit=2&after={}", page["next"])).await.body;
    assert_eq!((&rest["items"][0]["number"], &rest["next"]), (&letters[2]["number"], &Value::Null));
}

#[tokio::test]
async fn a_replayed_letter_is_a_fresh_sync_of_its_project_and_gone() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let number = give_up(&staffed, &["guassp.tasks.7"]).await[0]["number"].as_u64().unwrap();
    let path = format!("/dead/{number}/replay");
    staffed.is_for_operators(Method::POST, &path).await;
    let accepted = staffed.order(Method::POST, &path).await;
    assert_eq!(accepted.body["project"], SHOP);
    let job = staffed.stage.job(SHOP);
    let end = staffed.stage.ended(accepted.task(), &job).await;
    assert_eq!((&end["cause"]["by"], &end["state"]), (&"omar".into(), &"finished".into()));
    assert_eq!(staffed.stage.count(subject::DEAD).await, 0);
    staffed.order(Method::POST, &path).await.is_problem(404, "there is no dead letter");
    assert_eq!(staffed.actions().await, [(Some(7), Action::Replay { letter: number }, "omar".to_owned())]);
}

#[tokio::test]
async fn a_letter_without_a_project_can_only_be_dropped() {
    let staffed = Staffed::start().await;
    let _sonarqube = staffed.stage.work().await;
    let number = give_up(&staffed, &["guassp.tasks.x"]).await[0]["number"].as_u64().unwrap();
    staffed.order(Method::POST, &format!("/dead/{number}/replay")).await.is_problem(409, "drop it");
    let path = format!("/dead/{number}");
    staffed.is_for_operators(Method::DELETE, &path).await;
    assert_eq!(staffed.order(Method::DELETE, &path).await.status, 204);
    staffed.order(Method::DELETE, &path).await.is_problem(404, "there is no dead letter");
    for wrong in ["/dead/first", "/dead/0"] {
        staffed.order(Method::DELETE, wrong).await.is_problem(400, "by its number");
    }
    let [(None, Action::Drop { letter, stage, reason }, by)] = &staffed.actions().await[..] else {
        panic!("not one order")
    };
    assert_eq!((*letter, stage.as_str(), by.as_str()), (number, "resolver", "omar"));
    assert!(reason.contains("malformed message"), "{reason}");
}
