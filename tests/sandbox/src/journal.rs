//! What was asked and what was changed, in order.
//!
//! Requests are written down when they arrive, so a request that is held or cut off is in the list as well.
//! Writes carry the instants of their request: two writes overlap when neither ended before the other began.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http::HeaderMap;

/// One request as it arrived, and how it ended.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// Counts from 1 in the order of arrival.
    pub sequence: u64,
    pub method: String,
    pub path: String,
    /// The raw query, without the question mark.
    pub query: String,
    pub headers: HeaderMap,
    /// `None` while the request is in flight, or when its caller went away first.
    pub status: Option<u16>,
    pub at: Instant,
    pub ended: Option<Instant>,
}

impl RecordedRequest {
    /// The trace id of the W3C `traceparent` header: tells the work of one task from that of another.
    pub fn trace_id(&self) -> Option<&str> {
        self.headers.get("traceparent")?.to_str().ok()?.split('-').nth(1)
    }
}

/// One change that a request made, or tried to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The [`RecordedRequest::sequence`] of the request that made it.
    pub request: u64,
    /// SonarQube login or GitLab username of the caller.
    pub actor: String,
    /// SonarQube project key or GitLab path; `None` when the change is not about one project.
    pub project: Option<String>,
    /// The call, as `add_user`.
    pub action: &'static str,
    /// Who or what is changed, as `jane codeviewer`.
    pub detail: String,
    /// False when the call was accepted and changed nothing.
    pub effective: bool,
    pub started: Option<Instant>,
    /// `None` while the request is in flight.
    pub ended: Option<Instant>,
}

impl Write {
    /// Whether both were under way at the same time.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before =
            |a: &Self, b: &Self| matches!((a.ended, b.started), (Some(end), Some(start)) if end <= start);
        !before(self, other) && !before(other, self)
    }
}

/// The requests of one server.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: Mutex<Vec<RecordedRequest>>,
}

impl Journal {
    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    pub(crate) fn open(
        self: &Arc<Self>,
        method: &http::Method,
        uri: &http::Uri,
        headers: &HeaderMap,
    ) -> Open {
        let mut requests = self.lock();
        let sequence = requests.len() as u64 + 1;
        requests.push(RecordedRequest {
            sequence,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.clone(),
            status: None,
            at: Instant::now(),
            ended: None,
        });
        Open { journal: Arc::clone(self), sequence, status: None }
    }

    fn find<T>(&self, sequence: u64, read: impl FnOnce(&mut RecordedRequest) -> T) -> Option<T> {
        let index = usize::try_from(sequence).ok()?.checked_sub(1)?;
        self.lock().get_mut(index).map(read)
    }

    /// Adds to each write the instants of its request.
    pub(crate) fn timed(&self, writes: &[Write]) -> Vec<Write> {
        let with_times = |write: &Write| {
            let times = self.find(write.request, |request| (request.at, request.ended));
            let (started, ended) = times.map_or((None, None), |(at, ended)| (Some(at), ended));
            Write { started, ended, ..write.clone() }
        };
        writes.iter().map(with_times).collect()
    }
}

/// A request under way. Dropping it writes down its end, also when the caller hung up.
#[derive(Debug)]
pub(crate) struct Open {
    journal: Arc<Journal>,
    pub(crate) sequence: u64,
    status: Option<u16>,
}

impl Open {
    pub(crate) fn close(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let (status, now) = (self.status, Instant::now());
        self.journal.find(self.sequence, |request| {
            request.status = status;
            request.ended = Some(now);
        });
    }
}
