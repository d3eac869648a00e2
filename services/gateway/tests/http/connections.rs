//! Connections: how long they may rest, how many there may be, and how they end.

use std::time::Duration;

use gateway::guard::Limits;

use crate::{
    guard::figure,
    raw::{HOME, Raw},
    stage::{PATIENCE, SHOP, Stage, roomy, until},
};

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: g\r\n\r\n";
const PART: &str = "GET /health HTTP/1.1\r\nhost: g\r\n";
const STRANGER: [u8; 4] = [127, 0, 0, 2];

fn open(stage: &Stage) -> u64 {
    figure(stage, "guassp_http_connections{state=\"open\"}")
}

fn active(stage: &Stage) -> u64 {
    figure(stage, "guassp_http_connections{state=\"active\"}")
}

fn refused(stage: &Stage) -> u64 {
    figure(stage, "guassp_http_refused_total{reason=\"connections\"}")
}

async fn impatient() -> Stage {
    Stage::guarded(Limits { header_timeout: Duration::from_secs(1), ..roomy() }).await
}

#[tokio::test]
async fn a_connection_without_a_whole_head_is_closed_after_a_while() {
    let stage = impatient().await;
    for begin in ["", "G", PART, "\r\n\r\n\r\n", "POST /task HTTP/1.1\r\ncontent-length: 5\r\n"] {
        Raw::sending(&stage, begin).await.closed().await;
    }
    until("no connection", async || (open(&stage) == 0).then_some(())).await;
}

#[tokio::test]
async fn a_connection_that_is_kept_may_not_rest_for_longer_than_that() {
    let stage = impatient().await;
    for begin in ["", PART] {
        let mut kept = Raw::sending(&stage, HEALTH).await;
        assert_eq!(kept.answer().await.status, 200);
        kept.send(HEALTH).await;
        assert_eq!(kept.answer().await.status, 200);
        kept.send(begin).await;
        kept.closed().await;
    }
}

#[tokio::test]
async fn slow_heads_take_nothing_from_anybody() {
    let stage = Stage::guarded(Limits { active: 2, active_per_address: 1, ..roomy() }).await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(Raw::sending(&stage, PART).await);
    }
    until("all of them", async || (open(&stage) == 100).then_some(())).await;
    assert_eq!(active(&stage), 0);
    assert_eq!(Raw::sending(&stage, HEALTH).await.answer().await.status, 200);
    for mut slow in slow {
        slow.send("connection: close\r\n\r\n").await;
        assert_eq!(slow.answer().await.status, 200);
    }
}

