//! A stage whose every step the test decides: it hands over what it has in hand, and waits to be told.

use std::time::Duration;

use proto::{Task, TaskRecord, subject};
use runtime::{
    Runtime,
    jetstream::{self, Delivery, Lease, Retry, Stage, Step, WorkError, Worked, records::TaskRef},
};
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use crate::stage::at_once;

/// The stage.
struct Desk {
    hands: UnboundedSender<Hand>,
}

/// A message in hand. Dropped unanswered, the stage panics.
pub(crate) struct Hand {
    pub(crate) task: Task,
    pub(crate) delivered: u64,
    pub(crate) lease: Lease,
    answer: oneshot::Sender<Result<Step, WorkError>>,
}

/// What the stage has in hand, one after the other.
pub(crate) struct Hands(UnboundedReceiver<Hand>);

impl Hands {
    pub(crate) async fn next(&mut self) -> Hand {
        at_once("a message in hand", self.0.recv()).await.unwrap()
    }

    /// Whether nothing was taken in hand so far.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

impl Hand {
    pub(crate) fn answer(self, answer: Result<Step, WorkError>) {
        // Refused when the worker was stopped meanwhile.
        drop(self.answer.send(answer));
    }

    pub(crate) fn done(self) {
        self.answer(Ok(Step::Done(Worked::Completed)));
    }
}

/// Starts a stage with this many workers, which tries a message three times.
pub(crate) fn open(runtime: &Runtime, workers: usize) -> Hands {
    let (sender, receiver) = unbounded_channel();
    let pause = Duration::from_millis(1);
    let retry = Retry { attempts: 3, first_pause: pause, longest_pause: pause };
    let desk = Desk { hands: sender };
    runtime.lifecycle.spawn(jetstream::run(desk, workers, retry, runtime.clone()));
    Hands(receiver)
}

impl Stage for Desk {
    const NAME: &'static str = subject::RESOLVER;
    const STREAM: &'static str = subject::TASKS;
    type Message = Task;

    fn task(task: &Task) -> Option<TaskRef> {
        Some(crate::stage::reference(task))
    }

    async fn work(&self, delivery: &Delivery<Task>) -> Result<Step, WorkError> {
        let (answer, told) = oneshot::channel();
        let hand = Hand {
            task: delivery.message.clone(),
            delivered: delivery.delivered,
            lease: delivery.lease.clone(),
            answer,
        };
        self.hands.send(hand).map_err(WorkError::transient)?;
        told.await.expect("the test lets this worker die")
    }

    fn waits(record: &TaskRecord) -> u64 {
        record.waits
    }

    async fn lost(&self, _: &Delivery<Task>) {}
}
