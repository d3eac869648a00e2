//! Messages that nobody can work on: each is kept with the reason, leaves its queue, and the queue goes on.

use std::{io::Read, time::Duration};

use async_nats::HeaderMap;
use e2e::{DeadLetter, Project, Scene, Settings, Target, wait};
use proto::{Cause, Message, Plan, ProjectId, Task, TaskId, TaskState, Verdict, envelope, subject};

use crate::fleet::{Fleet, Role};

/// A message as it lies on the wire.
struct Poison {
    what: &'static str,
    encoding: Option<&'static str>,
    payload: Vec<u8>,
    /// What the reason says.
    words: &'static str,
}

fn text(what: &'static str, payload: impl Into<String>, words: &'static str) -> Poison {
    Poison { what, encoding: None, payload: payload.into().into_bytes(), words }
}

/// Everything that is no message of type `M`.
fn poisons<M: Message>() -> Vec<Poison> {
    let (schema, version) = (M::SCHEMA, M::VERSION);
    let bomb = zstd::encode_all(std::io::repeat(b' ').take((64 << 20) + 1), 3).expect("a bomb");
    let (garbage, task) = (b"\x28\xb5\x2f\xfdgarbage".to_vec(), envelope::encode(&task()).expect("a task"));
    vec![
        Poison {
            what: "noise",
            encoding: None,
            payload: vec![0, 159, 146, 150, 255],
            words: "malformed message",
        },
        text("nothing", "", "malformed message"),
        text(
            "another schema",
            r#"{"schema":"guassp.other","version":1,"body":{}}"#,
            "message of schema \"guassp.other\"",
        ),
        text(
            "a later version",
            format!(r#"{{"schema":"{schema}","version":99,"body":{{}}}}"#),
            "version 99; this build reads version ",
        ),
        text(
            "half a message",
            format!(r#"{{"schema":"{schema}","version":{version},"bo"#),
            "malformed message",
        ),
        text(
            "a wrong body",
            format!(r#"{{"schema":"{schema}","version":{version},"body":{{"id":7}}}}"#),
            "malformed message",
        ),
        Poison { what: "no zstd", encoding: Some("zstd"), payload: garbage, words: "not readable as zstd" },
        Poison {
            what: "a bomb",
            encoding: Some("zstd"),
            payload: bomb,
            words: "unpacks to more than 67108864 bytes",
        },
        Poison {
            what: "an unknown encoding",
            encoding: Some("br"),
            payload: task,
            words: "unknown content encoding \"br\"",
        },
    ]
}

fn task() -> Task {
    Task {
        id: TaskId::new(),
        project: ProjectId(7),
        cause: Cause::Job { job: 1, pipeline: None, user: None },
    }
}

async fn publish(scene: &Scene, subject: String, poison: &Poison) {
    let mut headers = HeaderMap::new();
    if let Some(encoding) = poison.encoding {
        headers.insert("Content-Encoding", encoding);
    }
    let context = scene.stack.runtime.jetstream.context();
    let stored = context.publish_with_headers(subject, headers, poison.payload.clone().into()).await;
    stored.expect("sent").await.expect("stored");
}

async fn letter(scene: &Scene, project: &Project) -> DeadLetter {
    let first = async || scene.dead_letters(project).await.into_iter().next();
    wait::until(&format!("a dead letter of project {}", project.id), first).await
}

async fn project(scene: &Scene) -> Project {
    let project = scene.project("poisoned").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    project
}

async fn is_buried_and_the_queue_goes_on<M: Message>(stage: &str, on: impl Fn(ProjectId) -> String) {
    let scene = Scene::start(&Target::Model).await;
    for poison in poisons::<M>() {
        let (project, what) = (project(&scene).await, poison.what);
        let subject = on(ProjectId(project.id));
        publish(&scene, subject.clone(), &poison).await;
        let letter = letter(&scene, &project).await;
        assert_eq!(letter.subject, subject::dead(stage, &project.id.to_string()), "{what}");
        assert_eq!(letter.payload, poison.payload, "{what}: it is kept whole");
        assert_eq!(letter.header("Content-Encoding"), poison.encoding.unwrap_or_default(), "{what}");
        assert_eq!(letter.header(subject::DEAD_SUBJECT), subject, "{what}");
        assert_eq!(letter.header(subject::DEAD_DELIVERIES), "1", "{what}");
        let reason = letter.header(subject::DEAD_REASON);
        assert!(reason.contains(poison.words), "{what}: {reason}");
        scene.quiet(&project).await;
        assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done, "{what}: the next task");
        assert_eq!(scene.dead_letters(&project).await.len(), 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_task_is_buried_and_the_queue_goes_on() {
    is_buried_and_the_queue_goes_on::<Task>(subject::RESOLVER, subject::task).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_plan_is_buried_and_frees_the_place_of_its_project() {
    is_buried_and_the_queue_goes_on::<Plan>(subject::APPLIER, subject::plan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_at_which_the_process_dies_every_time_fails_when_its_attempts_are_used_up() {
    const ATTEMPTS: u64 = 3;
    let settings = Settings { ack_wait: Duration::from_secs(1), attempts: ATTEMPTS, ..Settings::default() };
    let (scene, mut fleet) = Fleet::none(settings, &[]).await;
    fleet.start(&[Role::Gateway, Role::Applier]);
    let project = project(&scene).await;
    let token = scene.job(&project);
    let id = scene.post_patiently(&token).await;
    for _ in 0..ATTEMPTS {
        let gate = scene.gitlab.faults().hold("GET", &format!("/projects/{}", project.id), 1);
        fleet.start(&[Role::Resolver]);
        wait::at(&gate).await;
        fleet.kill(Role::Resolver).await;
        gate.release();
    }
    fleet.start(&[Role::Resolver]);
    let task = scene.ended(id, &token).await;
    assert_eq!(task.state, TaskState::Failed);
    let reason = task.reason.unwrap_or_default();
    assert!(reason.contains("3 attempts ended without a word: does the process crash?"), "{reason}");
    scene.quiet(&project).await;
    let letter = letter(&scene, &project).await;
    assert_eq!(letter.header(subject::DEAD_DELIVERIES), (ATTEMPTS + 1).to_string());
    assert_eq!(envelope::decode::<Task>(&letter.payload).expect("the task").id, id);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done, "the next task");
}