#[tokio::test]
async fn a_head_may_come_byte_by_byte() {
    let stage = Stage::start().await;
    let mut slow = Raw::connect(&stage, HOME).await;
    for byte in 0..HEALTH.len() {
        slow.send(&HEALTH[byte..=byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.answer().await.status, 200);
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once_and_no_address_has_them_all() {
    let stage = Stage::guarded(Limits { connections: 4, ..roomy() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(Raw::sending(&stage, PART).await);
    }
    Raw::connect(&stage, HOME).await.closed().await;
    assert_eq!((open(&stage), refused(&stage)), (3, 1));
    let mut stranger = Raw::connect(&stage, STRANGER).await;
    assert_eq!(stranger.ask(HEALTH).await.map(|answer| answer.status), Some(200));
    Raw::connect(&stage, [127, 0, 0, 4]).await.closed().await;
    drop(held.pop());
    let again = async || Raw::connect(&stage, HOME).await.ask(HEALTH).await;
    assert_eq!(until("a free place", again).await.status, 200);
}

#[tokio::test]
async fn an_address_whose_active_places_are_taken_waits_and_others_do_not() {
    let stage = Stage::guarded(Limits { active_per_address: 1, ..roomy() }).await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    let trigger = format!("POST /task HTTP/1.1\r\nhost: g\r\njob-token: {token}\r\n\r\n");
    let mut busy = Raw::sending(&stage, &trigger).await;
    gate.arrived().await;
    let mut second = Raw::sending(&stage, HEALTH).await;
    until("two connections", async || (open(&stage) == 2).then_some(())).await;
    let mut stranger = Raw::connect(&stage, STRANGER).await;
    assert_eq!(stranger.ask(HEALTH).await.map(|answer| answer.status), Some(200));
    // The stranger's is over; the second of ours has not begun.
    until("one active connection", async || (active(&stage) == 1).then_some(())).await;
    gate.release();
    assert_eq!(busy.answer().await.status, 202);
    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn no_connection_is_kept_while_places_are_scarce() {
    for limits in [Limits { active: 4, ..roomy() }, Limits { active_per_address: 4, ..roomy() }] {
        let stage = Stage::guarded(limits).await;
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut kept = Raw::sending(&stage, HEALTH).await;
            assert!(!kept.answer().await.is_last());
            held.push(kept);
        }
        let mut third = Raw::sending(&stage, HEALTH).await;
        let answer = third.answer().await;
        assert!(answer.status == 200 && answer.is_last(), "{answer:?}");
        third.closed().await;
    }
}

#[tokio::test]
async fn a_caller_that_never_reads_its_answers_is_cut_off() {
    let stage = Stage::guarded(Limits { answer_timeout: Duration::from_secs(1), ..roomy() }).await;
    let mut deaf = Raw::connect(&stage, HOME).await;
    let requests = "GET /nowhere HTTP/1.1\r\nhost: g\r\n\r\n".repeat(1000);
    tokio::time::timeout(PATIENCE, deaf.pour(&requests)).await.expect("cut off");
    until("no connection", async || (open(&stage) == 0).then_some(())).await;
}

#[tokio::test]
async fn a_sender_of_far_too_much_hears_the_refusal() {
    let stage = Stage::start().await;
    let (mebibyte, chunk) = ("x".repeat(1 << 20), format!("10000\r\n{}\r\n", "x".repeat(1 << 16)));
    let sized =
        format!("POST /task HTTP/1.1\r\nhost: g\r\ncontent-length: 8388608\r\n\r\n{}", mebibyte.repeat(8));
    let chunked =
        format!("POST /task HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(128));
    let heads = format!("GET /{} HTTP/1.1\r\nhost: g\r\n\r\n", mebibyte);
    for (request, status) in [(sized, 413), (chunked, 413), (heads, 431)] {
        let mut sender = Raw::sending(&stage, &request).await;
        assert_eq!(sender.answer().await.status, status);
        sender.closed().await;
    }
}

#[tokio::test]
async fn nothing_is_read_behind_a_request_whose_length_is_told_twice() {
    let stage = Stage::start().await;
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: g\r\n\r\n";
    for head in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let request = format!("POST /task HTTP/1.1\r\nhost: g\r\n{head}\r\n{smuggled}");
        let mut sender = Raw::sending(&stage, &request).await;
        let answer = sender.answer().await;
        assert!(answer.status == 401 && answer.is_last(), "{answer:?}");
        sender.closed().await;
    }
    for head in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 5\r\n",
        "content-length: +5\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
    ] {
        let request = format!("POST /task HTTP/1.1\r\nhost: g\r\n{head}\r\n{smuggled}");
        let mut sender = Raw::sending(&stage, &request).await;
        assert_eq!(sender.answer().await.status, 400, "{head}");
        sender.closed().await;
    }
}

#[tokio::test]
async fn more_than_100_headers_are_431() {
    let stage = Stage::start().await;
    for (count, status) in [(99, 200), (100, 431)] {
        let request = format!("GET /health HTTP/1.1\r\nhost: g\r\n{}\r\n", "x: y\r\n".repeat(count));
        assert_eq!(Raw::sending(&stage, &request).await.answer().await.status, status, "{count} and host");
    }
}

#[tokio::test]
async fn a_gateway_that_stops_finishes_what_it_works_on_and_nothing_else() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    let trigger = format!("POST /task HTTP/1.1\r\nhost: g\r\njob-token: {token}\r\n\r\n");
    let mut busy = Raw::sending(&stage, &trigger).await;
    gate.arrived().await;
    let (mut silent, mut slow) = (Raw::connect(&stage, HOME).await, Raw::sending(&stage, PART).await);
    let mut kept = Raw::sending(&stage, HEALTH).await;
    assert_eq!(kept.answer().await.status, 200);
    let end = stage.runtime.lifecycle.end(PATIENCE);
    let (in_time, ()) = tokio::join!(end, async {
        silent.closed().await;
        slow.closed().await;
        kept.closed().await;
        assert!(stage.http.get(&stage.url).send().await.is_err(), "no new connection");
        gate.release();
        let answer = busy.answer().await;
        assert!(answer.status == 202 && answer.is_last(), "{answer:?}");
        drop(busy);
    });
    assert!(in_time);
}

#[tokio::test]
async fn a_gateway_that_is_stopped_hard_drops_what_it_works_on() {
    let stage = Stage::start().await;
    let (token, gate) = (stage.job(SHOP), stage.gitlab.faults().hold("GET", "/job", 1));
    let trigger = format!("POST /task HTTP/1.1\r\nhost: g\r\njob-token: {token}\r\n\r\n");
    let mut busy = Raw::sending(&stage, &trigger).await;
    gate.arrived().await;
    assert!(!stage.runtime.lifecycle.end(Duration::ZERO).await);
    busy.closed().await;
    gate.release();
    until("no connection", async || (open(&stage) == 0).then_some(())).await;
}
