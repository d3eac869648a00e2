//! How deliveries reach their receiver: headers, signatures, weather, and what happens when nobody takes them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::GitLab;
use sandbox::gitlab::{AlertStatus, HookOwner, Place, Weather, level};

use crate::receiver::{Receiver, deliveries};
use crate::support::{Api, gitlab};

const SHOP: u64 = 7;
const ANN: u64 = 101;

async fn ground() -> (GitLab, Api, Receiver) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(SHOP, "acme/shop");
        world.add_user(ANN, "ann");
    });
    (gitlab, api, Receiver::start().await)
}

/// So many events, each of its own.
fn rename_often(gitlab: &GitLab, times: u64) {
    for n in 0..times {
        gitlab.world().rename_project(SHOP, &format!("shop{n}"));
    }
}

#[tokio::test]
async fn a_delivery_carries_gitlabs_headers() {
    let (gitlab, _, receiver) = ground().await;
    let first = receiver.hook(&gitlab, HookOwner::Instance);
    receiver.hook(&gitlab, HookOwner::Instance);
    gitlab.change(|world| {
        world.hooks.by_id.get_mut(&first.id).unwrap().token = Some("secret".to_owned());
        world.add_member(Place::Project(SHOP), ANN, level::DEVELOPER);
    });
    deliveries(&gitlab).await;
    let mut received = receiver.received();
    received.sort_by_key(|received| received.header("x-gitlab-token").is_none());
    let header = |nth: usize, name: &str| received[nth].header(name).map(str::to_owned);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!((header(0, "x-gitlab-token"), header(1, "x-gitlab-token")), (text("secret"), None));
    assert_eq!(header(0, "x-gitlab-event"), text("System Hook"));
    assert_eq!(header(0, "x-gitlab-instance"), text(gitlab.url()));
    assert_eq!(header(0, "user-agent"), text("GitLab/18.6.0"));
    assert_eq!(header(0, "content-type"), text("application/json"));
    assert_eq!(header(0, "webhook-signature"), None);
    assert_eq!(header(0, "x-gitlab-event-uuid"), header(1, "x-gitlab-event-uuid"), "one event");
    for of_each in ["idempotency-key", "x-gitlab-webhook-uuid"] {
        assert!(header(0, of_each).is_some() && header(0, of_each) != header(1, of_each), "{of_each}");
    }
}

#[tokio::test]
async fn a_signature_is_over_id_time_and_the_raw_body() {
    let (gitlab, _, receiver) = ground().await;
    let hook = receiver.hook(&gitlab, HookOwner::Instance);
    let secret = [7; 32];
    gitlab.change(|world| {
        let hook = world.hooks.by_id.get_mut(&hook.id).unwrap();
        hook.signing_token = Some(format!("whsec_{}", STANDARD.encode(secret)));
        world.clock_offset_s = -3600;
        world.archive_project(SHOP);
    });
    deliveries(&gitlab).await;
    let received = &receiver.received()[0];
    let header = |name: &str| received.header(name).unwrap();
    assert_eq!(header("webhook-id"), header("idempotency-key"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let sent: u64 = header("webhook-timestamp").parse().unwrap();
    assert!((now - 3660..=now - 3600).contains(&sent), "by GitLab's clock: {sent}");
    let mut signed = format!("{}.{sent}.", header("webhook-id")).into_bytes();
    signed.extend_from_slice(&received.body);
    let signature = STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &secret), &signed, &signature).unwrap();
}

#[tokio::test]
async fn what_comes_by_the_api_is_told_like_what_a_test_does() {
    let (gitlab, api, receiver) = ground().await;
    receiver.hook(&gitlab, HookOwner::Instance);
    let form = [("user_id", "101"), ("access_level", "30"), ("expires_at", "2030-01-01")];
    assert_eq!(api.post("/api/v4/projects/7/members", &form).await.status, 201);
    let all = deliveries(&gitlab).await;
    assert_eq!(all.iter().map(sandbox::gitlab::Delivery::event).collect::<Vec<_>>(), ["user_add_to_team"]);
    assert_eq!(receiver.received()[0].json(), all[0].body);
    assert!(all[0].through_after().unwrap() < Duration::from_secs(20));
}

