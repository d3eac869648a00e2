//! Tokens that end.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proto::{Event, TokenEnds, TokenState};
use runtime::clock::Clock;

use crate::stage::{Stage, TOKEN, minutes};

fn ends(minute: i64, days_left: Option<u16>) -> Event {
    let (system, at) = ("gitlab".to_owned(), minutes(minute));
    Event::TokenEnds(TokenEnds { system, expires_at: Some(minutes(50_000)), days_left, at })
}

#[tokio::test]
async fn a_token_that_ends_has_an_issue_until_it_is_renewed() {
    let stage = Stage::listening().await;
    stage.tell(ends(1, Some(7))).await;
    let issue = stage.issue(|issue| issue.open).await;
    assert_eq!(issue.title, "guassp: the token for gitlab ends on 1970-02-04");
    stage.tell(ends(2, Some(0))).await;
    stage.issue(|issue| issue.title.ends_with("has ended")).await;
    stage.tell(ends(3, None)).await;
    stage.issue(|issue| !issue.open).await;
}

#[tokio::test]
async fn its_own_token_is_told_of_like_any_other() {
    let stage = Stage::start().await;
    let soon = stage.runtime.clock.now() + SignedDuration::from_hours(20 * 24);
    let day = soon.to_zoned(TimeZone::UTC).date().to_string();
    stage.gitlab.change(|world| {
        let token = world.tokens.get_mut(TOKEN).unwrap();
        (token.name, token.expires_at) = ("issues of guassp".to_owned(), Some(day.clone()));
    });
    stage.listen(|_| {}).await;
    let issue = stage.issue(|issue| issue.open).await;
    assert_eq!(issue.title, format!("guassp: the token for issues ends on {day}"));
}

/// The token is looked at, so many minutes after the beginning, and ends then.
async fn looked_at(stage: &Stage, minute: i64, expires_at: Timestamp) {
    let (system, account) = ("gitlab".to_owned(), "guassp-bot".to_owned());
    let state = TokenState {
        system,
        account,
        scopes: Vec::new(),
        expires_at: Some(expires_at),
        checked_at: minutes(minute),
        problem: None,
        told: None,
    };
    stage.runtime.jetstream.projects.note_token(&state, None).await.unwrap();
}

fn in_days(days: i64) -> Timestamp {
    Clock::system().now() + SignedDuration::from_hours(24 * days)
}

#[tokio::test]
async fn an_old_event_of_a_token_that_was_renewed_since_opens_nothing_and_closes_what_is_open() {
    let stage = Stage::start().await;
    looked_at(&stage, 5, in_days(300)).await;
    let runtime = stage.listen(|_| {}).await;
    stage.tell(ends(1, Some(7))).await;
    stage.quiet().await;
    assert_eq!(stage.issues(), []);
    stage.tell(ends(6, Some(7))).await;
    stage.issue(|issue| issue.open).await;
    looked_at(&stage, 7, in_days(300)).await;
    stage.tell(ends(6, Some(1))).await;
    stage.issue(|issue| !issue.open).await;
    drop(runtime);
}

#[tokio::test]
async fn an_old_event_of_a_good_token_closes_nothing_while_its_successor_ends_soon() {
    let stage = Stage::listening().await;
    looked_at(&stage, 5, in_days(3)).await;
    stage.tell(ends(5, Some(3))).await;
    let issue = stage.issue(|issue| issue.open).await;
    stage.tell(ends(4, None)).await;
    stage.quiet().await;
    assert_eq!(stage.issue(|_| true).await, issue);
}
