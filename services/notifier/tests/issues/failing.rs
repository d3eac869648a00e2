//! Projects that cannot be synchronised.

use proto::Verdict;
use sandbox::{Fault, FaultKind};

use crate::stage::{OPS, Stage, until};

#[tokio::test]
async fn a_project_that_fails_has_one_issue_until_it_does_not() {
    let stage = Stage::listening().await;
    stage.ended(7, 1, Verdict::Failed, "sonarqube answered 500").await;
    let issue = stage.issue(|issue| issue.open).await;
    assert_eq!(issue.title, "guassp: project 7 cannot be synchronised");
    assert_eq!(issue.labels, ["guassp"]);
    for wanted in ["sonarqube answered 500", "guassp sync 7 --wait", "<!-- guassp:failed.7 -->"] {
        assert!(issue.description.contains(wanted), "{}", issue.description);
    }

    stage.ended(7, 2, Verdict::Failed, "sonarqube answered 500").await;
    stage.quiet().await;
    assert_eq!(stage.issue(|_| true).await, issue, "the same is not said twice");

    stage.ended(7, 3, Verdict::Failed, "SONARQUBE_TOKEN is wrong").await;
    let news = stage.issue(|issue| issue.notes.len() == 1).await;
    assert!(news.open && news.description.contains("SONARQUBE_TOKEN is wrong"), "{news:?}");

    stage.ended(7, 4, Verdict::Done, "").await;
    let mended = stage.issue(|issue| !issue.open && issue.notes.len() == 2).await;
    assert_eq!(mended.notes.last().unwrap(), "guassp: this is mended.");

    stage.ended(7, 5, Verdict::Failed, "SONARQUBE_TOKEN is wrong").await;
    let back = stage.issue(|issue| issue.open && issue.notes.len() == 3).await;
    assert!(back.notes.last().unwrap().starts_with("guassp: this is back"), "{back:?}");
}

#[tokio::test]
async fn what_has_long_been_mended_when_a_notifier_is_switched_on_opens_nothing() {
    let stage = Stage::start().await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.ended(7, 2, Verdict::Done, "").await;
    stage.listen(|_| {}).await;
    stage.quiet().await;
    assert_eq!(stage.issues(), []);
}

#[tokio::test]
async fn what_comes_late_neither_opens_nor_closes_anything() {
    let stage = Stage::listening().await;
    stage.ended(7, 5, Verdict::Failed, "down").await;
    stage.issue(|issue| issue.open).await;
    stage.ended(7, 4, Verdict::Done, "").await;
    stage.ended(7, 3, Verdict::Failed, "something else").await;
    stage.quiet().await;
    let issue = stage.issue(|_| true).await;
    assert!(issue.open && issue.notes.is_empty() && issue.description.contains("down"), "{issue:?}");
}

#[tokio::test]
async fn what_a_person_closed_stays_closed_until_there_is_something_new() {
    let stage = Stage::listening().await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    let issue = stage.issue(|issue| issue.open).await;
    stage.gitlab.change(|world| world.issue_mut(OPS, issue.iid).unwrap().open = false);
    stage.ended(7, 2, Verdict::Failed, "down").await;
    stage.quiet().await;
    assert!(!stage.issue(|_| true).await.open);
    stage.ended(7, 3, Verdict::Failed, "down in another way").await;
    stage.issue(|issue| issue.open && issue.description.contains("another way")).await;
}

#[tokio::test]
async fn an_issue_that_somebody_deleted_is_opened_anew() {
    let stage = Stage::listening().await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.issue(|issue| issue.open).await;
    stage.gitlab.change(|world| world.issues.clear());
    stage.ended(7, 2, Verdict::Failed, "down in another way").await;
    stage.issue(|issue| issue.open && issue.description.contains("another way")).await;
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_opens_no_second_issue() {
    let stage = Stage::start().await;
    let lost = Fault::on("POST", "/issues").after_effect();
    stage.gitlab.faults().add(lost.then(FaultKind::Status(502)));
    stage.listen(|_| {}).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.quiet().await;
    assert_eq!(stage.gitlab.faults().struck(), 1);
    assert!(stage.issue(|_| true).await.open);
    stage.ended(7, 2, Verdict::Done, "").await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn an_issue_that_could_not_be_opened_keeps_nothing_open() {
    let stage = Stage::start().await;
    stage.gitlab.faults().add(Fault::on("POST", "/issues").always().then(FaultKind::Status(503)));
    stage.listen(|config| config.at_most = 1).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    until("a letter", async || (stage.letters().await == 1).then_some(())).await;
    stage.ended(7, 2, Verdict::Done, "").await;
    stage.quiet().await;
    assert_eq!((stage.letters().await, stage.issues()), (1, Vec::new()));
    stage.gitlab.faults().clear();
    stage.ended(8, 3, Verdict::Failed, "down").await;
    stage.issue(|issue| issue.title.contains("project 8")).await;
    stage.ended(7, 4, Verdict::Failed, "down").await;
    stage.ended(8, 5, Verdict::Done, "").await;
    stage.quiet().await;
    let open = stage.runtime.jetstream.issues.open("failed").await.unwrap();
    assert_eq!(open, [""; 0], "{:?}", stage.issues());
}

#[tokio::test]
async fn throttling_and_outages_are_waited_for() {
    let stage = Stage::start().await;
    let kinds = [FaultKind::TooManyRequests { retry_after: Some(0) }, FaultKind::Status(503)];
    for (nth, kind) in (1..).zip(kinds) {
        stage.gitlab.faults().add(Fault::on("GET", "/issues").nth(nth).then(kind));
    }
    stage.listen(|_| {}).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.issue(|issue| issue.open).await;
}
