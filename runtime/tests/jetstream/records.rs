//! The record of a task: an end is final, and nothing is lost on the way there.

use async_nats::{Subject, Subscriber, jetstream::kv::UpdateErrorKind};
use futures::{StreamExt, future::join_all};
use jiff::Timestamp;
use proto::{Event, Outcome, PlanSummary, TaskState, Verdict, envelope, subject};
use runtime::jetstream::topology::apply;

use crate::stage::{LONG, Stage, at_once, queue, reference, task};

fn failed() -> Outcome {
    Outcome::bare(Verdict::Failed, Some("it rained".to_owned()))
}

fn done() -> Outcome {
    Outcome::bare(Verdict::Done, None)
}

fn plan() -> PlanSummary {
    PlanSummary {
        read_at: Timestamp::UNIX_EPOCH,
        members: 0,
        people: Vec::new(),
        left_out: 0,
        left_out_people: Vec::new(),
        unseen: Vec::new(),
    }
}

/// Everything that services say from now on, in the order in which the server hears it.
async fn listen(stage: &Stage) -> Subscriber {
    let subscriber = stage.context().client().subscribe(">").await.unwrap();
    stage.context().client().flush().await.unwrap();
    subscriber
}

/// The next change of an event or of a record.
async fn next_change(said: &mut Subscriber) -> Subject {
    let is_change =
        |subject: &Subject| subject.starts_with("guassp.events.") || subject.starts_with("$KV.guassp_tasks.");
    loop {
        let message = at_once("a change", said.next()).await.unwrap();
        if is_change(&message.subject) {
            return message.subject;
        }
    }
}

/// As the repeat of a try that nats-server stored and did not confirm.
#[tokio::test]
async fn a_record_that_is_there_already_is_left_alone() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    records.reading(&reference(&task)).await.unwrap();
    records.create(&task).await.unwrap();
    assert_eq!(records.get(task.id).await.unwrap().unwrap().state, TaskState::Started);
}

#[tokio::test]
async fn a_record_follows_its_task() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    let task = reference(&task);
    assert_eq!(records.get(task.id).await.unwrap().unwrap().state, TaskState::Queued);
    let deferred = records.deferred(&task, "it rained").await.unwrap();
    assert_eq!((deferred.state, deferred.reason.as_deref()), (TaskState::Deferred, Some("it rained")));
    let reading = records.reading(&task).await.unwrap();
    assert_eq!((reading.state, reading.reason), (TaskState::Started, None));
    let planned = records.planned(&task, &plan()).await.unwrap();
    let applying = records.applying(&task).await.unwrap();
    assert_eq!(applying.stages.reading, planned.stages.reading);
    assert!(applying.stages.applying >= applying.stages.planned);
    records.end(&task, done()).await.unwrap();
    let end = records.get(task.id).await.unwrap().unwrap();
    assert_eq!((end.state, end.outcome), (TaskState::Finished, Some(done())));
    assert!(end.stages.ended >= applying.stages.applying);
}

#[tokio::test]
async fn an_end_is_final() {
    let stage = Stage::start().await;
    let records = &stage.jetstream().records;
    for (outcome, state) in [(done(), TaskState::Finished), (failed(), TaskState::Failed)] {
        let task = reference(&task(7));
        records.end(&task, outcome.clone()).await.unwrap();
        let end = records.get(task.id).await.unwrap().unwrap();
        records.deferred(&task, "late").await.unwrap();
        records.waiting(&task, "resolver", "late").await.unwrap();
        records.reading(&task).await.unwrap();
        records.planned(&task, &plan()).await.unwrap();
        records.end(&task, Outcome::bare(Verdict::Superseded, None)).await.unwrap();
        assert_eq!(records.applying(&task).await.unwrap(), end);
        assert_eq!((end.state, &end.outcome), (state, &Some(outcome)));
        assert_eq!(records.get(task.id).await.unwrap().unwrap(), end);
    }
    let ended =
        |verdict| stage.figure(&format!("guassp_tasks_ended_total{{cause=\"job\",verdict=\"{verdict}\"}}"));
    assert_eq!((ended("done"), ended("failed"), ended("superseded")), (1, 1, 0));
}

