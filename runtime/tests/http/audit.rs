//! Each call is one line of the target `calls`, and holds nothing that is secret.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use runtime::{cause::because, http::Call, secret::Secret};
use serde_json::{Value, json};
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::stage::{Door, client};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Level, method, route, status, cause and error of each line.
    fn calls(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let calls = lines.filter(|line| line["target"] == "calls");
        calls
            .map(|line| {
                assert!(line["duration_ms"].is_u64() && line["system"] == "door", "{line}");
                json!([
                    line["level"],
                    line["http.request.method"],
                    line["url.template"],
                    line["http.response.status_code"],
                    line["cause"],
                    line["error.type"],
                ])
            })
            .collect()
    }
}

async fn all_calls(url: &str) {
    let client = client(url, Secret::from("very-secret"));
    let read = || Call::get("/things/:id", "/things/4711").query("search", "jane");
    let body = json!({ "token": "hook-secret" });
    client.call(read()).await.unwrap();
    let write = async || client.call(Call::post_json("/things", "/things", &body)).await;
    because("task 7", write()).await.unwrap();
    because("task 7", client.call(Call::put_json("/things/:id", "/things/4711", &body))).await.unwrap();
    let door = Door::default();
    let closed = crate::stage::client(&door.open().await, Secret::from("very-secret"));
    closed.call(read()).await.unwrap_err();
    closed.call(Call::delete("/things/:id", "/things/4711")).await.unwrap_err();
    let nobody = crate::stage::client("http://127.0.0.1:9", Secret::from("very-secret"));
    nobody.call(read()).await.unwrap_err();
}

async fn told(filter: &str) -> Log {
    let log = Log::default();
    let filter = EnvFilter::new(filter);
    let lines = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(true)
        .with_env_filter(filter)
        .with_writer(log.clone())
        .finish();
    let _quiet = tracing::subscriber::set_default(lines);
    let door = Door::default();
    door.takes(&["very-secret"]);
    all_calls(&door.open().await).instrument(tracing::info_span!("test")).await;
    log
}

#[tokio::test]
async fn each_call_is_one_line_with_its_cause_and_nothing_secret() {
    let log = told("info,calls=debug").await;
    assert_eq!(
        log.calls(),
        [
            json!(["DEBUG", "GET", "/things/:id", 200, null, null]),
            json!(["INFO", "POST", "/things", 200, "task 7", null]),
            json!(["INFO", "PUT", "/things/:id", 200, "task 7", null]),
            json!(["DEBUG", "GET", "/things/:id", 401, null, "refused"]),
            json!(["WARN", "DELETE", "/things/:id", 401, null, "refused"]),
            json!(["WARN", "GET", "/things/:id", null, null, "no_answer"]),
        ]
    );
    let text = log.text();
    for secret in ["very-secret", "hook-secret", "4711", "jane", "of the answer"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn by_default_what_writes_and_what_fails_is_told() {
    let levels = |calls: Vec<Value>| calls.iter().map(|call| call[0].clone()).collect::<Vec<_>>();
    assert_eq!(levels(told("info").await.calls()), ["INFO", "INFO", "WARN", "WARN"]);
}
