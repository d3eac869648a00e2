//! Plans that wait for approval.

use proto::{Action, ControlEvent, Decision, Event, ProjectId, Ruling, Verdict};

use crate::stage::{Stage, minutes, until};

#[tokio::test]
async fn a_held_plan_has_an_issue_until_somebody_has_decided() {
    let stage = Stage::listening().await;
    let hold = stage.holds(7, 1, "0f0f").await;
    let issue = stage.issue(|issue| issue.open).await;
    for wanted in ["give 1 and take 62", "it would take 62 %", "guassp approve 7", "0f0f"] {
        assert!(issue.description.contains(wanted), "{}", issue.description);
    }
    let projects = &stage.runtime.jetstream.projects;
    let decision = Decision {
        held: hold.task,
        digest: hold.digest.clone(),
        ruling: Ruling::Rejected,
        by: "ops".to_owned(),
        at: minutes(2),
    };
    projects.decide(ProjectId(7), decision).await.unwrap();
    let action = Action::Reject { held: hold.task, digest: hold.digest };
    let event = ControlEvent { project: Some(ProjectId(7)), action, by: "ops".to_owned(), at: minutes(2) };
    stage.tell(Event::Control(event)).await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn what_is_told_before_it_is_written_down_is_waited_for() {
    let stage = Stage::listening().await;
    let hold = stage.holds(7, 1, "0f0f").await;
    stage.issue(|issue| issue.open).await;
    let at = stage.runtime.clock.now();
    let action = Action::Reject { held: hold.task, digest: hold.digest.clone() };
    let event = ControlEvent { project: Some(ProjectId(7)), action, by: "ops".to_owned(), at };
    stage.tell(Event::Control(event)).await;
    until("the event", async || (stage.in_hand().await == 1).then_some(())).await;
    let ruling = Ruling::Rejected;
    let decision = Decision { held: hold.task, digest: hold.digest, ruling, by: "ops".to_owned(), at };
    stage.runtime.jetstream.projects.decide(ProjectId(7), decision).await.unwrap();
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn another_plan_in_its_place_is_news_and_a_sync_that_is_done_closes_it() {
    let stage = Stage::listening().await;
    stage.holds(7, 1, "0f0f").await;
    stage.issue(|issue| issue.open).await;
    stage.holds(7, 2, "abab").await;
    stage.issue(|issue| issue.description.contains("abab") && issue.notes.len() == 1).await;
    stage.runtime.jetstream.projects.set_hold(ProjectId(7), None).await.unwrap();
    stage.ended(7, 3, Verdict::Done, "").await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn only_what_people_want_to_be_told_of_has_issues() {
    let stage = Stage::start().await;
    stage.listen(|config| config.about.held = false).await;
    stage.holds(7, 1, "0f0f").await;
    stage.quiet().await;
    assert_eq!(stage.issues(), []);
}
