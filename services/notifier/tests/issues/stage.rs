//! A GitLab with a project of issues, and notifiers that people's events reach.

use std::time::Duration;

use broker::Nats;
use jiff::{SignedDuration, Timestamp};
use notifier::{About, Config};
use proto::{
    Cause, Event, Hold, LastSync, Outcome, PlanHeld, ProjectId, TaskEnded, TaskId, Verdict, subject,
};
use runtime::{Runtime, clock::Clock, http::Limits, jetstream::Retry};
use sandbox::gitlab::{Issue, Place, level};
use tokio::time::Instant;

pub(crate) const TOKEN: &str = "glpat-never-to-be-shown";
/// The project of issues.
pub(crate) const OPS: u64 = 1;
/// Whose the token is.
pub(crate) const BOT: u64 = 9;
/// Where everything began.
const BEGINNING: Timestamp = Timestamp::UNIX_EPOCH;
const PATIENCE: Duration = Duration::from_secs(30);

/// A GitLab, a nats-server, and notifiers.
pub(crate) struct Stage {
    pub(crate) gitlab: sandbox::GitLab,
    nats: Nats,
    pub(crate) runtime: Runtime,
}

impl Stage {
    /// Nobody listens yet.
    pub(crate) async fn start() -> Self {
        let gitlab = sandbox::GitLab::start().await.unwrap();
        gitlab.change(|world| {
            world.add_project(OPS, "acme/ops");
            world.add_user(BOT, "guassp");
            world.add_member(Place::Project(OPS), BOT, level::REPORTER);
            world.add_token(TOKEN, BOT, &["api"]);
        });
        let nats = Nats::start().await;
        let runtime = process(&nats, Clock::system()).await;
        Self { gitlab, nats, runtime }
    }

    /// With one notifier.
    pub(crate) async fn listening() -> Self {
        let stage = Self::start().await;
        stage.listen(|_| {}).await;
        stage
    }

    /// One more notifier, as a process of its own would be. It lives until its runtime is told to stop.
    pub(crate) async fn listen(&self, change: impl FnOnce(&mut Config)) -> Runtime {
        let mut config = self.config();
        change(&mut config);
        let runtime = process(&self.nats, Clock::system()).await;
        notifier::start(&config, &runtime).unwrap();
        runtime
    }

    /// One more notifier, so much later.
    pub(crate) async fn listen_later(&self, later: SignedDuration) {
        let clock = Clock::from_fn(move || Clock::system().now() + later);
        notifier::start(&self.config(), &process(&self.nats, clock).await).unwrap();
    }

    pub(crate) fn config(&self) -> Config {
        let pause = Duration::from_millis(50);
        Config {
            gitlab_url: self.gitlab.url().parse().unwrap(),
            token: TOKEN.into(),
            limits: Limits {
                connect_timeout: Duration::from_secs(5),
                timeout: Duration::from_secs(30),
                max_answer_bytes: 1 << 20,
            },
            project: "acme/ops".to_owned(),
            labels: vec!["guassp".to_owned()],
            about: About { failed: true, held: true, tokens: true },
            at_most: 20,
            retry: Retry { attempts: 5, first_pause: pause, longest_pause: pause },
        }
    }

    pub(crate) async fn tell(&self, event: Event) {
        self.runtime.jetstream.publisher.tell(&event, TaskId::new().to_string()).await.unwrap();
    }

    /// A task of the project ended so, so many minutes after the beginning; what ends well is remembered as the last sync.
    pub(crate) async fn ended(&self, project: u64, minute: i64, verdict: Verdict, reason: &str) {
        let outcome = Outcome::bare(verdict, Some(reason.to_owned()));
        let (project, task, at) = (ProjectId(project), TaskId::new(), minutes(minute));
        if verdict != Verdict::Failed {
            let last = LastSync { task, at, outcome: outcome.clone() };
            self.runtime.jetstream.projects.set_last_sync(project, last).await.unwrap();
        }
        self.tell(Event::TaskEnded(TaskEnded { project, task, cause: Cause::Reconcile, outcome, at })).await;
    }

    /// A plan of the project is held.
    pub(crate) async fn holds(&self, project: u64, minute: i64, digest: &str) -> Hold {
        let (project, task, at) = (ProjectId(project), TaskId::new(), minutes(minute));
        let (digest, reasons) = (digest.to_owned(), vec!["it would take 62 %".to_owned()]);
        let hold = Hold {
            task,
            digest: digest.clone(),
            at,
            reasons: reasons.clone(),
            hourly: false,
            begun: false,
            grants: 1,
            revokes: 62,
            projects: Vec::new(),
        };
        self.runtime.jetstream.projects.set_hold(project, Some(hold.clone())).await.unwrap();
        self.tell(Event::Held(PlanHeld { project, task, digest, reasons, grants: 1, revokes: 62, at })).await;
        hold
    }

    pub(crate) fn issues(&self) -> Vec<Issue> {
        self.gitlab.world().issues.clone()
    }

    /// The only issue, as soon as it is so.
    pub(crate) async fn issue(&self, is_so: impl Fn(&Issue) -> bool) -> Issue {
        until("the issue", async || match &self.issues()[..] {
            [issue] if is_so(issue) => Some(issue.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until every event so far was worked on.
    pub(crate) async fn quiet(&self) {
        let context = self.runtime.jetstream.context();
        until("silence", async || {
            broker::is_idle(context, subject::EVENTS, subject::NOTIFIER).await.then_some(())
        })
        .await;
    }

    /// How many events notifiers have in hand.
    pub(crate) async fn in_hand(&self) -> usize {
        let events = self.runtime.jetstream.context().get_stream(subject::EVENTS).await.unwrap();
        events.consumer_info(subject::NOTIFIER).await.unwrap().num_ack_pending
    }

    /// How many events were given up.
    pub(crate) async fn letters(&self) -> usize {
        self.runtime.jetstream.dead_letters(0, 100).await.unwrap().len()
    }

    /// How often GitLab was asked to change something.
    pub(crate) fn writes(&self) -> usize {
        self.gitlab.writes().len()
    }
}

/// So many minutes after the beginning.
pub(crate) fn minutes(minute: i64) -> Timestamp {
    BEGINNING + SignedDuration::from_mins(minute)
}

async fn process(nats: &Nats, clock: Clock) -> Runtime {
    broker::runtime(nats.url(), &broker::queue(), clock).await
}

/// Waits for something, with a deadline.
pub(crate) async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
