//! Canceling: between a person and whoever begins to work, one wins.

use futures::future::join_all;
use proto::{Event, Outcome, TaskState, Verdict, envelope, subject};
use runtime::jetstream::records::Cancel;

use crate::stage::{Stage, reference, task};

#[tokio::test]
async fn a_task_that_nobody_has_begun_is_canceled_and_stays_so() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    let Cancel::Canceled(record) = records.cancel(task.id, "canceled by ops").await.unwrap() else {
        panic!("not canceled")
    };
    assert_eq!((record.state, record.reason.as_deref()), (TaskState::Canceled, Some("canceled by ops")));
    assert!(record.stages.ended.is_some());
    assert!(records.is_canceled(task.id).await.unwrap());
    assert_eq!(records.reading(&reference(&task)).await.unwrap(), record);
    assert_eq!(records.cancel(task.id, "again").await.unwrap(), Cancel::Canceled(record));
}

#[tokio::test]
async fn a_deferred_task_is_canceled_until_it_came_as_far_as_sonarqube() {
    let stage = Stage::start().await;
    let records = &stage.jetstream().records;
    let waits = reference(&task(7));
    records.reading(&waits).await.unwrap();
    records.deferred(&waits, "it rained").await.unwrap();
    assert!(matches!(records.cancel(waits.id, "").await.unwrap(), Cancel::Canceled(_)));
    let written = reference(&task(7));
    records.applying(&written).await.unwrap();
    records.deferred(&written, "it rained").await.unwrap();
    assert!(matches!(records.cancel(written.id, "").await.unwrap(), Cancel::TooLate(_)));
}

#[tokio::test]
async fn what_runs_or_has_ended_is_too_late_and_what_is_not_there_is_unknown() {
    let stage = Stage::start().await;
    let records = &stage.jetstream().records;
    let runs = reference(&task(7));
    let running = records.reading(&runs).await.unwrap();
    assert_eq!(records.cancel(runs.id, "").await.unwrap(), Cancel::TooLate(running));
    records.end(&runs, Outcome::bare(Verdict::Done, None)).await.unwrap();
    assert!(matches!(records.cancel(runs.id, "").await.unwrap(), Cancel::TooLate(_)));
    assert_eq!(records.cancel(task(7).id, "").await.unwrap(), Cancel::Unknown);
}

#[tokio::test]
async fn the_end_of_a_canceled_task_is_one_line_of_the_audit() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    records.cancel(task.id, "canceled by ops").await.unwrap();
    records.cancel(task.id, "canceled by ops").await.unwrap();
    records.end(&reference(&task), Outcome::bare(Verdict::Done, None)).await.unwrap();
    assert_eq!(stage.count(subject::EVENTS).await, 1);
    let stream = stage.context().get_stream(subject::EVENTS).await.unwrap();
    let line = stream.get_last_raw_message_by_subject("guassp.events.ended.7").await.unwrap();
    let Event::TaskEnded(ended) = envelope::decode(&line.payload).unwrap() else { panic!("another event") };
    assert_eq!((ended.task, ended.outcome.verdict), (task.id, Verdict::Canceled));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_person_and_a_worker_at_the_same_moment_one_wins() {
    let stage = Stage::start().await;
    let records = &stage.jetstream().records;
    let mut canceled = 0;
    for round in 0..100 {
        let task = task(round);
        records.create(&task).await.unwrap();
        let reference = reference(&task);
        // Both orders of asking, so that either can be the faster one.
        let (begun, end) = if round % 2 == 0 {
            tokio::join!(records.reading(&reference), records.cancel(task.id, "ops"))
        } else {
            let (end, begun) = tokio::join!(records.cancel(task.id, "ops"), records.reading(&reference));
            (begun, end)
        };
        let is_canceled = matches!(end.unwrap(), Cancel::Canceled(_));
        let sees_canceled = begun.unwrap().state == TaskState::Canceled;
        // A cancel that came after the worker's look is refused; never do both believe that they were first.
        assert_eq!(is_canceled, sees_canceled, "round {round}");
        canceled += usize::from(is_canceled);
    }
    assert!((1..100).contains(&canceled), "{canceled} of 100: the race was none");
}

#[tokio::test]
async fn a_crowd_that_cancels_gets_one_answer() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    let answers = join_all((0..20).map(|_| records.cancel(task.id, "ops"))).await;
    assert!(answers.into_iter().all(|answer| matches!(answer.unwrap(), Cancel::Canceled(_))));
    assert_eq!(stage.count(subject::EVENTS).await, 1);
}
