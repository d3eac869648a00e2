//! How much a gateway takes on.

use std::time::Duration;

use runtime::config::duration;
use serde::{Deserialize, Serialize};

/// Section `gateway.limits`. Nothing may be zero.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Open connections; one address may hold three quarters of them.
    pub connections: usize,
    /// Connections that have sent a request and are answered, or kept for the next one.
    pub active: usize,
    /// The same of one address.
    pub active_per_address: usize,
    /// Longest wait for the head of a request, and for the next request on a connection that is kept.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// Longest wait for the body of a request.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// Longest time that a caller may leave an answer lying.
    #[serde(with = "duration")]
    pub answer_timeout: Duration,
    /// Longest work on one request, waiting for a task not counted.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// Requests worked on at a time.
    pub concurrency: usize,
    /// Callers that wait for a task or follow the events, at a time.
    pub watchers: usize,
    /// Requests a second of one caller, in the long run.
    pub caller_per_second: u32,
    /// Requests of one caller at once, after a rest.
    pub caller_burst: u32,
    /// Triggers a minute of one project, in the long run.
    pub project_per_minute: u32,
    /// Triggers of one project at once, after a rest.
    pub project_burst: u32,
}

/// Files that are open beside connections and calls: nats-server, the admin port, the program's own.
const OTHERS: usize = 64;

impl Limits {
    /// Lowers the number of connections so that this many files are enough, with one call to GitLab for each request
    /// that is worked on; where there are too few for anything, half of them are for connections.
    pub fn fit_into(&mut self, files: usize) {
        let left = files.saturating_sub(self.concurrency + OTHERS).max(files / 2);
        self.connections = self.connections.min(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_what_may_be_open() {
        let time = Duration::from_secs(1);
        let limits = Limits {
            connections: 1000,
            active: 1,
            active_per_address: 1,
            header_timeout: time,
            body_timeout: time,
            answer_timeout: time,
            request_timeout: time,
            concurrency: 100,
            watchers: 1,
            caller_per_second: 1,
            caller_burst: 1,
            project_per_minute: 1,
            project_burst: 1,
        };
        for (files, connections) in
            [(usize::MAX, 1000), (1164, 1000), (1163, 999), (400, 236), (300, 150), (1, 0)]
        {
            let mut limits = limits.clone();
            limits.fit_into(files);
            assert_eq!(limits.connections, connections, "{files} files");
        }
    }
}
