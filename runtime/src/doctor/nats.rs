//! The checks of nats-server: reachable, new enough, with the streams, consumers and buckets that this build needs, and
//! with a clock like ours.

use async_nats::jetstream::{
    Context, consumer,
    stream::{Info, RetentionPolicy},
};
use jiff::{SignedDuration, Timestamp};
use proto::subject;
use serde::Deserialize;

use super::{Check, Report};
use crate::{
    clock::Clock,
    jetstream::{
        connect::{ConnectError, Nats, Obstacle, connect},
        topology::{self, TopologyError},
        watch_queue::{QUEUES, age_of_oldest, is_off},
    },
    readiness::Readiness,
};

/// A plan of 50,000 people takes nearly so much, in bytes.
const PAYLOAD: usize = 1 << 20;
/// A message that waits for longer is told of.
const STUCK: SignedDuration = SignedDuration::from_hours(1);

/// Looks at the server at `url`.
pub async fn examine(nats: &Nats, url: &str, clock: &Clock) -> Report {
    let latch = Readiness::default().latch("nats");
    let context = match connect(nats, url, "guassp doctor", latch).await {
        Ok(context) => context,
        Err(error) => return Report::broken_off(vec![unreachable(&error)]),
    };
    let mut checks = server(&context).await;
    if checks.iter().any(|check| check.mend.is_some()) {
        return Report::broken_off(checks);
    }
    checks.push(payload(context.client().server_info().max_payload));
    checks.extend(streams(&topology::differences(&context).await));
    checks.extend(queues(&context, clock).await);
    checks.extend(time(&context, clock).await);
    Report::whole(checks)
}

fn unreachable(error: &ConnectError) -> Check {
    let mend = match error.obstacle {
        Obstacle::Nobody => "start nats-server there, or correct NATS_URL",
        Obstacle::Credentials => "correct NATS_CREDS, NATS_TOKEN, or NATS_USER and NATS_PASSWORD",
        Obstacle::Tls => {
            "use tls:// where the server speaks TLS, and name its certificate authority in NATS_CA"
        }
        Obstacle::Settings => "correct NATS_URL, NATS_CREDS or NATS_CA",
    };
    Check::fail("nats-server", error.to_string(), mend)
}

/// The server itself; what fails ends the list.
async fn server(context: &Context) -> Vec<Check> {
    let info = context.client().server_info();
    let mut checks = vec![Check::ok("nats-server", format!("reached, {}", info.server_name))];
    if let Err(error) = topology::check_version(context) {
        let mend = "upgrade nats-server to 2.12 or newer; its streams stay as they are";
        checks.push(Check::fail("version", error.to_string(), mend));
        return checks;
    }
    checks.push(Check::ok("version", format!("{}, which is new enough", info.version)));
    checks.push(match context.query_account().await {
        Ok(_) => Check::ok("JetStream", "on"),
        Err(error) => Check::fail(
            "JetStream",
            format!("not to be used: {error}"),
            "switch it on (nats-server -js, or jetstream {} in its file), and for this account, too",
        ),
    });
    checks
}

fn payload(max: usize) -> Check {
    const NAME: &str = "max_payload";
    if max >= PAYLOAD {
        return Check::ok(NAME, format!("{max} bytes"));
    }
    let mend = format!("raise max_payload of nats-server to {PAYLOAD} or more: large plans do not fit");
    Check::warn(NAME, format!("{max} bytes"), mend)
}

/// Everything that differs, not only the first.
fn streams(differences: &[TopologyError]) -> Vec<Check> {
    const NAME: &str = "streams";
    let check = |error: &TopologyError| {
        let mend = match error {
            TopologyError::Missing(_) | TopologyError::Differs { .. } => {
                "run `guassp topology` with this NATS_URL; it deletes nothing"
            }
            TopologyError::TooOld(_) => "upgrade nats-server to 2.12 or newer",
            TopologyError::Refused { .. } => {
                "look at the log of nats-server, and at what this account may do there"
            }
        };
        Check::fail(NAME, error.to_string(), mend)
    };
    if differences.is_empty() {
        return vec![Check::ok(NAME, "streams, consumers and buckets are as this build needs them")];
    }
    differences.iter().map(check).collect()
}

/// How much waits, and whether anybody works on it. What is missing has been told of.
async fn queues(context: &Context, clock: &Clock) -> Vec<Check> {
    let mut checks = Vec::new();
    for (stage, stream) in QUEUES {
        let Ok(found) = context.get_stream(stream).await else { continue };
        let Ok(queue) = found.consumer_info(stage).await else { continue };
        if is_off(stage, &queue) {
            continue;
        }
        // A stream that keeps its messages may have several queues.
        let is_queue = found.cached_info().config.retention == RetentionPolicy::WorkQueue;
        let name = if is_queue { stream } else { stage };
        checks.push(backlog(name, &queue, found.cached_info(), clock.now()));
    }
    if let Ok(dead) = context.get_stream(subject::DEAD).await {
        checks.push(letters(dead.cached_info().state.messages));
    }
    checks
}

fn backlog(name: &'static str, queue: &consumer::Info, info: &Info, now: Timestamp) -> Check {
    let found =
        format!("{} wait, {} are in hand or put back for later", queue.num_pending, queue.num_ack_pending);
    // Whoever has one in hand asks for the next when that is done.
    if queue.num_pending > 0 && queue.num_waiting == 0 && queue.num_ack_pending == 0 {
        let mend = format!("nobody asks for them: start a service that does ({})", queue.name);
        return Check::warn(name, found, mend);
    }
    match age_of_oldest(info, now) {
        Some(age) if age > STUCK => {
            let mend = "look at GET /tasks?state=deferred, which says what each waits for";
            Check::warn(name, format!("{found}; the oldest for {} minutes", age.as_mins()), mend)
        }
        _ => Check::ok(name, found),
    }
}

fn letters(count: u64) -> Check {
    const NAME: &str = "dead letters";
    match count {
        0 => Check::ok(NAME, "none"),
        count => Check::warn(
            NAME,
            format!("{count} messages were given up"),
            "GET /dead says why each was; POST /dead/{number}/replay asks for the same again",
        ),
    }
}

/// The part of JetStream's answer that the library leaves out.
#[derive(Deserialize)]
struct Stamped {
    ts: Timestamp,
}

/// Every answer about a stream says when it was made.
async fn time(context: &Context, clock: &Clock) -> Option<Check> {
    let question = format!("$JS.API.STREAM.INFO.{}", subject::EVENTS);
    let answer = context.client().request(question, "".into()).await.ok()?;
    let Stamped { ts } = serde_json::from_slice(&answer.payload).ok()?;
    Some(Check::clock(ts, clock.now(), "nats-server"))
}
