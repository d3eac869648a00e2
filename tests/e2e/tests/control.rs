//! Pauses and cancels: what people order holds through every stage, and loses nobody's trigger.

use std::time::Duration;

use e2e::{Project, Scene, Settings, Target, grants, wait};
use proto::{Pause, ProjectId, TaskState, Verdict};
use runtime::jetstream::records::Cancel;
use sandbox::{Fault, FaultKind, gitlab::level};

async fn set_pause(scene: &Scene, project: Option<&Project>, paused: bool) {
    let by = "ops".to_owned();
    let pause = paused.then(|| Pause { by, at: scene.stack.runtime.clock.now(), reason: None });
    let project = project.map(|project| ProjectId(project.id));
    scene.stack.runtime.jetstream.projects.set_pause(project, pause).await.expect("a stored pause");
}

fn members(project: &Project) -> String {
    format!("/projects/{}/members/all", project.id)
}

#[tokio::test]
async fn a_plan_that_a_pause_overtakes_is_not_written_and_read_afresh_afterwards() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("shop").await;
    let (stays, leaves) = (scene.person("stays").await, scene.person("leaves").await);
    scene.join(&project, &stays, level::REPORTER);
    scene.join(&project, &leaves, level::REPORTER);
    let token = scene.job(&project);
    let reading = scene.gitlab.faults().hold("GET", &members(&project), 1);
    let id = scene.post(&token).await;
    reading.arrived().await;
    set_pause(&scene, Some(&project), true).await;
    reading.release();

    let overtaken = scene.ended(id, &token).await;
    assert_eq!(overtaken.verdict(), Verdict::Superseded);
    assert!(scene.grants(&project).await.is_empty(), "nothing is written in a pause");
    let fresh = overtaken.outcome.unwrap().superseded_by.unwrap();
    let waits = async || scene.look(fresh, &token).await.filter(|task| task.state == TaskState::Deferred);
    let waiting = wait::until("the fresh task to wait", waits).await;
    assert_eq!(waiting.reason.as_deref(), Some("paused by ops"));

    scene.leave(&project, &leaves);
    set_pause(&scene, Some(&project), false).await;
    assert_eq!(scene.ended(fresh, &token).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&stays, "user codeviewer")]));
}

#[tokio::test]
async fn while_everything_is_paused_gitlab_is_not_asked_and_every_trigger_is_kept() {
    let scene = Scene::start(&Target::Model).await;
    set_pause(&scene, None, true).await;
    let mut waiting = Vec::new();
    for name in ["shop", "blog"] {
        let project = scene.project(name).await;
        let person = scene.person(name).await;
        scene.join(&project, &person, level::DEVELOPER);
        let token = scene.job(&project);
        let id = scene.post(&token).await;
        let paused = async || scene.look(id, &token).await.filter(|task| task.state == TaskState::Deferred);
        wait::until("a task that waits", paused).await;
        waiting.push((id, token, project));
    }
    assert!(scene.gitlab.requests().iter().all(|request| !request.path.contains("/members")));
    set_pause(&scene, None, false).await;
    for (id, token, project) in waiting {
        assert_eq!(scene.ended(id, &token).await.verdict(), Verdict::Done);
        assert_eq!(scene.grants(&project).await.len(), 1);
    }
}

/// The older task was begun, failed, and waits for its next attempt. The newer one, which would have read everything
/// for it, is canceled.
#[tokio::test]
async fn a_canceled_task_supersedes_nobody() {
    let settings = Settings { first_pause: Duration::from_secs(3), ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let project = scene.project("shop").await;
    let person = scene.person("jane").await;
    scene.join(&project, &person, level::REPORTER);
    let token = scene.job(&project);
    // One reading asks three times before it gives up.
    let broken = Fault::on("GET", &members(&project)).times(3).then(FaultKind::Status(500));
    scene.gitlab.faults().add(broken);
    let older = scene.post(&token).await;
    let failed = async || scene.look(older, &token).await.filter(|task| task.state == TaskState::Deferred);
    wait::until("a failed attempt", failed).await;
    set_pause(&scene, Some(&project), true).await;
    let newer = scene.post(&token).await;
    assert_ne!(newer, older);
    let paused = async || scene.look(newer, &token).await.filter(|task| task.state == TaskState::Deferred);
    wait::until("the newer one to wait", paused).await;
    let canceled = scene.stack.runtime.jetstream.records.cancel(newer, "canceled by ops").await.unwrap();
    assert!(matches!(canceled, Cancel::Canceled(_)));
    set_pause(&scene, Some(&project), false).await;

    assert_eq!(scene.ended(older, &token).await.verdict(), Verdict::Done, "its trigger was answered");
    assert_eq!(scene.grants(&project).await, grants(&[(&person, "user codeviewer")]));
    assert_eq!(scene.look(newer, &token).await.unwrap().state, TaskState::Canceled);
}

#[tokio::test]
async fn a_task_that_is_canceled_in_a_pause_leaves_the_queue_and_no_dead_letter() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("shop").await;
    set_pause(&scene, Some(&project), true).await;
    let token = scene.job(&project);
    let id = scene.post(&token).await;
    let paused = async || scene.look(id, &token).await.filter(|task| task.state == TaskState::Deferred);
    wait::until("a task that waits", paused).await;
    let jetstream = &scene.stack.runtime.jetstream;
    assert!(matches!(jetstream.records.cancel(id, "canceled by ops").await.unwrap(), Cancel::Canceled(_)));
    let gone = async || (!jetstream.has_task_message(ProjectId(project.id)).await.ok()?).then_some(());
    wait::until("an empty queue", gone).await;
    assert!(jetstream.dead_letters(0, 1).await.unwrap().is_empty());
    assert_eq!(scene.look(id, &token).await.unwrap().state, TaskState::Canceled);
}
