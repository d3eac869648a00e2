//! Every fault at every page of a long list, once and for ever: the reading is right, or there is none.

use std::time::Duration;

use futures::{StreamExt, future::join_all, stream};
use resolver::{ReadError, Reading};
use sandbox::{Fault, FaultKind};

use crate::stage::{self, SHOP, Stage, TOKEN, patient_client, whole};

const PAGES: u64 = 30;
const MEMBERS: u64 = PAGES * 100;
/// Far more than a page takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);
/// Less than a page takes that drips.
const IMPATIENCE: Duration = Duration::from_secs(5);
const DRIP: Duration = Duration::from_millis(600);
/// Faults at a time: some of them mostly wait.
const KINDS: usize = 3;

/// Each fault, whether it may cost a reading although it passes, and what is said when it stays.
fn faults() -> [(FaultKind, bool, &'static str); 10] {
    [
        (FaultKind::CutBody, false, "no whole answer"),
        (FaultKind::Status(500), false, "answered 500"),
        (FaultKind::TooManyRequests { retry_after: None }, false, "answered 429"),
        (FaultKind::TooManyRequests { retry_after: Some(1) }, false, "answered 429"),
        (FaultKind::RepeatPage, false, "not usable"),
        (FaultKind::SkipPage, false, "not usable"),
        (FaultKind::ShrinkingTotal, false, "not usable"),
        (FaultKind::Html, false, "text/html"),
        (FaultKind::ConnectionReset, false, "no whole answer"),
        // What took too long is not asked for at once again.
        (FaultKind::Drip(DRIP), true, "timed out"),
    ]
}

/// A reading at a page, with the fault.
type Case = (u64, FaultKind, bool, &'static str, Result<Reading, ReadError>);

/// Reads once for each page and fault, with the fault at that page: all pages side by side, and some faults.
async fn readings(times: u32) -> Vec<Case> {
    let stage = Stage::of(MEMBERS).await;
    let user = stage.gitlab.world().tokens.get(TOKEN).unwrap().user;
    stage.read().await.unwrap();
    let stage = &stage;
    let faults = stream::iter(faults()).map(async |(kind, may_fail, words)| {
        join_all((1..=PAGES).map(|page| {
            let kind = kind.clone();
            async move { (page, kind.clone(), may_fail, words, read(stage, user, page, kind, times).await) }
        }))
        .await
    });
    faults.buffered(KINDS).collect::<Vec<_>>().await.into_iter().flatten().collect()
}

/// Reads by a token of its own, so that the fault strikes nobody else.
async fn read(
    stage: &Stage,
    user: u64,
    page: u64,
    kind: FaultKind,
    times: u32,
) -> Result<Reading, ReadError> {
    let token = format!("glpat-{page}-{kind:?}").replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    stage.gitlab.world().add_token(&token, user, &["read_api"]);
    // `&page=3` is in the address of page 30, too, which is struck as well.
    let patience = if kind == FaultKind::Drip(DRIP) { IMPATIENCE } else { PATIENCE };
    let fault = Fault::on("GET", &format!("&page={page}")).by(&token).times(times);
    stage.gitlab.faults().add(fault.then(kind));
    stage::read(&patient_client(stage.gitlab.url(), &token, patience), SHOP).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_passes_at_any_of_30_pages_leaves_the_whole_list() {
    let expected = whole(MEMBERS);
    for (page, kind, may_fail, words, reading) in readings(1).await {
        match reading {
            Ok(reading) => assert!(reading == expected, "{kind:?} at {page}: {} rows", reading.rows.len()),
            Err(error) => {
                assert!(may_fail && error.to_string().contains(words), "{kind:?} at {page}: {error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_stays_at_any_of_30_pages_leaves_none() {
    let expected = whole(MEMBERS);
    for (page, kind, _, words, reading) in readings(u32::MAX).await {
        // The first page has none before it, and repeats itself.
        let harmless = kind == FaultKind::RepeatPage && page == 1;
        match reading {
            Ok(reading) => assert!(harmless && reading == expected, "{kind:?} at {page}"),
            Err(error) => assert!(error.to_string().contains(words), "{kind:?} at {page}: {error}"),
        }
    }
}
