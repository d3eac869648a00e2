//! One delivery as an HTTP request, with GitLab's headers. No retry; 2xx and 3xx are success.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use uuid::Uuid;

use super::super::clock;
use super::history::Attempt;
use super::hook::Hook;
use super::signature::sign;
use super::weather::Fate;

/// GitLab sends no body beyond this.
const LONGEST_BODY: usize = 25 * 1024 * 1024;
/// So much of an answer is kept.
const LONGEST_ANSWER: usize = 8 * 1024;

/// A delivery that is due, with all that its request needs: nobody asks the world again.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// The hook as it was when the event was made.
    pub(crate) hook: Hook,
    /// `X-Gitlab-Event`
    pub(crate) header: &'static str,
    pub(crate) body: Bytes,
    /// `X-Gitlab-Event-UUID`: the same for all hooks that hear of the event.
    pub(super) chain: Uuid,
    /// `Idempotency-Key`: the same for every repetition.
    pub(super) key: Uuid,
    pub(super) fate: Fate,
    pub(super) changed_at: Instant,
    pub(super) instance: String,
    pub(super) version: String,
    pub(super) clock_offset_s: i64,
    pub(super) timeout: Duration,
}

impl Parcel {
    /// As the request carries them, those that sign it made anew for each.
    fn headers(&self) -> Vec<(&'static str, String)> {
        let version = self.version.trim_end_matches("-ee");
        let mut headers = vec![
            (CONTENT_TYPE.as_str(), "application/json".to_owned()),
            (USER_AGENT.as_str(), format!("GitLab/{version}")),
            ("idempotency-key", self.key.to_string()),
            ("x-gitlab-event", self.header.to_owned()),
            ("x-gitlab-webhook-uuid", Uuid::now_v7().to_string()),
            ("x-gitlab-instance", self.instance.clone()),
            ("x-gitlab-event-uuid", self.chain.to_string()),
        ];
        headers.extend(self.hook.token.clone().map(|token| ("x-gitlab-token", token)));
        headers.extend(self.signed());
        headers
    }

    fn signed(&self) -> Vec<(&'static str, String)> {
        let (id, now) = (self.key.to_string(), clock::ahead_by(self.clock_offset_s).as_second());
        let sign = |token: &String| sign(token, &id, now, &self.body);
        match self.hook.signing_token.as_ref().and_then(sign) {
            Some(signature) => vec![
                ("webhook-id", id),
                ("webhook-timestamp", now.to_string()),
                ("webhook-signature", signature),
            ],
            None => Vec::new(),
        }
    }
}

/// Two clients: some hooks do without checking certificates.
#[derive(Debug)]
pub(super) struct Sender {
    strict: Client,
    lax: Client,
}

impl Sender {
    pub(super) fn new() -> reqwest::Result<Self> {
        let client = || Client::builder().redirect(Policy::none()).no_proxy();
        Ok(Self { strict: client().build()?, lax: client().danger_accept_invalid_certs(true).build()? })
    }

    /// One try, from the first byte to the last of the answer.
    pub(super) async fn send(&self, parcel: &Parcel) -> Attempt {
        let (sent_at, headers) = (Instant::now(), parcel.headers());
        let answer = self.ask(parcel, &headers).await;
        let (status, error, response_headers, response_body) = match answer {
            Ok((status, headers, body)) => (Some(status), None, headers, body),
            Err(error) => (None, Some(error), Vec::new(), String::new()),
        };
        let took = sent_at.elapsed();
        let request_headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Attempt { sent_at, took, status, error, request_headers, response_headers, response_body }
    }

    async fn ask(
        &self,
        parcel: &Parcel,
        headers: &[(&'static str, String)],
    ) -> Result<(u16, Vec<(String, String)>, String), String> {
        if parcel.body.len() > LONGEST_BODY {
            return Err("the payload is longer than 25 MB".to_owned());
        }
        let client = if parcel.hook.enable_ssl_verification { &self.strict } else { &self.lax };
        let request = client.post(&parcel.hook.url).timeout(parcel.timeout).headers(map(headers));
        #[expect(clippy::disallowed_methods, reason = "this is GitLab calling, no part of the product")]
        let answer = request.body(parcel.body.clone()).send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (answer.status().as_u16(), shown(answer.headers()));
        let body = beginning(answer).await.map_err(|error| error.to_string())?;
        Ok((status, headers, body))
    }
}

fn map(headers: &[(&'static str, String)]) -> HeaderMap {
    let value = |value: &str| HeaderValue::from_str(value).ok();
    let header = |(name, text): &(&'static str, String)| Some((HeaderName::from_static(name), value(text)?));
    headers.iter().filter_map(header).collect()
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).take(50).collect()
}

/// The first eight kilobytes of the body.
async fn beginning(mut answer: Response) -> reqwest::Result<String> {
    let mut body = Vec::new();
    while body.len() < LONGEST_ANSWER {
        match answer.chunk().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    body.truncate(LONGEST_ANSWER);
    Ok(String::from_utf8_lossy(&body).into_owned())
}
