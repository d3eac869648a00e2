//! Every fault at every page: the reading is right, or there is none. Never a shorter list.

use std::time::Duration;

use resolver::{ReadError, Reading, gitlab::Config};
use sandbox::{Fault, FaultKind};

use crate::stage::{SHOP, Stage, TOKEN, client_of, config, limits, patient_client, read, whole};

const MEMBERS: u64 = 250;
/// Longer than any client waits.
const FOR_EVER: Duration = Duration::from_secs(3600);
const IMPATIENT: Duration = Duration::from_millis(400);
const LIST: &str = "GitLab's list of members is not usable: ";

/// Faults of a call, and what the error must say.
fn spoilt_calls() -> Vec<(FaultKind, Vec<&'static str>)> {
    vec![
        (FaultKind::Status(500), vec!["gitlab answered 500 to "]),
        (FaultKind::Status(502), vec!["gitlab answered 502 to "]),
        (FaultKind::Status(503), vec!["gitlab answered 503 to "]),
        (FaultKind::TooManyRequests { retry_after: Some(1) }, vec!["gitlab answered 429 to "]),
        (FaultKind::TooManyRequests { retry_after: Some(150) }, vec!["gitlab answered 429 to "]),
        (FaultKind::CutBody, vec!["no whole answer from gitlab to "]),
        (FaultKind::Html, vec!["gitlab answered ", "text/html", "GITLAB_URL"]),
        (FaultKind::ConnectionReset, vec!["no whole answer from gitlab to "]),
        (
            FaultKind::Redirect("https://gitlab.example.com/users/sign_in".to_owned()),
            vec!["gitlab answered 302 to ", "set GITLAB_URL"],
        ),
        (FaultKind::Delay(FOR_EVER), vec!["no whole answer from gitlab to ", "timed out"]),
    ]
}

/// Faults that leave each answer readable.
fn spoilt_lists() -> [FaultKind; 4] {
    [FaultKind::EmptyList, FaultKind::RepeatPage, FaultKind::SkipPage, FaultKind::ShrinkingTotal]
}

/// A project of three pages that is read under `fault`; with totals, or as a list that is too long for them.
async fn read_under(fault: Fault, totals: bool) -> Result<Reading, ReadError> {
    let stage = Stage::of(MEMBERS).await;
    if !totals {
        stage.gitlab.world().total_limit = 100;
    }
    stage.gitlab.faults().add(fault);
    stage.read().await
}

fn text(error: &ReadError) -> String {
    let text = error.to_string();
    let (_, cause) = text.split_once(": ").unwrap_or((&text, &text));
    assert!(!cause.trim().is_empty(), "no cause: {text}");
    assert!(!text.contains(TOKEN) && !format!("{error:?}").contains(TOKEN), "{error:?}");
    text
}

#[tokio::test]
async fn a_call_that_fails_at_any_point_of_a_reading_ends_it_with_the_systems_name_and_the_cause() {
    for (kind, words) in spoilt_calls() {
        for place in ["/projects/7", "&page=1", "&page=2", "&page=3"] {
            let stage = Stage::of(MEMBERS).await;
            // Once is not enough: what breaks in passing is asked for again at once.
            stage.gitlab.faults().add(Fault::on("GET", place).always().then(kind.clone()));
            let patience = if kind == FaultKind::Delay(FOR_EVER) { IMPATIENT } else { FOR_EVER };
            let client = patient_client(stage.gitlab.url(), TOKEN, patience);
            let error = read(&client, SHOP).await.expect_err(&format!("{kind:?} at {place}"));
            let text = text(&error);
            assert!(words.iter().all(|word| text.contains(word)), "{kind:?} at {place}: {text}");
        }
    }
}

#[tokio::test]
async fn a_list_that_was_spoilt_once_is_read_again_and_whole() {
    for totals in [true, false] {
        for kind in spoilt_lists() {
            for page in 1..=3 {
                let fault = Fault::on("GET", &format!("&page={page}")).then(kind.clone());
                let rows = read_under(fault, totals).await.map(|reading| reading.rows).unwrap_or_default();
                let case = format!("{kind:?} at page {page}, totals: {totals}: {} rows", rows.len());
                assert!(rows == whole(MEMBERS).rows, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_is_spoilt_every_time_is_no_reading() {
    for totals in [true, false] {
        for kind in spoilt_lists() {
            for page in 1..=3 {
                let harmless = match kind {
                    FaultKind::RepeatPage => page == 1,
                    FaultKind::ShrinkingTotal => !totals,
                    _ => false,
                };
                let fault = Fault::on("GET", &format!("&page={page}")).always().then(kind.clone());
                let case = format!("{kind:?} at page {page}, totals: {totals}");
                match read_under(fault, totals).await {
                    Ok(reading) if harmless => assert_eq!(reading, whole(MEMBERS), "{case}"),
                    Ok(reading) => panic!("{case}: {} rows", reading.rows.len()),
                    Err(error) => assert!(!harmless && text(&error).starts_with(LIST), "{case}: {error}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn what_gitlab_asks_to_wait_is_told() {
    for (asked, told) in [(Some(150), Some(Duration::from_secs(150))), (None, None)] {
        let fault =
            Fault::on("GET", "&page=2").always().then(FaultKind::TooManyRequests { retry_after: asked });
        let error = read_under(fault, true).await.unwrap_err();
        assert!(text(&error).contains("429"), "{error}");
        assert_eq!(error.retry_after(), told);
    }
}

#[tokio::test]
async fn an_answer_that_is_larger_than_allowed_is_refused() {
    let stage = Stage::of(MEMBERS).await;
    let limits = runtime::http::Limits { max_answer_bytes: 20_000, ..limits() };
    let client = client_of(&Config { limits, ..config(stage.gitlab.url(), TOKEN) });
    let error = read(&client, SHOP).await.unwrap_err();
    assert!(text(&error).contains("http.max_answer_bytes = 20000"), "{error}");
}
