//! The closed loop: each connection posts its next task when the last one is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use http::Uri;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    answer::Answer,
    connection::{Connection, Target},
    report::Measured,
    tokens::Header,
};

/// After so many posts that were not accepted the run measures nothing any more, and ends.
const GIVE_UP: usize = 100;
/// Longer than the gateway takes for anything.
const PATIENCE: Duration = Duration::from_secs(100);

/// The posts that are to be made, each once.
#[derive(Debug)]
pub(crate) struct Load {
    target: Target,
    tokens: Vec<Header>,
    next: AtomicUsize,
    failed: AtomicUsize,
}

impl Load {
    /// One post for each token.
    pub(crate) fn new(url: &Uri, tokens: Vec<Header>) -> Result<Self> {
        Ok(Self { target: Target::of(url)?, tokens, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) })
    }

    /// Makes all posts over so many connections, which are open before the clock starts.
    pub(crate) async fn run(self, connections: usize) -> Result<Measured> {
        let load = Arc::new(self);
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(&load.target).await?);
        }
        let begun = Instant::now();
        let mut workers: JoinSet<_> =
            open.into_iter().map(|connection| Arc::clone(&load).work(connection)).collect();
        let mut posts = Vec::with_capacity(load.tokens.len());
        while let Some(worker) = workers.join_next().await {
            posts.extend(worker??);
        }
        Ok(Measured { posts, took: begun.elapsed() })
    }

    /// Posts until no token is left. A lost connection costs the post that it carried, and is opened again.
    async fn work(self: Arc<Self>, mut connection: Connection) -> Result<Vec<(Answer, Duration)>> {
        let mut posts = Vec::new();
        while let Some(token) = self.next() {
            let begun = Instant::now();
            let answered = timeout(PATIENCE, connection.post(&self.target, token)).await;
            let answer = answered.map_or(Answer::None, |answer| answer.unwrap_or(Answer::None));
            posts.push((answer, begun.elapsed()));
            if answer != Answer::Accepted {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
            if answer == Answer::None {
                connection = Connection::open(&self.target).await?;
            }
        }
        Ok(posts)
    }

    fn next(&self) -> Option<&Header> {
        let hopeless = self.failed.load(Ordering::Relaxed) >= GIVE_UP;
        if hopeless { None } else { self.tokens.get(self.next.fetch_add(1, Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Json, Router, http::HeaderMap, http::StatusCode, routing::post};
    use http::{HeaderName, HeaderValue};
    use serde_json::{Value, json};
    use tokio::{io::AsyncReadExt, net::TcpListener};

    use super::*;

    /// A gateway that knows the tokens from `good-0` on.
    async fn gateway() -> (Uri, JoinSet<()>) {
        async fn task(headers: HeaderMap) -> (StatusCode, Json<Value>) {
            match headers.get("job-token").and_then(|token| token.to_str().ok()) {
                Some(token) if token.starts_with("good-") => {
                    (StatusCode::ACCEPTED, Json(json!({ "id": "0192aa6e-0000-7000-8000-000000000000" })))
                }
                _ => (StatusCode::UNAUTHORIZED, Json(json!({}))),
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/task", listener.local_addr().unwrap()).parse().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, Router::new().route("/task", post(task))).await.unwrap();
        });
        (url, serving)
    }

    fn tokens(names: impl Iterator<Item = String>) -> Vec<Header> {
        names
            .map(|name| (HeaderName::from_static("job-token"), HeaderValue::try_from(name).unwrap()))
            .collect()
    }

    #[tokio::test]
    async fn every_token_is_posted_once_and_every_answer_counted() {
        let (url, _serving) = gateway().await;
        let good = (0..40).map(|n| format!("good-{n}"));
        let bad = (0..2).map(|n| format!("bad-{n}"));
        let measured = Load::new(&url, tokens(good.chain(bad))).unwrap().run(8).await.unwrap();
        let report = measured.report();
        assert_eq!((report.requests, report.accepted), (42, 40));
        assert_eq!(report.others, [("401".to_owned(), 2)].into());
    }

    #[tokio::test]
    async fn a_run_that_fails_ends_early() {
        let (url, _serving) = gateway().await;
        let bad = tokens((0..5_000).map(|n| format!("bad-{n}")));
        let report = Load::new(&url, bad).unwrap().run(8).await.unwrap().report();
        assert_eq!(report.accepted, 0);
        assert!((GIVE_UP..GIVE_UP + 8).contains(&report.requests), "{report:?}");
    }

    /// A server that answers nothing and closes each connection after a request.
    #[tokio::test]
    async fn a_lost_connection_costs_the_post_that_it_carried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/task", listener.local_addr().unwrap()).parse().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _read = stream.read(&mut request).await;
            }
        });
        let some = tokens((0..6).map(|n| format!("good-{n}")));
        let report = Load::new(&url, some).unwrap().run(2).await.unwrap().report();
        assert_eq!((report.requests, report.accepted), (6, 0));
        assert_eq!(report.others, [("no answer".to_owned(), 6)].into());
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_at_once() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = format!("http://{free}/task").parse().unwrap();
        let error =
            Load::new(&url, tokens(["good-1".to_owned()].into_iter())).unwrap().run(1).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to {free}"));
    }
}
