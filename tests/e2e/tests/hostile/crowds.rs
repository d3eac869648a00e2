//! Very many connections: silent, slow, greedy and deaf ones.

use std::net::{Ipv4Addr, SocketAddr};

use e2e::wait;
use futures::{StreamExt, future::join_all, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use super::{
    attack::{connect, statuses},
    from,
    ground::Ground,
};
use crate::machine::alone;

const SILENT: usize = 10_000;
const SLOW: usize = 2_000;
/// What a gateway has open when nobody attacks it.
const AT_REST: usize = 100;
const NOWHERE: &str = "GET /nowhere HTTP/1.1\r\nhost: g\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_silent_connections_and_two_thousand_slow_ones_cost_next_to_nothing() {
    let _machine = alone().await;
    raise_open_files();
    let ground = Ground::new().await;
    let before = ground.memory();
    let silent = crowd(ground.address, from(10), SILENT, "").await;
    let slow = stream::iter(20..24)
        .then(|kind| crowd(ground.address, from(kind), SLOW / 4, "GET /health HTTP/1.1\r\nx: "));
    let slow: Vec<TcpStream> = slow.flat_map(stream::iter).collect().await;
    let dripping: Vec<JoinHandle<()>> = slow.into_iter().map(|stream| tokio::spawn(drip(stream))).collect();
    let all = async || (ground.open_files() >= SILENT + SLOW).then_some(());
    wait::until("all of them at once", all).await;
    ground.check("silent and slow connections").await;
    // Nobody hangs up: it is the gateway that gives them up.
    let none = async || (ground.open_files() < AT_REST).then_some(());
    wait::until("the end of all of them", none).await;
    ground.check("after silent and slow connections").await;
    println!("{} connections; memory {before} KiB before, {} KiB at most", SILENT + SLOW, ground.memory());
    drop((silent, join_all(dripping).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greedy_connections_from_many_addresses_leave_room_for_others() {
    let _machine = alone().await;
    raise_open_files();
    let ground = Ground::new().await;
    let before = ground.memory();
    let crowd = crowds(&ground, 40..44, 250, &body(60 << 10)).await;
    ground.check("slow bodies").await;
    drop(crowd);
    let crowd = crowds(&ground, 50..60, 250, &format!("{NOWHERE}GET /nowhere HTTP/1.1\r\nx: ")).await;
    ground.check("slow heads after a good one").await;
    drop(crowd);
    let large = format!("GET /nowhere HTTP/1.1\r\nhost: g\r\nx: {}\r\n\r\n", "x".repeat(31 << 10));
    let crowd =
        crowds(&ground, 60..70, 250, &format!("{large}{}", large.get(..31 << 10).unwrap_or_default())).await;
    ground.check("large heads").await;
    drop(crowd);
    let crowd = crowds(&ground, 70..75, 100, &NOWHERE.repeat(500)).await;
    ground.check("callers that do not read").await;
    println!("memory {before} KiB before, {} KiB at most", ground.memory());
    drop(crowd);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_requests_in_one_breath_are_answered_in_order_or_refused() {
    let _machine = alone().await;
    let ground = Ground::new().await;
    let breath = async |kind| {
        let stream = connect(ground.address, from(kind)).await;
        let last = "GET /last HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
        exchange(stream, &format!("{}{last}", NOWHERE.repeat(999))).await
    };
    for answers in join_all((80..90).map(breath)).await {
        assert_eq!(answers, [404; 1000]);
    }
    ground.check("pipelines").await;
    // The same caller again and again has used up its rest.
    let flood = join_all((0..10).map(|_| breath(90))).await.concat();
    let refused = flood.iter().filter(|status| **status == 429).count();
    assert!(flood.len() == 10_000 && refused > 1_000, "{refused} of {}", flood.len());
    assert!(flood.iter().all(|status| [404, 429].contains(status)), "{flood:?}");
    ground.check("a flood").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_may_open_few_files_keeps_some_to_ask_gitlab_with() {
    let _machine = alone().await;
    let ground = Ground::with(Some(300)).await;
    assert!(ground.log().contains("gateway.limits.connections is lowered"), "{}", ground.log());
    let silent = crowd(ground.address, from(11), 1000, "").await;
    ground.check("more connections than files").await;
    assert!(ground.open_files() < 300 && !ground.log().contains("cannot be accepted"), "{}", ground.log());
    drop(silent);
}

/// The crowd and the gateway are 12,000 connections; the soft limit is lower on most machines.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let needed = limit.maximum.is_none_or(|maximum| maximum > 14_000);
    assert!(needed, "this test needs 14,000 open files: raise the hard limit (ulimit -Hn)");
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("the hard limit");
}

/// So many connections, on each of which these bytes were sent.
async fn crowd(to: SocketAddr, from: Ipv4Addr, count: usize, bytes: &str) -> Vec<TcpStream> {
    let one = |_| async move {
        let mut stream = connect(to, from).await;
        // A gateway that has heard enough may have closed it.
        let _ = stream.write_all(bytes.as_bytes()).await;
        stream
    };
    stream::iter(0..count).map(one).buffer_unordered(100).collect().await
}

async fn crowds(ground: &Ground, kinds: std::ops::Range<u8>, each: usize, bytes: &str) -> Vec<TcpStream> {
    let crowds = kinds.map(|kind| crowd(ground.address, from(kind), each, bytes));
    join_all(crowds).await.into_iter().flatten().collect()
}

fn body(sent: usize) -> String {
    format!("POST /task HTTP/1.1\r\nhost: g\r\ncontent-length: 65536\r\n\r\n{}", " ".repeat(sent))
}

/// A byte now and then, until the gateway has had enough.
async fn drip(mut stream: TcpStream) {
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(500));
    while stream.write_all(b"x").await.is_ok() {
        pause.tick().await;
    }
}

/// The statuses of all answers until the gateway closes.
async fn exchange(mut stream: TcpStream, requests: &str) -> Vec<u16> {
    let (mut reader, mut writer) = stream.split();
    let mut heard = Vec::new();
    let (_, read) = tokio::join!(writer.write_all(requests.as_bytes()), reader.read_to_end(&mut heard));
    read.expect("answers to the end");
    statuses(&heard)
}
