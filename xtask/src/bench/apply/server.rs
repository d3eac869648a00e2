//! The real SonarQube as its administrator calls it, over connections that are kept.

use crate::bench::sandbox::System;
use crate::http::{Answer, Connections};
use anyhow::{Result, anyhow};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use url::form_urlencoded::Serializer;

/// Calls at a time: as many as an applier makes (`applier.parallel_calls`).
pub(super) const AT_A_TIME: usize = 16;

/// Where it is called, and as whom.
#[derive(Debug)]
pub(super) struct Server {
    connections: Connections,
    url: String,
    authorization: String,
}

impl Server {
    pub(super) fn new(sonarqube: &System) -> Self {
        let authorization = format!("Bearer {}", sonarqube.token);
        Self { connections: Connections::keep(AT_A_TIME), url: sonarqube.url.clone(), authorization }
    }

    /// Reads JSON.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let path = format!("{path}?{}", encoded(query));
        self.call("GET", &path, "text/plain", "")?.json()
    }

    /// Sends a form.
    pub(super) fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer> {
        self.call("POST", path, "application/x-www-form-urlencoded", &encoded(form))
    }

    /// Sends JSON: `POST` what is to be made, `PATCH` what is to be changed.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        self.call(method, path, content, &body.to_string())
    }

    fn call(&self, method: &str, path: &str, content: &str, body: &str) -> Result<Answer> {
        let headers = [("Authorization", self.authorization.as_str()), ("Content-Type", content)];
        self.connections.call(method, &format!("{}{path}", self.url), &headers, body)
    }
}

/// Does it for each, so many at a time; an error when any failed.
pub(super) fn each<T: Sync>(items: &[T], call: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            call(item)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a thread panicked"))?)
    })
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn each_is_done_once_and_a_failure_is_told() {
        let (items, done) = ((0..1_000).collect::<Vec<u32>>(), Mutex::new(Vec::new()));
        let note = |item: &u32| {
            done.lock().unwrap().push(*item);
            Ok(())
        };
        each(&items, note).unwrap();
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        assert_eq!(done, items);
        each(&items, |item| if *item == 700 { Err(anyhow!("refused")) } else { Ok(()) }).unwrap_err();
    }
}
