//! `GET /events`: everything that happens, once, in order, and from where somebody left off.

use futures::StreamExt;
use reqwest::Method;
use serde_json::Value;

use crate::{
    caller::Answer,
    staff::Staffed,
    stage::{BLOG, PATIENCE, SHOP},
};

/// Somebody who follows.
struct Follower {
    answer: futures::stream::BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    unread: String,
}

/// One event as it was sent.
#[derive(Debug, PartialEq)]
struct Told {
    kind: String,
    id: String,
    data: Value,
}

impl Follower {
    async fn follow(staffed: &Staffed, path: &str, last: Option<&str>) -> Self {
        let request = staffed.viewer(path);
        let request = last.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer: answer.bytes_stream().boxed(), unread: String::new() }
    }

    /// The next event; nothing when the stream has ended.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let field = |name| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let told = field("event: ").map(|kind| Told {
                    kind,
                    id: field("id: ").unwrap(),
                    data: serde_json::from_str(&field("data: ").unwrap()).unwrap(),
                });
                self.unread = rest.to_owned();
                match told {
                    Some(told) => return Some(told),
                    None => continue,
                }
            }
            let bytes = tokio::time::timeout(PATIENCE, self.answer.next()).await.expect("an event")?;
            self.unread.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }

    /// The next event that is wanted.
    async fn until(&mut self, wanted: impl Fn(&Told) -> bool) -> Told {
        loop {
            let told = self.next().await.unwrap();
            if wanted(&told) {
                return told;
            }
        }
    }
}

#[tokio::test]
async fn a_task_is_followed_from_its_acceptance_to_its_end() {
    let staffed = Staffed::start().await;
    let mut follower = Follower::follow(&staffed, "/events", None).await;
    let id = staffed.stage.trigger(&staffed.stage.job(SHOP)).await.task();
    let first = follower.next().await.unwrap();
    assert_eq!((first.kind.as_str(), &first.data["id"]), ("task", &id.to_string().into()));
    assert_eq!(first.data["state"], "queued");
    let _sonarqube = staffed.stage.work().await;
    let ended = follower.until(|told| told.kind == "ended").await;
    assert_eq!((&ended.data["task"], &ended.data["project"]), (&id.to_string().into(), &SHOP.into()));
    // The audit is told before the record.
    let last = follower.until(|told| told.data["state"] == "finished").await;
    let shown = staffed.see(&format!("/task/{id}")).await.body;
    assert_eq!(last.data["outcome"], shown["outcome"]);
}

#[tokio::test]
async fn events_are_chosen_by_kind_and_project() {
    let staffed = Staffed::start().await;
    let mut orders = Follower::follow(&staffed, "/events?kind=control", None).await;
    let mut blog = Follower::follow(&staffed, "/events?project=8", None).await;
    staffed.stage.trigger(&staffed.stage.job(SHOP)).await.task();
    staffed.order(Method::POST, "/task_manual/8").await.task();
    assert_eq!(orders.next().await.unwrap().data["action"]["kind"], "sync");
    for _ in 0..2 {
        let told = blog.next().await.unwrap();
        assert_eq!(told.data["project"], BLOG, "{told:?}");
    }
    staffed.see("/events?kind=grants").await.is_problem(400, "kind is a list of task, ended, grant");
}

#[tokio::test]
async fn who_comes_back_goes_on_behind_the_last_event() {
    let staffed = Staffed::start().await;
    let mut follower = Follower::follow(&staffed, "/events?kind=control", None).await;
    for project in [20, 21, 22] {
        staffed.order(Method::POST, &format!("/task_manual/{project}")).await.task();
    }
    let first = follower.next().await.unwrap();
    let rest = [follower.next().await, follower.next().await];
    let mut again = Follower::follow(&staffed, "/events?kind=control", Some(&first.id)).await;
    assert_eq!([again.next().await, again.next().await], rest);
    // And of the tasks: each of the three is told, as it is now.
    let mut tasks = Follower::follow(&staffed, "/events?kind=task", Some("0-0")).await;
    for project in [20, 21, 22] {
        assert_eq!(tasks.next().await.unwrap().data["project"], project);
    }
}

#[tokio::test]
async fn what_is_kept_no_longer_is_told_as_a_gap() {
    let staffed = Staffed::start().await;
    let mut of_another_life = Follower::follow(&staffed, "/events", Some("1000-1000")).await;
    assert_eq!(of_another_life.next().await.unwrap().kind, "gap");
    for wrong in ["x", "1", "1-2-3", "-1-1"] {
        let request = staffed.viewer("/events").header("last-event-id", wrong);
        Answer::of(request).await.is_problem(400, "Last-Event-ID");
    }
}

#[tokio::test]
async fn followers_are_sent_away_when_the_gateway_stops() {
    let staffed = Staffed::start().await;
    let mut follower = Follower::follow(&staffed, "/events", None).await;
    staffed.stage.runtime.lifecycle.stop();
    assert_eq!(follower.next().await, None);
}