#[tokio::test]
async fn the_same_seed_brings_the_same_weather() {
    let weather =
        Weather { seed: 11, lost: 10, twice: 10, late: 20, longest_delay: Duration::from_millis(50) };
    let mut fates = Vec::new();
    for seed in [11, 11, 12] {
        let (gitlab, _, receiver) = ground().await;
        receiver.hook(&gitlab, HookOwner::Instance);
        gitlab.world().hooks.weather = Weather { seed, ..weather.clone() };
        rename_often(&gitlab, 300);
        let all = deliveries(&gitlab).await;
        let (lost, twice) = (all.iter().filter(|delivery| delivery.lost).count(), |times| {
            all.iter().filter(|delivery| delivery.attempts.len() == times).count()
        });
        assert!((15..=50).contains(&lost) && twice(0) == lost, "lost {lost}");
        assert!((15..=50).contains(&twice(2)), "twice {}", twice(2));
        let received = receiver.received();
        let keys: BTreeSet<_> = received.iter().map(|one| one.header("idempotency-key").unwrap()).collect();
        assert_eq!((keys.len(), received.len()), (300 - lost, 300 - lost + twice(2)));
        let names: Vec<_> =
            received.iter().map(|one| one.json()["path"].as_str().unwrap().to_owned()).collect();
        let order: Vec<_> = all.iter().map(|delivery| delivery.body["path"].as_str().unwrap()).collect();
        let place = |name: &String| order.iter().position(|path| path == name);
        assert!(!names.iter().is_sorted_by_key(place), "some overtake others");
        fates.push(all.iter().map(|delivery| (delivery.lost, delivery.attempts.len())).collect::<Vec<_>>());
    }
    assert_eq!(fates[0], fates[1]);
    assert_ne!(fates[0], fates[2]);
}

#[tokio::test]
async fn nobody_who_changes_the_world_waits_for_a_receiver() {
    let (gitlab, _, _) = ground().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    gitlab.change(|world| {
        world.add_hook(HookOwner::Instance, &url);
        world.hooks.timeout = Duration::from_secs(1);
    });
    let start = Instant::now();
    rename_often(&gitlab, 3);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    for delivery in deliveries(&gitlab).await {
        let attempt = &delivery.attempts[0];
        assert_eq!((delivery.attempts.len(), attempt.status), (1, None), "no retry");
        assert!(attempt.took >= Duration::from_secs(1) && attempt.error.is_some());
    }
}

#[tokio::test]
async fn a_failing_hook_of_a_project_is_off_for_longer_and_longer_and_then_for_good() {
    let (gitlab, api, receiver) = ground().await;
    let hook = receiver.hook(&gitlab, HookOwner::Project(SHOP));
    let status = || {
        let world = gitlab.world();
        world.alert_status(&world.hooks.by_id[&hook.id])
    };
    let push = async || {
        gitlab.change(|world| world.push(SHOP, ANN, &[sandbox::gitlab::Ref::Branch("main")]));
        deliveries(&gitlab).await.len()
    };
    receiver.answer_with(500);
    for sent in 1..=4 {
        assert_eq!((status(), push().await), (AlertStatus::Executable, sent));
    }
    assert_eq!((status(), push().await), (AlertStatus::TemporarilyDisabled, 4), "not sent");
    gitlab.world().clock_offset_s += 61;
    assert_eq!((status(), push().await), (AlertStatus::Executable, 5));
    gitlab.world().clock_offset_s += 61;
    assert_eq!(status(), AlertStatus::TemporarilyDisabled, "two minutes this time");
    let shown = api.get(&format!("/api/v4/projects/7/hooks/{}", hook.id)).await.json();
    assert_eq!(shown["alert_status"], "temporarily_disabled");
    assert!(shown["disabled_until"].is_string());
    for sent in 6..=40 {
        gitlab.world().clock_offset_s += 25 * 3600;
        assert_eq!(push().await, sent);
    }
    gitlab.world().clock_offset_s += 25 * 3600;
    assert_eq!((status(), push().await), (AlertStatus::Disabled, 40));
    receiver.answer_with(200);
    let test = format!("/api/v4/projects/7/hooks/{}/test/push_events", hook.id);
    assert_eq!(api.post(&test, &[]).await.status, 201);
    assert_eq!(status(), AlertStatus::Executable, "a test that goes well switches it on again");
}

#[tokio::test]
async fn a_system_hook_is_never_switched_off() {
    let (gitlab, _, receiver) = ground().await;
    receiver.hook(&gitlab, HookOwner::Instance);
    receiver.answer_with(404);
    rename_often(&gitlab, 45);
    deliveries(&gitlab).await;
    rename_often(&gitlab, 1);
    assert_eq!(deliveries(&gitlab).await.len(), 46);
}

#[tokio::test]
async fn a_body_beyond_25_megabytes_is_not_sent() {
    let (gitlab, _, receiver) = ground().await;
    receiver.hook(&gitlab, HookOwner::Instance);
    gitlab.change(|world| {
        world.users.get_mut(&ANN).unwrap().name = "x".repeat(26 * 1024 * 1024);
        world.add_member(Place::Project(SHOP), ANN, level::DEVELOPER);
    });
    let attempt = &deliveries(&gitlab).await[0].attempts[0];
    assert_eq!((attempt.status, receiver.received().len()), (None, 0));
}
