//! A caller of the gateway, and what it is answered.

use proto::TaskId;
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

use crate::stage::{Stage, until};

/// An answer of the gateway.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null when the body is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id of the accepted task.
    pub(crate) fn task(&self) -> TaskId {
        assert_eq!(self.status, 202, "{:?}", self.body);
        self.body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// Checks that this is a refusal in the form that every refusal has: problem JSON, with the fields that clients
    /// of the older tool read.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, detail: &str) {
        let Self { body, .. } = self;
        assert_eq!(self.status, status, "{body:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{body:?}");
        assert_eq!((&body["status"], &body["code"]), (&status.into(), &status.into()), "{body:?}");
        assert!(body["type"].as_str().unwrap().starts_with("urn:guassp:problem:"), "{body:?}");
        assert!(!body["title"].as_str().unwrap().is_empty(), "{body:?}");
        assert_eq!(body["title"], body["message"]);
        assert_eq!(body["detail"], body["description"]);
        assert!(body["detail"].as_str().unwrap().contains(detail), "{body:?}");
    }
}

impl Stage {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Posts a task with these headers and this body.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = self.request(Method::POST, "/task").body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request).await
    }

    /// Posts a task as a job does.
    pub(crate) async fn trigger(&self, token: &str) -> Answer {
        self.post(&[("job-token", token)], "").await
    }

    /// Looks at a task as a job does.
    pub(crate) async fn look(&self, id: impl std::fmt::Display, token: &str) -> Answer {
        Answer::of(self.request(Method::GET, &format!("/task/{id}")).header("job-token", token)).await
    }

    /// Posts a task as a job does that has an ID token.
    pub(crate) async fn trigger_with_id(&self, token: &str) -> Answer {
        self.post(&[("authorization", &format!("Bearer {token}"))], "").await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// The task once it is in one of these states.
    pub(crate) async fn in_state(&self, id: TaskId, token: &str, states: &[&str]) -> Value {
        let look = async || {
            let body = self.look(id, token).await.body;
            let state = body["state"].as_str().is_some_and(|state| states.contains(&state));
            state.then_some(body)
        };
        until(&format!("task {id} to be {states:?}"), look).await
    }

    /// The task when it has ended.
    pub(crate) async fn ended(&self, id: TaskId, token: &str) -> Value {
        self.in_state(id, token, &["finished", "failed"]).await
    }
}
