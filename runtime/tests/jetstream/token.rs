//! People are told of a token's end in time, and once.

use jiff::{SignedDuration, Timestamp};
use proto::{Event, TokenEnds, subject};
use runtime::{
    Runtime,
    clock::Clock,
    jetstream::decode,
    token::{TokenFacts, note},
};

use crate::stage::Stage;

const END: Timestamp = Timestamp::UNIX_EPOCH;
const YEAR: i64 = 365;

/// The same process, so many days before the end.
fn days_before(runtime: &Runtime, days: i64) -> Runtime {
    let now = END - SignedDuration::from_hours(24 * days);
    Runtime { clock: Clock::from_fn(move || now), ..runtime.clone() }
}

fn facts(days: i64) -> TokenFacts {
    let expires_at = Some(END + SignedDuration::from_hours(24 * days));
    TokenFacts { account: "bot".to_owned(), scopes: vec!["read_api".to_owned()], expires_at }
}

/// A look that failed.
fn refused() -> Result<TokenFacts, String> {
    Err("gitlab answered 401".to_owned())
}

/// What people were told, oldest first.
async fn told(stage: &Stage) -> Vec<Option<u16>> {
    let stream = stage.context().get_stream(subject::EVENTS).await.unwrap();
    let mut told = Vec::new();
    for sequence in 1..=stream.cached_info().state.last_sequence {
        let found = stream.get_raw_message(sequence).await.unwrap();
        let event: Event = decode(Some(&found.headers), &found.payload).unwrap();
        let Event::TokenEnds(TokenEnds { system, days_left, .. }) = event else { panic!("{event:?}") };
        assert_eq!(system, "gitlab");
        told.push(days_left);
    }
    told
}

#[tokio::test]
async fn each_threshold_is_told_once_however_many_look() {
    let stage = Stage::start().await;
    let another = stage.another().await;
    for days in [100, 30, 29, 7, 3, 1, 0] {
        let [one, other] = [&stage.runtime, &another].map(|runtime| days_before(runtime, days));
        let look = |runtime| async move { note("gitlab", Ok(facts(0)), &runtime).await.unwrap() };
        tokio::join!(look(one.clone()), look(other));
        note("gitlab", Ok(facts(0)), &one).await.unwrap();
    }
    assert_eq!(told(&stage).await, [30, 7, 1, 0].map(Some));
    let state = stage.jetstream().projects.token("gitlab").await.unwrap().unwrap();
    assert_eq!((state.told, state.account.as_str()), (Some(0), "bot"));
}

#[tokio::test]
async fn a_token_that_cannot_be_asked_about_ends_all_the_same_and_a_new_one_is_told() {
    let stage = Stage::start().await;
    note("gitlab", refused(), &stage.runtime).await.unwrap();
    assert!(stage.jetstream().projects.tokens().await.unwrap().is_empty(), "nothing is known");
    note("gitlab", Ok(facts(0)), &days_before(&stage.runtime, 40)).await.unwrap();
    let late = days_before(&stage.runtime, -1);
    note("gitlab", refused(), &late).await.unwrap();
    note("gitlab", refused(), &late).await.unwrap();
    note("gitlab", Ok(facts(YEAR)), &late).await.unwrap();
    assert_eq!(told(&stage).await, [Some(0), None]);
    let line = format!("guassp_token_expires_timestamp_seconds{{system=\"gitlab\"}} {}", YEAR * 24 * 3600);
    assert!(stage.runtime.metrics.render().unwrap().contains(&line));
}

#[tokio::test]
async fn why_the_last_look_failed_is_kept_until_one_succeeds() {
    let stage = Stage::start().await;
    let noted = async || stage.jetstream().projects.token("gitlab").await.unwrap().unwrap();
    let early = days_before(&stage.runtime, 40);
    note("gitlab", Ok(facts(YEAR)), &early).await.unwrap();
    let good = noted().await;
    note("gitlab", refused(), &days_before(&stage.runtime, 39)).await.unwrap();
    let revoked = noted().await;
    assert_eq!(revoked.problem.as_deref(), Some("gitlab answered 401"));
    assert_eq!((revoked.expires_at, revoked.checked_at), (good.expires_at, good.checked_at));
    note("gitlab", Ok(facts(YEAR)), &early).await.unwrap();
    assert_eq!(noted().await, good);
    assert!(told(&stage).await.is_empty(), "nothing about its end has changed");
}
