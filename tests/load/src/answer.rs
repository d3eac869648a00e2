//! What counts as an accepted post: 202, and the id of a task.

use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The task is stored.
    Accepted,
    /// 202, and nothing that names a task.
    WithoutId,
    /// Any other status.
    Refused(StatusCode),
    /// The connection was lost, or the time was over.
    None,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "id")]
    _id: Uuid,
}

impl Answer {
    pub(crate) fn of(status: StatusCode, body: &[u8]) -> Self {
        match status {
            StatusCode::ACCEPTED if serde_json::from_slice::<Body>(body).is_ok() => Self::Accepted,
            StatusCode::ACCEPTED => Self::WithoutId,
            other => Self::Refused(other),
        }
    }

    /// Its name in the report.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::WithoutId => "202 without an id".to_owned(),
            Self::Refused(status) => status.as_str().to_owned(),
            Self::None => "no answer".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_202_with_the_id_of_a_task_is_accepted() {
        let good = br#"{"id":"0192aa6e-0000-7000-8000-000000000000","message":"queued"}"#;
        assert_eq!(Answer::of(StatusCode::ACCEPTED, good), Answer::Accepted);
        assert_eq!(Answer::of(StatusCode::ACCEPTED, b"{}"), Answer::WithoutId);
        assert_eq!(Answer::of(StatusCode::ACCEPTED, br#"{"id":"seven"}"#), Answer::WithoutId);
        assert_eq!(Answer::of(StatusCode::OK, good), Answer::Refused(StatusCode::OK));
    }
}
