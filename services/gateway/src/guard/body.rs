//! The whole body, before anything is asked of anybody: a handler never waits for a slow sender, and no sender makes
//! the gateway keep more than it can.
//!
//! **Framing.** What frames a body is decided by hyper, before a request is seen here (tried on hyper 1.12): a request
//! with `Transfer-Encoding` and `Content-Length` loses the length, is read as chunked, and its connection closes after
//! the answer, so that nothing smuggled behind it is read as a request (RFC 9112 section 6.3 asks for that much).
//! Lengths that differ, that are no number, or that come with another coding than `chunked` are refused by hyper with
//! 400 and a closed connection; lengths that are equal count once.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, request::Parts},
};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::metrics::{HttpMetrics, Refusal};
use crate::problem::Problem;

/// A token is a few kilobytes at most.
const LARGEST: usize = 64 << 10;
/// Bytes of bodies that are kept at a time.
const BUDGET: usize = 8 << 20;
/// A body may take this part of what is free. So senders of large bodies never take everything, however many they are:
/// when 256 connections, all that one address may have, take what they can, there is still room for bodies of 16 KB;
/// when all the active ones do, for 4 KB, and a token is smaller.
const SHARE: usize = 16;
/// The first buffer of a body.
const SMALLEST: usize = 1 << 10;

/// How bodies are read.
#[derive(Debug)]
pub(super) struct Bodies {
    budget: Arc<Semaphore>,
    timeout: Duration,
    metrics: HttpMetrics,
}

/// What a body takes of the budget.
pub(super) type Room = OwnedSemaphorePermit;

#[derive(Default)]
struct Whole {
    bytes: Vec<u8>,
    room: Option<Room>,
}

impl Bodies {
    pub(super) fn new(timeout: Duration, metrics: HttpMetrics) -> Self {
        Self { budget: Arc::new(Semaphore::new(BUDGET)), timeout, metrics }
    }

    /// Reads the body and gives the request back with it. The room that it takes is to be kept as long as the body.
    ///
    /// # Errors
    /// 400, 408, 413 or 503, each of them with an end of the connection: what is left of the body is not read, so nothing
    /// can follow it.
    pub(super) async fn read(&self, request: Request) -> Result<(Request, Option<Room>), Problem> {
        let (mut parts, body) = request.into_parts();
        if !body.is_end_stream() {
            detach(&mut parts);
        }
        let read = tokio::time::timeout(self.timeout, self.collect(body)).await;
        let why = if read.is_ok() { Refusal::Body } else { Refusal::Timeout };
        let late = |_| Err(Problem::too_slow("the body did not arrive in time"));
        match read.unwrap_or_else(late) {
            Ok(Whole { bytes, room }) => Ok((Request::from_parts(parts, Body::from(bytes)), room)),
            Err(problem) => {
                self.metrics.refused(why);
                Err(problem.and_close())
            }
        }
    }

    /// Copies the frames into one piece: each would keep the whole buffer it was read into, and a body may come in
    /// frames of one byte.
    async fn collect(&self, mut body: Body) -> Result<Whole, Problem> {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > LARGEST {
            return Err(too_large());
        }
        let mut whole = Whole::default();
        while let Some(frame) = body.frame().await {
            // Trailers say nothing to anybody here.
            let data = frame.map_err(|_| broken())?.into_data().unwrap_or_default();
            self.append(&mut whole, &data)?;
        }
        Ok(whole)
    }

    /// The buffer grows with what has come, not with what was announced: that costs a sender nothing.
    fn append(&self, whole: &mut Whole, data: &Bytes) -> Result<(), Problem> {
        let length = whole.bytes.len() + data.len();
        if length > LARGEST {
            return Err(too_large());
        }
        let capacity = length.next_power_of_two().max(SMALLEST);
        if capacity > whole.bytes.capacity() {
            self.grow(whole, capacity)?;
        }
        whole.bytes.extend_from_slice(data);
        Ok(())
    }

    fn grow(&self, whole: &mut Whole, capacity: usize) -> Result<(), Problem> {
        let held = whole.room.as_ref().map_or(0, Room::num_permits);
        let more = u32::try_from(capacity - held).unwrap_or(u32::MAX);
        if capacity > self.budget.available_permits() / SHARE {
            return Err(full());
        }
        let room = self.budget.clone().try_acquire_many_owned(more).map_err(|_| full())?;
        match &mut whole.room {
            Some(held) => held.merge(room),
            None => whole.room = Some(room),
        }
        whole.bytes.reserve_exact(capacity - whole.bytes.len());
        Ok(())
    }
}

/// Copies what is kept of the head: its parts are slices of the buffer that hyper read them into, and hyper would need
/// another 8 KiB for the body as long as there are any.
pub(super) fn detach(parts: &mut Parts) {
    for value in parts.headers.values_mut() {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
    if let Ok(copy) = parts.uri.to_string().parse() {
        parts.uri = copy;
    }
}

fn too_large() -> Problem {
    Problem::too_large("the body is larger than 64 KiB")
}

pub(super) fn broken() -> Problem {
    Problem::bad_request("the body could not be read to its end")
}

fn full() -> Problem {
    Problem::overloaded("the gateway reads as many bodies as it takes on")
}
