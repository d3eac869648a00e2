//! A credential is shown nowhere: a job token is nobody's business but GitLab's, the others are nobody's but the gateway's.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use async_nats::jetstream::stream::RawMessageErrorKind;
use gateway::caller::{self, PersonToken, Role};
use proto::TaskId;
use reqwest::Method;
use sandbox::{Fault, FaultKind};
use secrecy::ExposeSecret;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    caller::Answer,
    id_tokens::AUDIENCE,
    stage::{SHOP, Stage, callers},
};

/// What was logged.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Everything that lies in the streams and buckets, with its headers.
async fn stored(stage: &Stage) -> String {
    let streams = [
        "GUASSP_TASKS",
        "GUASSP_FANOUT",
        "GUASSP_PLANS",
        "GUASSP_EVENTS",
        "GUASSP_DEAD",
        "KV_guassp_tasks",
        "KV_guassp_projects",
        "KV_guassp_catalog",
    ];
    let mut text = String::new();
    for stream in streams {
        let stream = stage.runtime.jetstream.context().get_stream(stream).await.unwrap();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            match stream.get_raw_message(sequence).await {
                Ok(message) => {
                    let payload = String::from_utf8_lossy(&message.payload);
                    text += &format!("{} {:?} {payload}\n", message.subject, message.headers);
                }
                Err(error) => assert_eq!(error.kind(), RawMessageErrorKind::NoMessageFound),
            }
        }
    }
    text
}

/// A trigger and a look with the token in every place where one may put it.
async fn in_every_form(stage: &Stage, id: TaskId, token: &str) {
    let bearer = format!("Bearer {token}");
    stage.trigger(token).await;
    stage.post(&[("authorization", &bearer)], "").await;
    stage.post(&[("authorization", &bearer), ("authorization", &bearer)], "").await;
    stage.post(&[], &format!("{{\"job_token\": \"{token}\"}}")).await;
    stage.post(&[], &format!("{{\"job_token\": \"{token}\n\"}}")).await;
    stage.post(&[], &format!("{{\"job_token\": \"{token}\\n.\"}}")).await;
    stage.post(&[], &format!("job_token={token}")).await;
    stage.post(&[("authorization", token)], "").await;
    stage.look(id, token).await;
    stage.look(token, &stage.job(SHOP)).await;
    Answer::of(stage.request(Method::GET, &format!("/task/{id}")).header("authorization", bearer)).await;
}

/// ID tokens and people's tokens, good and bad; the keys of the former cannot be had at first.
async fn everything_offline(stage: &Stage, id: TaskId, persons: &str) -> Vec<String> {
    stage.time.stop();
    let good = stage.sign(&stage.id_token(SHOP));
    stage.gitlab.faults().add(Fault::on("GET", "/.well-known").then(FaultKind::Html));
    stage.trigger(&good).await.is_problem(503, "the key of this ID token");
    stage.time.pass(5);
    stage.trigger(&good).await.task();
    let expired = stage.sign(&stage.id_token(SHOP).expired(600));
    let tampered = format!("{good}AAAA");
    let tokens = [good, expired, tampered, persons.to_owned(), "guassp_nobodys-secret".to_owned()];
    for token in &tokens {
        in_every_form(stage, id, token).await;
    }
    tokens.into()
}

/// Accepted, refused and unanswered triggers and looks, in every form, until a task has ended.
async fn everything_a_caller_does(stage: &Stage, persons: &str) -> Vec<String> {
    let (good, bad) = (stage.job(SHOP), "glcbt-64_secret-of-nobody".to_owned());
    let id = stage.trigger(&good).await.task();
    let before = stored(stage).await;
    assert!(before.contains(&id.to_string()) && !before.contains(&good), "{before}");
    for token in [&good, &bad] {
        in_every_form(stage, id, token).await;
        for kind in [FaultKind::Status(500), FaultKind::Html, FaultKind::CutBody, FaultKind::ConnectionReset]
        {
            stage.gitlab.faults().add(Fault::on("GET", "/api/v4/job").then(kind));
            stage.trigger(token).await.is_problem(503, "");
            stage.gitlab.faults().clear();
        }
    }
    let mut tokens = everything_offline(stage, id, persons).await;
    let _sonarqube = stage.work().await;
    stage.ended(id, &good).await;
    tokens.extend([good, bad]);
    tokens
}

#[tokio::test]
async fn a_token_is_neither_logged_nor_stored() {
    let log = Log::default();
    // Of the HTTP libraries only warnings: the caller's side of them is in this process, too.
    let filter = EnvFilter::new("warn,gateway=trace,runtime=trace,resolver=trace,applier=trace");
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(log.clone()).finish();
    // Of the whole process: where threads have subscribers of their own, one without silences the others.
    tracing::subscriber::set_global_default(lines).unwrap();
    let (persons, entry) = PersonToken::issue("vera", Role::Viewer).unwrap();
    let id_tokens =
        caller::IdTokenConfig { audience: Some(AUDIENCE.to_owned()), ..caller::IdTokenConfig::default() };
    let people = entry.to_string().parse().unwrap();
    let stage = Stage::with_callers(caller::Config { people, id_tokens, ..callers() }).await;
    let tokens = everything_a_caller_does(&stage, persons.expose_secret()).await;
    let (logged, stored) = (log.text(), stored(&stage).await);
    assert!(logged.contains("trigger accepted") && logged.contains("task ended"), "{logged}");
    assert!(stored.contains("\"guassp.task_record\""), "{stored}");
    for token in tokens {
        // The signature alone would do to complete a token whose other parts are known.
        let token = token.rsplit('.').next().unwrap_or_default();
        assert!(!logged.contains(token), "{logged}");
        assert!(!stored.contains(token), "{stored}");
    }
}
