//! People with a token, who order and look through everything.

use std::cell::RefCell;

use gateway::caller::{self, PersonToken, Role};
use proto::{Action, ControlEvent, Event, envelope, subject};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;

use crate::{
    caller::Answer,
    stage::{Given, Stage, callers, until},
};

/// A stage with an operator, `omar`, and a viewer, `vera`.
pub(crate) struct Staffed {
    pub(crate) stage: Stage,
    operator: String,
    viewer: String,
}

impl Staffed {
    pub(crate) async fn start() -> Self {
        Self::with(Given::default()).await
    }

    pub(crate) async fn with(given: Given) -> Self {
        let (operator, first) = PersonToken::issue("omar", Role::Operator).unwrap();
        let (viewer, second) = PersonToken::issue("vera", Role::Viewer).unwrap();
        let people = format!("{first},{second}").parse().unwrap();
        let stage = Stage::with(Given { callers: caller::Config { people, ..callers() }, ..given }).await;
        let [operator, viewer] = [operator, viewer].map(|token| token.expose_secret().to_owned());
        Self { stage, operator, viewer }
    }

    pub(crate) fn operator(&self, method: Method, path: &str) -> RequestBuilder {
        self.stage.request(method, path).bearer_auth(&self.operator)
    }

    pub(crate) fn viewer(&self, path: &str) -> RequestBuilder {
        self.as_viewer(self.stage.request(Method::GET, path))
    }

    pub(crate) fn as_viewer(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.viewer)
    }

    /// The header that proves a viewer, for callers that write their bytes themselves.
    pub(crate) fn viewer_header(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.viewer)
    }

    /// What a viewer is shown.
    pub(crate) async fn see(&self, path: &str) -> Answer {
        Answer::of(self.viewer(path)).await
    }

    /// What an operator is answered.
    pub(crate) async fn order(&self, method: Method, path: &str) -> Answer {
        Answer::of(self.operator(method, path)).await
    }

    /// Checks that nobody but an operator is let in.
    pub(crate) async fn is_for_operators(&self, method: Method, path: &str) {
        Answer::of(self.stage.request(method.clone(), path)).await.is_problem(401, "a person's token");
        let viewer = self.as_viewer(self.stage.request(method, path));
        Answer::of(viewer).await.is_problem(403, "this takes the role operator");
    }

    /// Checks that a job's token is not enough.
    pub(crate) async fn is_for_people(&self, path: &str) {
        let job = self.stage.job(crate::stage::SHOP);
        for request in [
            self.stage.request(Method::GET, path),
            self.stage.request(Method::GET, path).bearer_auth(&job),
            self.stage.request(Method::GET, path).header("job-token", &job),
        ] {
            Answer::of(request).await.is_problem(401, "a person's token");
        }
    }

    /// Everything that people have ordered, as the audit tells it.
    pub(crate) async fn orders(&self) -> Vec<ControlEvent> {
        let context = self.stage.runtime.jetstream.context();
        let stream = context.get_stream(subject::EVENTS).await.unwrap();
        let mut orders = Vec::new();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            if let Event::Control(order) = envelope::decode(&message.payload).unwrap() {
                orders.push(order);
            }
        }
        orders
    }

    /// What people have ordered, without the times.
    pub(crate) async fn actions(&self) -> Vec<(Option<u64>, Action, String)> {
        let orders = self.orders().await.into_iter();
        orders.map(|order| (order.project.map(|id| id.0), order.action, order.by)).collect()
    }

    /// What a viewer is shown, once it is as wanted: the rows of many tasks lag a moment behind. Whatever was shown
    /// until then is printed.
    #[expect(clippy::print_stderr, reason = "the harness shows it where the test fails")]
    pub(crate) async fn until_seen(&self, path: &str, wanted: impl Fn(&serde_json::Value) -> bool) -> Answer {
        let last = RefCell::default();
        let look = async || {
            let answer = self.see(path).await;
            if last.replace(answer.body.clone()) != answer.body {
                eprintln!("{path}: {}", answer.body);
            }
            Some(answer).filter(|answer| wanted(&answer.body))
        };
        until(path, look).await
    }
}
