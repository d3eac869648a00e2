//! A stage whose messages are about no task: its attempts are its deliveries, and it touches no record.

use std::time::Duration;

use proto::{FanOut, GroupId, subject};
use runtime::jetstream::{self, Delivery, Retry, Stage, Step, WorkError, Worked, records::TaskRef};

use crate::stage::{Stage as Ground, at_once};

/// Fails on every group but this one.
struct Picky(GroupId);

impl Stage for Picky {
    const NAME: &'static str = subject::RESOLVER_FAN_OUT;
    const STREAM: &'static str = subject::FAN_OUTS;
    type Message = FanOut;

    fn task(_: &FanOut) -> Option<TaskRef> {
        None
    }

    async fn work(&self, delivery: &Delivery<FanOut>) -> Result<Step, WorkError> {
        if delivery.message.origin == Some(self.0) {
            return Ok(Step::Done(Worked::Completed));
        }
        Err(WorkError::transient(format!("delivery {}", delivery.delivered)))
    }

    async fn lost(&self, _: &Delivery<FanOut>) {}
}

#[tokio::test]
async fn a_message_is_given_up_after_its_attempts_and_stops_no_other() {
    let ground = Ground::start().await;
    let pause = Duration::from_millis(1);
    let retry = Retry { attempts: 3, first_pause: pause, longest_pause: pause };
    let (bad, good) = (FanOut::begin(GroupId(10), None), FanOut::begin(GroupId(11), None));
    for fan_out in [&bad, &good, &good] {
        ground.jetstream().publish_fan_out(fan_out).await.unwrap();
    }
    assert_eq!(ground.count(subject::FAN_OUTS).await, 2, "the same step is one message");
    let stage = jetstream::run(Picky(GroupId(11)), 1, retry, ground.runtime.clone());
    ground.runtime.lifecycle.spawn(stage);
    at_once("an empty queue", async { while ground.count(subject::FAN_OUTS).await > 0 {} }).await;

    let [letter] = ground.jetstream().dead_letters(0, 9).await.unwrap().try_into().unwrap();
    assert_eq!((letter.stage.as_str(), letter.group, letter.project), (Picky::NAME, Some(GroupId(10)), None));
    assert_eq!((letter.reason.as_str(), letter.deliveries), ("delivery 3", 3));
    let held = ground.jetstream().dead_message::<FanOut>(letter.number).await.unwrap();
    assert_eq!(held, Some(bad));
    assert_eq!(ground.count("KV_guassp_tasks").await, 0);
}
