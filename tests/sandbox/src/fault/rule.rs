//! Which requests a fault strikes, and what it does to them.

use std::time::Duration;

/// What happens to a request that a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// This status with a body such as a proxy or the product would give.
    Status(u16),
    /// 429, with or without `Retry-After` (seconds).
    TooManyRequests { retry_after: Option<u64> },
    /// Headers of the whole answer, half of its body, then the connection closes. Always after the effect.
    CutBody,
    /// The list of the answer emptied, its totals set to zero. Always after the effect.
    EmptyList,
    /// 200 with the HTML of a sign-in page, as a proxy in front does when it lost the session.
    Html,
    /// The request goes on after this time (or its answer, with `after_effect`).
    Delay(Duration),
    /// The answer comes in small pieces, with this time before each. Always after the effect.
    Drip(Duration),
    /// The connection closes without an answer.
    ConnectionReset,
    /// The rows of the page before, under the headers of the page asked for: a row was inserted meanwhile.
    RepeatPage,
    /// The rows of the next page, under the headers of the page asked for: rows were removed meanwhile.
    SkipPage,
    /// Totals one lower with each request struck.
    ShrinkingTotal,
    /// 302 to this place.
    Redirect(String),
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) token: Option<&'a str>,
}

/// A rule with its consequence: give it to [`super::Faults::add`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(super) rule: Rule,
    pub(super) kind: FaultKind,
}

impl Fault {
    /// Requests of this method (`*` is any) whose path and query contain `path`.
    pub fn on(method: &str, path: &str) -> Rule {
        Rule {
            method: method.to_owned(),
            path: path.to_owned(),
            token: None,
            nth: 1,
            times: 1,
            after_effect: false,
        }
    }
}

/// Which requests are struck: by default the first that matches, before it takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    method: String,
    path: String,
    token: Option<String>,
    nth: u32,
    times: u32,
    after_effect: bool,
}

impl Rule {
    /// Strikes only requests with this `PRIVATE-TOKEN`: several callers share a server, each with faults of its own.
    #[must_use]
    pub fn by(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// Strikes from the `nth` matching request on (from 1).
    #[must_use]
    pub fn nth(self, nth: u32) -> Self {
        Self { nth, ..self }
    }

    /// Strikes this many matching requests in a row.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Strikes every matching request from the first chosen on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    /// The request takes effect, only its answer is spoilt.
    #[must_use]
    pub fn after_effect(self) -> Self {
        Self { after_effect: true, ..self }
    }

    pub fn then(self, kind: FaultKind) -> Fault {
        Fault { rule: self, kind }
    }

    pub(super) fn matches(&self, asked: &Asked<'_>) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(asked.method))
            && asked.target.contains(&self.path)
            && self.token.as_ref().is_none_or(|token| asked.token == Some(token.as_str()))
    }

    pub(super) fn is_after_effect(&self) -> bool {
        self.after_effect
    }

    /// The number of the hit, when the request that is the `seen`th to match is struck.
    pub(super) fn hit(&self, seen: u32) -> Option<u32> {
        let hit = (seen + 1).checked_sub(self.nth.max(1))?;
        (1..=self.times).contains(&hit).then_some(hit)
    }

    pub(super) fn hits_within(&self, seen: u32) -> u32 {
        (seen + 1).saturating_sub(self.nth.max(1)).min(self.times)
    }
}
