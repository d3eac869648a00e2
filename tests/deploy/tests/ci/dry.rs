//! A job that only shows what a sync would change.

use e2e::{Project, Scene};

use super::{project, scene};
use crate::job::Job;

fn dry(scene: &Scene, project: &Project) -> Job {
    let job = Job::new(&scene.stack.gateway, &scene.job(project)).with("GUASSP_DRY_RUN", "true");
    job.with("CI_PROJECT_ID", &project.id.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prints_the_plan_and_changes_nothing() {
    let scene = scene().await;
    let project = project(&scene).await;
    let ended = dry(&scene, &project).run().await;
    ended.is(0, "guassp: GUASSP_DRY_RUN: nothing was changed");
    assert!(ended.log.contains(": user, codeviewer (reporter in the project)\n"), "{}", ended.log);
    assert!(ended.log.starts_with(&project.path), "{}", ended.log);
    assert!(scene.grants(&project).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_of_another_project_shows_nothing() {
    let scene = scene().await;
    let (own, other) = (project(&scene).await, project(&scene).await);
    let job = dry(&scene, &own).with("CI_PROJECT_ID", &other.id.to_string());
    let ended = job.run().await;
    ended.is(0, "what a sync would change cannot be learnt: HTTP 404: ");
    ended.is(0, "so the pipeline goes on");
    assert!(!ended.log.contains(&other.path), "{}", ended.log);
    job.with("GUASSP_STRICT", "true").run().await.is(1, "is not this job's");
}