#[tokio::test]
async fn an_end_is_told_to_the_audit_before_it_is_in_the_record() {
    let stage = Stage::start().await;
    let task = reference(&task(7));
    let mut said = listen(&stage).await;
    stage.jetstream().records.end(&task, done()).await.unwrap();
    assert_eq!(next_change(&mut said).await.as_str(), "guassp.events.ended.7");
    assert_eq!(next_change(&mut said).await.as_str(), format!("$KV.guassp_tasks.{}", task.id));
}

#[tokio::test]
async fn an_end_that_the_audit_does_not_take_is_not_in_the_record_until_it_does() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    stage.context().delete_stream(subject::EVENTS).await.unwrap();
    let mut said = listen(&stage).await;
    let reference = reference(&task);
    let (end, ()) = tokio::join!(records.end(&reference, done()), async {
        // The second try: the first was refused.
        for _ in 0..2 {
            assert_eq!(next_change(&mut said).await.as_str(), "guassp.events.ended.7");
        }
        assert_eq!(records.get(task.id).await.unwrap().unwrap().state, TaskState::Queued);
        apply(stage.context(), &queue(LONG)).await.unwrap();
    });
    end.unwrap();
    assert_eq!(records.get(task.id).await.unwrap().unwrap().state, TaskState::Finished);
    assert_eq!(stage.count(subject::EVENTS).await, 1);
}

#[tokio::test]
async fn an_end_that_is_told_twice_is_one_line_of_the_audit() {
    let stage = Stage::start().await;
    let task = reference(&task(7));
    stage.jetstream().records.end(&task, done()).await.unwrap();
    stage.jetstream().records.end(&task, done()).await.unwrap();
    assert_eq!(stage.count(subject::EVENTS).await, 1);
    let stream = stage.context().get_stream(subject::EVENTS).await.unwrap();
    let line = stream.get_last_raw_message_by_subject("guassp.events.ended.7").await.unwrap();
    let Event::TaskEnded(ended) = envelope::decode(&line.payload).unwrap() else { panic!("another event") };
    assert_eq!((ended.task, ended.outcome), (task.id, done()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_changes_at_the_same_time_none_is_lost() {
    let stage = Stage::start().await;
    let task = reference(&task(7));
    let changes = (0..50).map(|_| {
        let (records, task) = (stage.jetstream().records.clone(), task.clone());
        #[expect(clippy::disallowed_methods, reason = "the test waits for each of them")]
        tokio::spawn(async move { records.waiting(&task, "resolver", "its turn").await })
    });
    for change in join_all(changes).await {
        change.unwrap().unwrap();
    }
    assert_eq!(stage.jetstream().records.get(task.id).await.unwrap().unwrap().waits, 50);
}

#[tokio::test]
async fn the_record_of_a_task_that_somebody_works_on_is_not_taken_away() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    let reading = records.reading(&reference(&task)).await.unwrap();
    records.withdraw(task.id).await.unwrap();
    assert_eq!(records.get(task.id).await.unwrap(), Some(reading));
}

/// As a cluster does that lost its leader: it stores the unconfirmed when it has one again.
#[tokio::test]
async fn a_record_that_was_withdrawn_before_it_was_stored_is_not_stored_any_more() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.withdraw(task.id).await.unwrap();
    let bucket = stage.context().get_key_value(subject::TASK_RECORDS).await.unwrap();
    let late = bucket.update(subject::record_key(task.id), "{}".into(), 0).await;
    assert_eq!(late.unwrap_err().kind(), UpdateErrorKind::WrongLastRevision);
    assert_eq!(records.get(task.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_record_that_expired_is_made_anew() {
    let stage = Stage::start().await;
    let (records, task) = (&stage.jetstream().records, task(7));
    records.create(&task).await.unwrap();
    records.withdraw(task.id).await.unwrap();
    assert_eq!(records.get(task.id).await.unwrap(), None);
    records.deferred(&reference(&task), "it rained").await.unwrap();
    let record = records.get(task.id).await.unwrap().unwrap();
    assert_eq!((record.project, record.state), (task.project, TaskState::Deferred));
}
