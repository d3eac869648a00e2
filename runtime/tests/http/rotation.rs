//! A token that is exchanged in its file, while calls are made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use runtime::{http::Call, secret::Secret};

use crate::stage::{Door, client};

#[tokio::test]
async fn no_call_fails_while_a_token_is_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let door = Door::default();
    let url = door.open().await;
    door.takes(&["token-0"]);
    std::fs::write(&file, "token-0\n").unwrap();
    let client = client(&url, Secret::of_file(&file).unwrap());
    let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (client, stop, made) = (client.clone(), stop.clone(), made.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    client.call(Call::get("/thing", "/thing")).await.expect("an answer");
                    client.call(Call::post("/thing", "/thing")).await.expect("an answer");
                    made.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 1..=5 {
        let token = format!("token-{round}");
        // As operators do: the new one is made, put into the file, and the old one ends.
        std::fs::write(&file, &token).unwrap();
        door.takes(&[&token]);
        let before = made.load(Ordering::Relaxed);
        while made.load(Ordering::Relaxed) < before + 50 {
            tokio::task::yield_now().await;
            assert!(!callers.iter().any(tokio::task::JoinHandle::is_finished), "a caller has failed");
        }
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(door.refused() >= 5, "each exchange was noticed by a refusal: {}", door.refused());
}

#[tokio::test]
async fn a_token_that_is_wrong_and_stays_so_is_refused_after_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "wrong").unwrap();
    let door = Door::default();
    let client = client(&door.open().await, Secret::of_file(&file).unwrap());
    let failure = client.call(Call::get("/thing", "/thing")).await.unwrap_err();
    assert!(failure.is_unauthorized() && !failure.to_string().contains("wrong"), "{failure}");
    assert_eq!(door.refused(), 1);
}
