//! Many notifiers, and many failing projects.

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use proto::Verdict;

use crate::stage::{Stage, until};

#[tokio::test]
async fn five_notifiers_open_one_issue() {
    let stage = Stage::start().await;
    join_all((0..5).map(|_| stage.listen(|_| {}))).await;
    join_all((1..=20).map(|_| stage.ended(7, 1, Verdict::Failed, "down"))).await;
    stage.issue(|issue| issue.open).await;
    stage.quiet().await;
    stage.issue(|issue| issue.open && issue.notes.is_empty()).await;
}

#[tokio::test]
async fn a_notifier_that_dies_while_it_opens_an_issue_leaves_no_second_one() {
    let stage = Stage::start().await;
    let gate = stage.gitlab.faults().hold_answer("POST", "/issues", 1);
    let first = stage.listen(|_| {}).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    gate.arrived().await;
    first.lifecycle.end(Duration::ZERO).await;
    drop(gate);
    stage.listen_later(SignedDuration::from_mins(10)).await;
    stage.quiet().await;
    stage.issue(|issue| issue.open).await;
    stage.ended(7, 2, Verdict::Done, "").await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn whoever_waits_for_another_notifier_uses_up_no_attempt() {
    let stage = Stage::start().await;
    let gate = stage.gitlab.faults().hold_answer("POST", "/issues", 1);
    let runtimes = join_all((0..2).map(|_| stage.listen(|_| {}))).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    gate.arrived().await;
    stage.ended(7, 2, Verdict::Failed, "down").await;
    until("the other's wait", async || (stage.in_hand().await == 2).then_some(())).await;
    drop(gate);
    stage.quiet().await;
    for runtime in runtimes {
        let text = runtime.metrics.render().unwrap();
        assert!(!text.contains("guassp_redeliveries_total{stage=\"notifier\"}"), "{text}");
    }
    stage.issue(|issue| issue.open && issue.notes.is_empty()).await;
}

#[tokio::test]
async fn a_project_that_fails_again_takes_a_place_like_any_other() {
    let stage = Stage::start().await;
    stage.listen(|config| config.at_most = 1).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.ended(7, 2, Verdict::Done, "").await;
    stage.ended(8, 3, Verdict::Failed, "down").await;
    stage.ended(7, 4, Verdict::Failed, "down again").await;
    stage.quiet().await;
    let open: Vec<String> =
        stage.issues().into_iter().filter(|issue| issue.open).map(|issue| issue.title).collect();
    assert_eq!(
        open,
        ["guassp: project 8 cannot be synchronised", "guassp: many projects cannot be synchronised"]
    );
}

#[tokio::test]
async fn of_many_failing_projects_one_issue_tells_of_the_rest() {
    let stage = Stage::start().await;
    stage.listen(|config| config.at_most = 4).await;
    for project in 11..=20 {
        stage.ended(project, 1, Verdict::Failed, "GITLAB_TOKEN is wrong").await;
    }
    stage.quiet().await;
    let titles: Vec<String> = stage.issues().into_iter().map(|issue| issue.title).collect();
    assert_eq!(titles.len(), 5, "{titles:?}");
    assert!(titles.contains(&"guassp: many projects cannot be synchronised".to_owned()), "{titles:?}");
    for project in 11..=20 {
        stage.ended(project, 2, Verdict::Done, "").await;
    }
    stage.quiet().await;
    assert!(stage.issues().iter().all(|issue| !issue.open), "{:?}", stage.issues());
}
