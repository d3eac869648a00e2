//! The closed loop: each connection posts its next task when the last one is answered.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
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
    post::{Kind, Post},
    report::Measured,
};

/// After so many posts that were not accepted the run measures nothing any more, and ends.
const GIVE_UP: usize = 100;
/// How often a webhook that was not accepted is sent once more.
const REPEATS: usize = 5;
/// How long it is tried to connect again after a connection was lost.
const RESTART: Duration = Duration::from_secs(60);
/// Longer than the gateway takes for anything.
const PATIENCE: Duration = Duration::from_secs(100);

/// The posts that are to be made, each once.
#[derive(Debug)]
pub(crate) struct Load {
    target: Target,
    posts: Vec<Post>,
    next: AtomicUsize,
    failed: AtomicUsize,
    accepted: Mutex<Vec<String>>,
}

impl Load {
    /// Each of these posts once.
    pub(crate) fn new(url: &Uri, posts: Vec<Post>) -> Result<Self> {
        Ok(Self {
            target: Target::of(url)?,
            posts,
            next: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            accepted: Mutex::default(),
        })
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
        let mut posts = Vec::with_capacity(load.posts.len());
        while let Some(worker) = workers.join_next().await {
            posts.extend(worker??);
        }
        let took = begun.elapsed();
        let hooks = std::mem::take(&mut *load.accepted.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Measured { posts, took, hooks })
    }

    /// Posts until nothing is left.
    async fn work(self: Arc<Self>, mut connection: Connection) -> Result<Vec<(Answer, Duration)>> {
        let mut posts = Vec::new();
        while let Some(post) = self.next() {
            let mut answer = self.send(&mut connection, post, &mut posts).await?;
            for _ in 0..post.repeats() {
                if answer != Answer::Accepted {
                    answer = self.send(&mut connection, post, &mut posts).await?;
                }
            }
            self.note(post, answer);
        }
        Ok(posts)
    }

    /// Makes a post, and adds how it ended. A lost connection costs the post that it carried, and is opened again; one that
    /// was closed after an answer costs the time to open it.
    async fn send(
        &self,
        connection: &mut Connection,
        post: &Post,
        posts: &mut Vec<(Answer, Duration)>,
    ) -> Result<Answer> {
        let begun = Instant::now();
        if !connection.is_open().await {
            *connection = Connection::reopen(&self.target, RESTART).await?;
        }
        let answered = timeout(PATIENCE, connection.post(&self.target, post)).await;
        let answer = answered.map_or(Answer::None, |answer| answer.unwrap_or(Answer::None));
        posts.push((answer, begun.elapsed()));
        if answer == Answer::None {
            *connection = Connection::reopen(&self.target, RESTART).await?;
        }
        Ok(answer)
    }

    /// Remembers which hooks were accepted, and how many posts were not.
    fn note(&self, post: &Post, answer: Answer) {
        match (&post.kind, answer) {
            (Kind::Hook(id), Answer::Accepted) => {
                self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
            }
            (Kind::Task, Answer::Accepted) => {}
            _ => drop(self.failed.fetch_add(1, Ordering::Relaxed)),
        }
    }

    fn next(&self) -> Option<&Post> {
        let hopeless = self.failed.load(Ordering::Relaxed) >= GIVE_UP;
        if hopeless { None } else { self.posts.get(self.next.fetch_add(1, Ordering::Relaxed)) }
    }
}

impl Post {
    /// A job's post is made once. A webhook that was not accepted is sent again, under the same id.
    fn repeats(&self) -> usize {
        match self.kind {
            Kind::Task => 0,
            Kind::Hook(_) => REPEATS,
        }
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

    fn tokens(names: impl Iterator<Item = String>) -> Vec<Post> {
        names
            .map(|name| (HeaderName::from_static("job-token"), HeaderValue::try_from(name).unwrap()))
            .map(Post::task)
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

    /// A server that says goodbye with each answer, as one that is short of connections does.
    #[tokio::test]
    async fn a_connection_that_is_closed_after_its_answer_costs_no_post() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/gitlab", listener.local_addr().unwrap()).parse().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let take = || async { (StatusCode::ACCEPTED, [("connection", "close")]) };
            axum::serve(listener, Router::new().route("/webhooks/gitlab", post(take))).await.unwrap();
        });
        let hooks = crate::hooks::posts("secret", 6, 3).unwrap();
        let report = Load::new(&url, hooks).unwrap().run(2).await.unwrap().report();
        assert_eq!((report.requests, report.accepted), (6, 6));
    }

    /// A server that closes its first connections unanswered, and takes everything from then on.
    #[tokio::test]
    async fn a_webhook_that_had_no_answer_is_sent_again_until_it_is_accepted() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/gitlab", listener.local_addr().unwrap()).parse().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _read = stream.read(&mut [0; 1024]).await;
            }
            let take = || async { StatusCode::ACCEPTED };
            axum::serve(listener, Router::new().route("/webhooks/gitlab", post(take))).await.unwrap();
        });
        let hooks = crate::hooks::posts("secret", 6, 3).unwrap();
        let measured = Load::new(&url, hooks).unwrap().run(2).await.unwrap();
        let mut ids = measured.hooks.clone();
        ids.sort_unstable();
        assert_eq!(ids, ["hook-0", "hook-1", "hook-2", "hook-3", "hook-4", "hook-5"]);
        let report = measured.report();
        assert_eq!((report.requests, report.accepted), (8, 6));
        assert_eq!(report.others, [("no answer".to_owned(), 2)].into());
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
