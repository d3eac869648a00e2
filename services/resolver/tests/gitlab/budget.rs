//! Calls that are too many: kept from happening by a budget that all resolvers share, and paused for where GitLab says
//! so.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use broker::Nats;
use futures::future::join_all;
use resolver::{
    GitLab,
    gitlab::{Budget, Config},
};
use runtime::metrics::Metrics;
use sandbox::{
    Fault, FaultKind,
    gitlab::{LimitStyle, RateLimit},
};

use crate::{
    front::front_url,
    process::{self, until},
    stage::{SHOP, Stage, TOKEN, client, config, read},
};

/// A client in a process of its own.
async fn process(nats: &Nats, url: &str, budget: Budget) -> GitLab {
    let config = Config { budget, ..config(url, TOKEN) };
    let budgets = process::runtime(nats).await.jetstream.budgets;
    GitLab::new(&config, Some(budgets), Arc::new(Metrics::new().unwrap())).unwrap()
}

/// Four processes that read as fast as they may for longer than the limit's window: how many calls they made, and how
/// many of them were too many.
async fn race(budget: Budget, style: LimitStyle) -> (usize, usize) {
    let (nats, stage) = (Nats::start().await, Stage::of(250).await);
    // A minute's limit of 1500, in small: no more than a busy machine can do as well.
    let within = Duration::from_secs(4);
    stage.gitlab.world().rate_limit = Some(RateLimit { calls: 100, within, style });
    let end = Instant::now() + within * 2;
    let processes = (0..4).map(|_| process(&nats, stage.gitlab.url(), budget));
    let processes = join_all(processes).await;
    join_all(processes.iter().map(|client| async move {
        while Instant::now() < end {
            read(client, SHOP).await.unwrap();
        }
    }))
    .await;
    let requests = stage.gitlab.requests();
    (requests.len(), requests.iter().filter(|request| request.status == Some(429)).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_share_a_budget_use_it_up_and_are_never_too_many() {
    let budgets = [
        (Budget { requests_per_minute: 1500, member_lists_per_minute: 0 }, LimitStyle::RackAttack),
        (Budget { requests_per_minute: 0, member_lists_per_minute: 1500 }, LimitStyle::Application),
    ];
    for (budget, style) in budgets {
        let (calls, too_many) = race(budget, style).await;
        assert_eq!(too_many, 0, "{style:?}");
        assert!(calls > 125, "{style:?}: the budget is there to be used: {calls}");
    }
}

#[tokio::test]
async fn a_pause_that_one_process_is_told_holds_for_the_others() {
    const PAUSE: Duration = Duration::from_secs(3);
    for requests_per_minute in [0, 6000] {
        let (nats, stage) = (Nats::start().await, Stage::of(1).await);
        let budget = Budget { requests_per_minute, member_lists_per_minute: 0 };
        let url = stage.gitlab.url();
        let (told, other) = tokio::join!(process(&nats, url, budget), process(&nats, url, budget));
        let fault = FaultKind::TooManyRequests { retry_after: Some(PAUSE.as_secs()) };
        stage.gitlab.faults().add(Fault::on("GET", "/projects/7").then(fault));
        let (first, ()) = tokio::join!(read(&told, SHOP), async {
            let is_told = async || stage.gitlab.requests().first().and_then(|first| first.status);
            let status = until(is_told).await;
            assert_eq!(status, 429);
            // The pause is in the bucket before the one who was told waits for its end.
            let budgets = process::runtime(&nats).await.jetstream.budgets;
            until(async || budgets.paused_for("requests").await.unwrap()).await;
            read(&other, SHOP).await.unwrap();
        });
        first.unwrap();
        let requests = stage.gitlab.requests();
        let pause = requests[1].at.duration_since(requests[0].at);
        assert!(pause >= PAUSE - Duration::from_millis(100), "{requests_per_minute}: {pause:?}");
    }
}

#[tokio::test]
async fn what_is_too_many_member_lists_pauses_only_them() {
    let stage = Stage::of(1).await;
    let limited = RateLimit { calls: 1, within: Duration::from_secs(2), style: LimitStyle::Application };
    stage.gitlab.world().rate_limit = Some(limited);
    stage.read().await.unwrap();
    let (read, group) = tokio::join!(stage.read(), async {
        let is_refused = || stage.gitlab.requests().iter().any(|request| request.status == Some(429));
        while !is_refused() {
            tokio::task::yield_now().await;
        }
        stage.client.group(proto::GroupId(99)).await
    });
    assert_eq!((read.unwrap().rows.len(), group.unwrap()), (1, None));
    let requests = stage.gitlab.requests();
    let refused = requests.iter().position(|request| request.status == Some(429)).unwrap();
    let other = requests.iter().find(|request| request.path.ends_with("/groups/99")).unwrap();
    assert!(other.at < requests[refused].at + Duration::from_millis(900), "other calls go on");
    assert_eq!(
        stage.asked_of("/members/all"),
        requests.len() - 7,
        "two projects, two groups, the user three times"
    );
}

#[tokio::test]
async fn when_gitlab_says_that_nothing_is_left_the_next_call_waits() {
    let stage = Stage::of(1).await;
    // Year 2286: far longer than a reading waits.
    let used_up = &[("ratelimit-remaining", "0"), ("ratelimit-reset", "9999999999")];
    let url = front_url(&stage, "", &[], used_up).await;
    let client = client(&url, TOKEN);
    let error = read(&client, SHOP).await.unwrap_err();
    assert!(error.to_string().contains("it asks for a pause"), "{error}");
    assert!(error.retry_after().is_some() && stage.gitlab.requests().len() == 1, "{error}");
}
