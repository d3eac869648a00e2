//! A gateway with its default settings under attack, as a process of its own: it neither dies nor panics nor grows,
//! and an honest caller at another address is answered all the time.
//!
//! A file holds a kind of attack: `framing`, `heads`, `targets`, `bodies` and `protocols` are tables of single
//! requests, `crowds` is about very many connections.

mod attack;
mod bodies;
mod crowds;
mod framing;
mod ground;
mod heads;
mod protocols;
mod targets;

use std::net::Ipv4Addr;

use self::ground::Ground;

/// Kinds of attack come from addresses of their own: what one has used up does not hide what comes of another. None
/// comes from 127.0.0.1: thousands of connections would take the ports that servers of other tests come back to.
const fn from(kind: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_hostile_requests_are_refused_and_nobody_else_notices() {
    let ground = Ground::new().await;
    let before = ground.memory();
    let kinds = [
        ("framing", framing::attacks()),
        ("heads", heads::attacks()),
        ("tokens", heads::tokens()),
        ("targets", targets::attacks()),
        ("bodies", bodies::attacks()),
        ("protocols", protocols::attacks()),
    ];
    let mut requests = 0;
    for (kind, (name, attacks)) in (1..).zip(kinds) {
        requests += ground.stand(name, from(kind), attacks).await;
    }
    println!("{requests} hostile requests; memory {before} KiB before, {} KiB at most", ground.memory());
    assert!(requests > 500, "{requests}");
}
