//! Jobs that are heard: done, joined, not waited for, still running, failed.

use std::time::Duration;

use e2e::{Scene, Settings, Target};
use sandbox::{Fault, FaultKind};

use super::{members, project, scene};
use crate::{job::Job, readme};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_ends_with_what_it_changed() {
    let scene = scene().await;
    let project = project(&scene).await;
    let stranger = scene.stranger("newcomer");
    scene.join(&project, &stranger, 20);
    let job = Job::new(&scene.stack.gateway, &scene.job(&project));
    let ended = job.run().await;
    ended.is(0, "guassp: finished: 2 granted");
    ended.is(0, "signed in to SonarQube");
    assert_eq!(scene.grants(&project).await.len(), 1);
    job.run().await.is(0, "guassp: finished: ");
}

/// With the job token of nobody, so that only the ID token can have been used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_is_used_where_the_job_has_one() {
    let scene = scene().await;
    let project = project(&scene).await;
    let token = scene.id_token(&project);
    let job = Job::new(&scene.stack.gateway, "glcbt-of-nobody").with("GUASSP_ID_TOKEN", &token);
    job.run().await.is(0, "guassp: finished: 2 granted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_joins_the_task_that_waits_and_is_no_failure() {
    let settings = Settings { min_interval: Duration::from_secs(60), ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let project = project(&scene).await;
    let token = scene.job(&project);
    let begun = scene.post(&token).await;
    scene.ended(begun, &token).await;
    let waiting = scene.post(&token).await;

    let only_asks = Job::new(&scene.stack.gateway, &token).with("GUASSP_WAIT", "0");
    let ended = only_asks.with("GUASSP_STRICT", "true").run().await;
    ended.is(0, "not waiting for the end");
    assert!(ended.log.contains(&format!("accepted as /task/{waiting}\n")), "{}", ended.log);

    let (code, said) = readme::run(&scene.stack.gateway, &token).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&waiting.to_string()), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_still_runs_at_the_end_of_the_wait_is_no_failure() {
    let scene = scene().await;
    let project = project(&scene).await;
    let reading = scene.gitlab.faults().hold("GET", &members(&project), 1);
    let job = Job::new(&scene.stack.gateway, &scene.job(&project));
    let ended = job.with("GUASSP_WAIT", "2").with("GUASSP_STRICT", "true").run().await;
    ended.is(0, "guassp: still started after 2 seconds");
    reading.release();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_fails_the_pipeline_only_where_that_is_wanted() {
    let scene = scene().await;
    let project = project(&scene).await;
    let broken = Fault::on("GET", &members(&project)).always().then(FaultKind::Status(500));
    scene.gitlab.faults().add(broken);
    let token = scene.job(&project);
    let ended = Job::new(&scene.stack.gateway, &token).run().await;
    ended.is(0, "guassp: failed: ");
    ended.is(0, "(GUASSP_STRICT is not true, so the pipeline goes on)");
    assert!(ended.last_line().contains("500"), "the reason: {}", ended.log);
    Job::new(&scene.stack.gateway, &token)
        .with("GUASSP_STRICT", "true")
        .run()
        .await
        .is(1, "guassp: failed: ");
}
