//! Many deliveries at once.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use gateway::guard::Limits;

use super::*;
use crate::{
    guard::figure,
    stage::{roomy, until},
};

const PROJECTS: u64 = 50;
const HOOKS: u64 = 2_000;

#[tokio::test]
async fn a_burst_is_taken_whole_and_makes_one_task_a_project() {
    // What one caller is allowed otherwise.
    let guard = Limits { caller_per_second: 100, caller_burst: 1_000, ..roomy() };
    let stage = &Stage::with(Given { guard, ..Given::default() }).await;
    let told = stream::iter(0..HOOKS).map(async |n| {
        let answer = Answer::of(stage.hook_delivery(&n.to_string(), &member(1 + n % PROJECTS))).await;
        (answer.status, n.to_string())
    });
    let told: Vec<(u16, String)> = told.buffer_unordered(64).collect().await;
    assert!(told.iter().all(|(status, _)| *status == 202), "{told:?}");
    let stored: BTreeSet<String> = stage.stored().await.into_iter().map(|event| event.id).collect();
    let answered: BTreeSet<String> = told.into_iter().map(|(_, id)| id).collect();
    assert_eq!(stored, answered, "what was answered is stored, and nothing else");
    let count = |result| {
        figure(
            stage,
            &format!("guassp_webhook_consequences_total{{kind=\"project_member\",result=\"{result}\"}}"),
        )
    };
    until("all looked at", async || (count("task") + count("joined") == HOOKS).then_some(())).await;
    assert_eq!((count("task"), stage.count(subject::TASKS).await), (PROJECTS, PROJECTS));
}
