//! What counts as an accepted post: 202, and where a task was asked for its id.

use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use crate::post::Kind;

/// How a post ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The task, or the event, is stored.
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
    pub(crate) fn of(kind: &Kind, status: StatusCode, body: &[u8]) -> Self {
        let is_told = || match kind {
            Kind::Task => serde_json::from_slice::<Body>(body).is_ok(),
            Kind::Hook(_) => true,
        };
        match status {
            StatusCode::ACCEPTED if is_told() => Self::Accepted,
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
        assert_eq!(Answer::of(&Kind::Task, StatusCode::ACCEPTED, good), Answer::Accepted);
        assert_eq!(Answer::of(&Kind::Task, StatusCode::ACCEPTED, b"{}"), Answer::WithoutId);
        assert_eq!(Answer::of(&Kind::Task, StatusCode::ACCEPTED, br#"{"id":"seven"}"#), Answer::WithoutId);
        assert_eq!(Answer::of(&Kind::Task, StatusCode::OK, good), Answer::Refused(StatusCode::OK));
    }

    #[test]
    fn a_hook_is_accepted_without_a_word() {
        let hook = Kind::Hook("a".to_owned());
        assert_eq!(Answer::of(&hook, StatusCode::ACCEPTED, b""), Answer::Accepted);
        let refused = StatusCode::UNAUTHORIZED;
        assert_eq!(Answer::of(&hook, refused, b""), Answer::Refused(refused));
    }
}
