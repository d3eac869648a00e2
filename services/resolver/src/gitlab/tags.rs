//! Answers that GitLab gave an `ETag`: asked for again, it says 304 where nothing has changed.
//!
//! Only what is known of groups is asked for in this way. The list that a plan is made of is read whole each time:
//! a 304 there would rest on what was kept, and save GitLab nothing (Rails makes the whole answer to compare it).

use std::sync::Arc;

use moka::sync::Cache;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, ETAG, HeaderValue},
};
use runtime::http::{Answer, Call};

/// How much of bodies is kept.
const BYTES: u64 = 32 << 20;

/// The newest good answer of each address.
#[derive(Debug)]
pub(super) struct Tagged(Cache<String, Arc<Answer>>);

impl Default for Tagged {
    fn default() -> Self {
        let size = |_: &String, answer: &Arc<Answer>| u32::try_from(answer.body.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(BYTES).weigher(size).build())
    }
}

impl Tagged {
    /// The call as a question for changes, and what there is without any.
    pub(super) fn question(&self, call: Call) -> (Call, Option<Arc<Answer>>) {
        let known = self.0.get(&call.target());
        match known.as_ref().and_then(|answer| tag(answer)) {
            Some(tag) => (call.unless(tag), known),
            None => (call, None),
        }
    }

    /// Keeps an answer that was found good, whole lists only as a whole: a spoilt one must not come back as a 304.
    pub(super) fn keep(&self, target: String, answer: Answer) {
        if tag(&answer).is_some() {
            self.0.insert(target, Arc::new(answer));
        }
    }
}

/// What the answer means: itself, or the body that was known before. A tag is that of the body alone: how many pages
/// there are, and which is the next, only the 304 itself can tell.
pub(super) fn resolved(answer: Answer, known: Option<&Answer>) -> Answer {
    match known {
        Some(known) if answer.status == StatusCode::NOT_MODIFIED => {
            let mut headers = answer.headers;
            for name in [ETAG, CONTENT_TYPE] {
                if let Some(value) = known.headers.get(&name) {
                    headers.entry(name).or_insert_with(|| value.clone());
                }
            }
            Answer { status: known.status, headers, body: known.body.clone() }
        }
        _ => answer,
    }
}

fn tag(answer: &Answer) -> Option<HeaderValue> {
    answer.headers.get(ETAG).cloned()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName};

    use super::*;

    fn answer(status: StatusCode, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let header = |pair: &(&'static str, &'static str)| {
            (HeaderName::from_static(pair.0), HeaderValue::from_static(pair.1))
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        Answer { status, headers, body: body.into() }
    }

    fn kept() -> Answer {
        let headers = [("etag", "W/\"1\""), ("content-type", "application/json"), ("x-next-page", "2")];
        answer(StatusCode::OK, &headers, "[1]")
    }

    #[test]
    fn how_many_pages_there_are_only_the_304_itself_tells() {
        for (own, next) in
            [(&[("x-next-page", ""), ("x-total", "100")][..], None), (&[("x-next-page", "3")], Some(3))]
        {
            let found = resolved(answer(StatusCode::NOT_MODIFIED, own, ""), Some(&kept()));
            assert_eq!((found.status, found.body.as_slice()), (StatusCode::OK, &b"[1]"[..]));
            assert_eq!(found.number("x-next-page"), next);
            assert_eq!(
                (&found.headers["etag"], &found.headers["content-type"]),
                (&kept().headers["etag"], &kept().headers["content-type"])
            );
        }
        let bare = resolved(answer(StatusCode::NOT_MODIFIED, &[], ""), Some(&kept()));
        assert!(!bare.headers.contains_key("x-next-page"), "it was that of another day: {bare:?}");
    }

    #[test]
    fn a_newer_tag_of_a_304_counts_and_what_has_changed_is_itself() {
        let newer = answer(StatusCode::NOT_MODIFIED, &[("etag", "W/\"2\"")], "");
        assert_eq!(resolved(newer, Some(&kept())).headers["etag"], "W/\"2\"");
        let changed = resolved(answer(StatusCode::OK, &[], "[2]"), Some(&kept()));
        assert_eq!((changed.headers.len(), changed.body.as_slice()), (0, &b"[2]"[..]));
    }
}
