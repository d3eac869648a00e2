//! Carries one request past its faults to the handler, and its answer back.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::{Action, Asked, FaultKind, Faults, Strike, body, page};

pub(crate) async fn answer(faults: &Faults, request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let token = request.headers().get("private-token").and_then(|value| value.to_str().ok());
    let strikes = faults.decide(&Asked { method: request.method().as_str(), target, token });
    let path = request.uri().path().to_owned();
    let (late, early): (Vec<_>, Vec<_>) = strikes.into_iter().partition(Strike::is_late);
    for strike in &early {
        if let Some(response) = before(&strike.action, &path).await {
            return response;
        }
    }
    let again = page::Again::of(&request, &next);
    let mut response = next.run(request).await;
    for strike in &late {
        response = after(strike, response, &again, &path).await;
    }
    response
}

impl Strike {
    /// Some kinds spoil the real answer, so the handler must have run.
    fn is_late(&self) -> bool {
        self.after_effect || matches!(&self.action, Action::Spoil(kind) if kind.needs_answer())
    }
}

impl FaultKind {
    fn needs_answer(&self) -> bool {
        matches!(
            self,
            Self::CutBody
                | Self::Drip(_)
                | Self::EmptyList
                | Self::RepeatPage
                | Self::SkipPage
                | Self::ShrinkingTotal
        )
    }

    fn replacement(&self, path: &str) -> Option<Response> {
        match self {
            Self::Status(code) => Some(body::status(*code, path)),
            Self::TooManyRequests { retry_after } => Some(body::too_many_requests(*retry_after)),
            Self::Html => Some(body::sign_in_page()),
            Self::ConnectionReset => Some(body::no_answer()),
            Self::Redirect(location) => Some(body::redirect(location)),
            Self::CutBody
            | Self::Drip(_)
            | Self::EmptyList
            | Self::Delay(_)
            | Self::RepeatPage
            | Self::SkipPage
            | Self::ShrinkingTotal => None,
        }
    }
}

async fn before(action: &Action, path: &str) -> Option<Response> {
    match action {
        Action::Hold(hold) => hold.pass().await,
        Action::Spoil(FaultKind::Delay(time)) => tokio::time::sleep(*time).await,
        Action::Spoil(kind) => return kind.replacement(path),
    }
    None
}

async fn after(strike: &Strike, response: Response, again: &page::Again, path: &str) -> Response {
    match &strike.action {
        Action::Spoil(FaultKind::CutBody) => body::cut(response).await,
        Action::Spoil(FaultKind::Drip(pause)) => body::drip(response, *pause).await,
        Action::Spoil(FaultKind::EmptyList) => page::empty(response).await,
        Action::Spoil(FaultKind::RepeatPage) => page::rows_of(response, again, -1).await,
        Action::Spoil(FaultKind::SkipPage) => page::rows_of(response, again, 1).await,
        Action::Spoil(FaultKind::ShrinkingTotal) => page::shrink_total(response, u64::from(strike.hit)).await,
        other => before(other, path).await.unwrap_or(response),
    }
}
