//! Making calls with good manners: each in its turn, again at once where the connection broke, later where GitLab says
//! so. Every call is a GET, and so may be made again.

use std::time::Duration;

use jiff::Timestamp;
use runtime::http::{Answer, Call, FailureKind};
use serde::de::DeserializeOwned;

use super::{GitLab, ReadError, SYSTEM, limit::Scope, members::PROJECT_ALL, tags};

/// How often a call that failed in passing is made again at once.
const AT_ONCE: u32 = 2;
/// How often a call that was too many is made again after a pause.
const PAUSES: u32 = 3;
/// A longer pause is not waited for: the task is put back instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

impl GitLab {
    /// The answer as JSON.
    pub(super) async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<(Answer, T), ReadError> {
        self.tried(&call, None).await
    }

    /// The same, where an answer that was kept may still hold. Keep the new one once it is found good.
    pub(super) async fn get_changed<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<(Answer, T), ReadError> {
        let (call, known) = self.tagged.question(call);
        self.tried(&call, known.as_deref()).await
    }

    /// What breaks in passing is tried up to three times.
    async fn tried<T: DeserializeOwned>(
        &self,
        call: &Call,
        known: Option<&Answer>,
    ) -> Result<(Answer, T), ReadError> {
        let mut tries = 0;
        loop {
            match self.once(call, known).await {
                Err(ReadError::Call(failure)) if failure.is_passing() && tries < AT_ONCE => tries += 1,
                result => return result,
            }
        }
    }

    async fn once<T: DeserializeOwned>(
        &self,
        call: &Call,
        known: Option<&Answer>,
    ) -> Result<(Answer, T), ReadError> {
        let answer = tags::resolved(self.asked(call).await?, known);
        let read = answer.json(SYSTEM, call.route)?;
        Ok((answer, read))
    }

    /// Makes the call when it is its turn, and again after the pause where GitLab says that it was too many.
    async fn asked(&self, call: &Call) -> Result<Answer, ReadError> {
        let mut pauses = 0;
        loop {
            self.limits.turn(Scope::of(call), LONGEST_PAUSE).await?;
            let failure = match self.http.call(call.clone()).await {
                Ok(answer) => {
                    self.heed(&answer).await;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let FailureKind::Throttled { retry_after, announced } = failure.kind else {
                return Err(failure.into());
            };
            let scope = if announced { Scope::Everything } else { Scope::of(call) };
            let pause = self.limits.throttled(scope, retry_after, pauses).await;
            pauses += 1;
            if pauses > PAUSES || pause > LONGEST_PAUSE {
                return Err(failure.into());
            }
        }
    }

    /// GitLab tells of its throttles beforehand: with nothing left, the next call waits until the count begins anew.
    async fn heed(&self, answer: &Answer) {
        if let Some(pause) = used_up(answer) {
            self.limits.throttled(Scope::Everything, Some(pause), 0).await;
        }
    }
}

impl Scope {
    /// `GET /projects/:id/members/all` has a limit of its own beside that of all calls.
    fn of(call: &Call) -> Self {
        if call.route == PROJECT_ALL { Self::MemberLists } else { Self::Everything }
    }
}

/// `RateLimit-Remaining: 0` and how long it holds. `RateLimit-Reset` is a moment of GitLab's clock, as `Date` is.
fn used_up(answer: &Answer) -> Option<Duration> {
    answer.number("ratelimit-remaining").filter(|left| *left == 0)?;
    let reset = i64::try_from(answer.number("ratelimit-reset")?).ok()?;
    let pause =
        Duration::try_from(Timestamp::from_second(reset).ok()?.duration_since(answer.date()?)).ok()?;
    (!pause.is_zero()).then_some(pause)
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    fn told(remaining: &str, reset: &str, date: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("ratelimit-remaining", remaining), ("ratelimit-reset", reset), ("date", date)]
        {
            headers.insert(name, value.parse().unwrap());
        }
        used_up(&Answer { status: StatusCode::OK, headers, body: Vec::new() })
    }

    #[test]
    fn nothing_left_is_a_pause_until_the_reset_by_gitlabs_own_clock() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(told("0", "784111787", date), Some(Duration::from_secs(10)));
        assert_eq!(told("1", "784111787", date), None);
        assert_eq!(told("0", "784111777", date), None, "it has passed");
        assert_eq!(told("0", "30", date), None, "not a moment");
        assert_eq!(told("0", "784111787", "soon"), None);
    }
}
