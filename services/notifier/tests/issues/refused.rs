//! A GitLab that does not let the token do it.

use std::time::Duration;

use proto::Verdict;
use runtime::{Runtime, secret::Secret};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Place, TokenState, level},
};

use crate::stage::{BOT, OPS, Stage, TOKEN, until};

async fn refused_once(stage: &Stage) {
    let runtime = stage.listen(|_| {}).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.ended(8, 1, Verdict::Failed, "down").await;
    until("a refusal", async || refusals(&runtime)).await;
}

/// Whether GitLab has refused once.
fn refusals(runtime: &Runtime) -> Option<()> {
    let text = runtime.metrics.render().ok()?;
    text.contains("guassp_issues_total{result=\"refused\"} 1").then_some(())
}

#[tokio::test]
async fn a_token_that_is_no_good_is_told_once_and_nothing_is_lost() {
    let stage = Stage::start().await;
    stage.gitlab.change(|world| world.tokens.get_mut(TOKEN).unwrap().state = TokenState::Revoked);
    refused_once(&stage).await;
    let asked = stage.gitlab.requests().into_iter().filter(|asked| asked.path.ends_with("/issues"));
    assert_eq!(asked.count(), 1, "the second event waits, and asks nothing");
    stage.gitlab.change(|world| world.tokens.get_mut(TOKEN).unwrap().state = TokenState::Valid);
    // A restart with a token that is good does at once what had waited unread.
    stage.listen(|_| {}).await;
    until("the issue of the other project", async || {
        stage.issues().iter().any(|issue| issue.title.contains("project 8")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn another_token_is_tried_at_once_and_what_waited_is_not_lost() {
    let stage = Stage::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "glpat-of-nobody").unwrap();
    let token = Secret::of_file(file.path()).unwrap();
    let runtime = stage.listen(|config| config.token = token.clone()).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    until("a refusal", async || refusals(&runtime)).await;
    std::fs::write(file.path(), TOKEN).unwrap();
    assert!(token.reload());
    stage.issue(|issue| issue.open).await;
}

#[tokio::test]
async fn an_issue_that_is_out_of_reach_is_not_taken_for_one_that_was_deleted() {
    let stage = Stage::start().await;
    let token = Secret::from(TOKEN);
    let runtime = stage.listen(|config| config.token = token).await;
    stage.ended(7, 1, Verdict::Failed, "down").await;
    stage.issue(|issue| issue.open).await;
    stage.gitlab.change(|world| world.remove_member(Place::Project(OPS), BOT));
    stage.ended(7, 2, Verdict::Done, "").await;
    until("a refusal", async || refusals(&runtime)).await;
    assert_eq!(stage.runtime.jetstream.issues.open("failed").await.unwrap(), ["failed.7"]);
    // The event is given to the next notifier when this one stops.
    stage.gitlab.change(|world| world.add_member(Place::Project(OPS), BOT, level::REPORTER));
    runtime.lifecycle.end(Duration::from_secs(10)).await;
    stage.listen(|_| {}).await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn a_project_of_issues_that_is_not_there_is_told_once() {
    let stage = Stage::start().await;
    stage.gitlab.change(|world| world.projects.clear());
    refused_once(&stage).await;
    assert_eq!(stage.writes(), 0);
}

#[tokio::test]
async fn what_gitlab_does_not_take_stands_in_nobody_elses_way() {
    let stage = Stage::start().await;
    stage.gitlab.faults().add(Fault::on("POST", "/issues").then(FaultKind::Status(400)));
    refused_once(&stage).await;
    stage.issue(|issue| issue.title.contains("project 8")).await;
}
