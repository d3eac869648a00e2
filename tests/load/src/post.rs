//! One post: what it proves itself with, what it carries, and what counts as accepted.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// A header.
pub(crate) type Header = (HeaderName, HeaderValue);

/// What is posted.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Bytes,
    pub(crate) kind: Kind,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A job asks for a task, and is told its id.
    Task,
    /// GitLab tells of an event with this id, and is told nothing but 202.
    Hook(String),
}

impl Post {
    /// A job's post, which has no body.
    pub(crate) fn task(token: Header) -> Self {
        Self { headers: vec![token], body: Bytes::new(), kind: Kind::Task }
    }
}
