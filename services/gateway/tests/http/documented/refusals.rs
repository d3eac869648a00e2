//! What many operations answer, whatever they are for: a recipe for all of them.

use std::time::Duration;

use futures::{StreamExt, future::join_all, stream};
use gateway::guard::Limits;
use reqwest::{
    Body, Method, RequestBuilder,
    header::{ACCEPT, TRANSFER_ENCODING},
};
use sandbox::gitlab::UserState;

use super::{
    document::{Document, Heard, Said},
    operations::{OPERATIONS, Who, anywhere},
};
use crate::{
    raw::Raw,
    staff::Staffed,
    stage::{Given, HOOK_SECRET, RUNNER, SHOP, Stage, roomy, until},
};

/// An operation and what it answered.
type Answers = Vec<(&'static str, &'static str, Heard)>;

/// Provokes 400, 401, 403, 408, 413, 429 and 503 of every operation that has them.
pub(super) async fn provoke(document: &Document, form: &str) -> Vec<Said> {
    let staffed = Staffed::start().await;
    let mut said = Vec::new();
    for (status, answers) in [
        (400, broken(&staffed, form).await),
        (401, from_nobody(&staffed.stage, form).await),
        (403, from_the_wrong_one(&staffed, form).await),
        (408, slow(form).await),
        (413, large(&staffed, form).await),
        (429, too_often(form).await),
        (503, too_much(form).await),
    ] {
        for (method, path, heard) in answers {
            assert_eq!(heard.status, status, "{method} {path}: {heard:?}");
            said.push(document.judge(method, path, &heard));
        }
    }
    said
}

fn request(stage: &Stage, method: &str, path: &str, form: &str) -> RequestBuilder {
    stage.request(Method::from_bytes(method.as_bytes()).unwrap(), &anywhere(path)).header(ACCEPT, form)
}

/// What may be as large as a delivery, and is read only of a person.
const REHEARSAL: &str = "/webhooks/gitlab/test";

/// The same, with what a hook, or who rehearses one, proves itself with: of nobody else's request so much is read.
fn believed(staffed: &Staffed, (method, path, who): (&str, &str, Who), form: &str) -> RequestBuilder {
    let request = request(&staffed.stage, method, path, form);
    match who {
        Who::Hook => request.header("x-gitlab-token", HOOK_SECRET),
        _ if path == REHEARSAL => staffed.as_viewer(request),
        _ => request,
    }
}

/// A body that ends in the middle of its framing.
async fn broken(staffed: &Staffed, form: &str) -> Answers {
    let ask = |(method, path, who): (&'static str, &'static str, Who)| async move {
        let token = match who {
            Who::Hook => format!("x-gitlab-token: {HOOK_SECRET}\r\n"),
            _ if path == REHEARSAL => staffed.viewer_header(),
            _ => String::new(),
        };
        let head = format!("{method} {} HTTP/1.1\r\nhost: g\r\naccept: {form}\r\n{token}", anywhere(path));
        let bytes = format!("{head}transfer-encoding: chunked\r\n\r\nno length\r\n");
        (method, path, Raw::sending(&staffed.stage, &bytes).await.answer().await.into())
    };
    join_all(OPERATIONS.map(ask)).await
}

async fn from_nobody(stage: &Stage, form: &str) -> Answers {
    let ask = |(method, path, _): (&'static str, &'static str, Who)| async move {
        (method, path, Heard::of(request(stage, method, path, form)).await)
    };
    join_all(OPERATIONS.into_iter().filter(|(_, _, who)| *who != Who::Anybody).map(ask)).await
}

/// A viewer where it takes an operator, and a job of somebody who is blocked.
async fn from_the_wrong_one(staffed: &Staffed, form: &str) -> Answers {
    let job = staffed.stage.job(SHOP);
    staffed.stage.gitlab.world().set_state(RUNNER, UserState::Blocked);
    let mut answers = Vec::new();
    for (method, path, who) in OPERATIONS {
        let request = request(&staffed.stage, method, path, form);
        let request = match who {
            Who::Anybody | Who::Viewer | Who::Hook | Who::Signed => continue,
            Who::Job | Who::Reader => request.header("job-token", &job),
            Who::Operator => staffed.as_viewer(request),
        };
        answers.push((method, path, Heard::of(request).await));
    }
    answers
}

/// A body that never ends.
async fn slow(form: &str) -> Answers {
    let guard = Limits { body_timeout: Duration::from_millis(500), ..roomy() };
    let staffed = &Staffed::with(Given { guard, ..Given::default() }).await;
    let ask = |operation: (&'static str, &'static str, Who)| async move {
        let (method, path, _) = operation;
        let begun = stream::iter([Ok::<_, std::io::Error>("{")]).chain(stream::pending());
        let request = believed(staffed, operation, form).header(TRANSFER_ENCODING, "chunked");
        let request = request.body(Body::wrap_stream(begun));
        (method, path, Heard::of(request).await)
    };
    join_all(OPERATIONS.map(ask)).await
}

async fn large(staffed: &Staffed, form: &str) -> Answers {
    let ask = |operation: (&'static str, &'static str, Who)| async move {
        let (method, path, who) = operation;
        let size = if who == Who::Hook || path == REHEARSAL { (25 << 20) + 1 } else { 65 << 10 };
        let request = believed(staffed, operation, form).body(vec![b' '; size]);
        (method, path, Heard::of(request).await)
    };
    join_all(OPERATIONS.map(ask)).await
}

/// One request too many.
async fn too_often(form: &str) -> Answers {
    let stage = Stage::guarded(Limits { caller_per_second: 1, caller_burst: 1, ..roomy() }).await;
    let mut answers = Vec::new();
    for (method, path, who) in OPERATIONS {
        if who != Who::Anybody {
            let ask = async || {
                let heard = Heard::of(request(&stage, method, path, form)).await;
                (heard.status == 429).then_some(heard)
            };
            answers.push((method, path, until("one request too many", ask).await));
        }
    }
    answers
}

/// One request more than are worked on.
async fn too_much(form: &str) -> Answers {
    let guard = Limits { concurrency: 1, ..roomy() };
    let staffed = &Staffed::with(Given { guard, ..Given::default() }).await;
    let stage = &staffed.stage;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    let (first, answers) = tokio::join!(stage.trigger(&token), async {
        gate.arrived().await;
        let ask = |operation: (&'static str, &'static str, Who)| async move {
            let (method, path, _) = operation;
            (method, path, Heard::of(believed(staffed, operation, form)).await)
        };
        let answers = join_all(OPERATIONS.map(ask)).await;
        gate.release();
        answers
    });
    first.task();
    answers
}
