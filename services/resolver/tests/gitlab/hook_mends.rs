//! What `hooks install` and `remove` do about hooks that GitLab has stopped calling or does not sign, and about places that
//! fail, on the model of GitLab.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use axum::{Router, http::StatusCode};
use resolver::hooks::{Choice, Done, Hooks, Mode, Outcome, Wanted};
use runtime::{metrics::Metrics, secret::Secret};
use sandbox::{
    Fault, FaultKind,
    gitlab::{AlertStatus, HookOwner, Place, Ref, World, level},
};

use crate::stage::{ACME, SHOP, Stage, TOKEN, config};

const SECRET: &str = "never-to-be-shown";
const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const PERSON: &str = "glpat-of-a-person";

/// A gateway, as far as GitLab sees it: it answers with this status.
struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
}

impl Receiver {
    async fn start() -> Self {
        let status = Arc::new(AtomicU16::new(202));
        let told = status.clone();
        let answer = async move || StatusCode::from_u16(told.load(Ordering::SeqCst)).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
        Self { url, status }
    }

    fn wanted(&self, secret: Option<&str>, key: Option<&str>) -> Wanted {
        Wanted::at(&self.url.parse().unwrap(), secret.map(Secret::from), key.map(Secret::from))
    }
}

fn hooks(stage: &Stage, token: &str) -> Hooks {
    Hooks::new(&config(stage.gitlab.url(), token), Arc::new(Metrics::new().unwrap())).unwrap()
}

/// Groups `acme`, `globex` and `initech`.
fn three_groups(world: &mut World) {
    world.add_group(11, "globex");
    world.add_group(12, "initech");
}

fn named(groups: &[&str], projects: &[&str]) -> Choice {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Choice { groups: owned(groups), projects: owned(projects), and_default: false }
}

async fn install(hooks: &Hooks, wanted: &Wanted, choice: &Choice) -> Vec<Done> {
    let places = hooks.places(choice).await.unwrap();
    hooks.install(wanted, &places, Mode::Apply).await.unwrap()
}

fn results(done: &[Done]) -> Vec<(&str, Outcome)> {
    done.iter().map(|done| (done.place.as_str(), done.result)).collect()
}

#[tokio::test]
async fn a_hook_that_gitlab_switched_off_is_woken_by_a_test_request() {
    let (stage, receiver) = (Stage::of(1).await, Receiver::start().await);
    let (hooks, wanted) = (hooks(&stage, TOKEN), receiver.wanted(Some(SECRET), None));
    let shop = named(&[], &["acme/shop"]);
    let made = install(&hooks, &wanted, &shop).await;
    let id = made[0].hook.unwrap();
    let status = || {
        let world = stage.gitlab.world();
        world.alert_status(&world.hooks.by_id[&id])
    };
    receiver.status.store(401, Ordering::SeqCst);
    while status() == AlertStatus::Executable {
        stage.gitlab.change(|world| world.push(SHOP, 1, &[Ref::Branch("main")]));
        assert!(stage.gitlab.delivered(std::time::Duration::from_secs(20)).await);
    }
    let in_vain = install(&hooks, &wanted, &shop).await;
    assert_eq!(results(&in_vain), [("project acme/shop", Outcome::Failed)]);
    let said = in_vain[0].details.join("; ");
    assert!(said.contains("a test request failed") && said.contains("422"), "{said}");
    receiver.status.store(202, Ordering::SeqCst);
    let woken = install(&hooks, &wanted, &shop).await;
    assert_eq!(
        (results(&woken), status()),
        (vec![("project acme/shop", Outcome::Woken)], AlertStatus::Executable)
    );
    assert_eq!(results(&install(&hooks, &wanted, &shop).await), [("project acme/shop", Outcome::Updated)]);
}

#[tokio::test]
async fn a_signing_token_that_gitlab_ignores_is_told() {
    let (stage, receiver) = (Stage::of(1).await, Receiver::start().await);
    stage.gitlab.world().hooks.take_signing_tokens = false;
    let (hooks, default) = (hooks(&stage, TOKEN), Choice::default());
    let signed = receiver.wanted(None, Some(KEY));
    for _ in ["made", "changed"] {
        let done = install(&hooks, &signed, &default).await;
        assert_eq!(results(&done), [("system", Outcome::Failed)]);
        let said = done[0].details.last().unwrap();
        assert!(said.contains("GitLab ignores it") && said.contains("GUASSP_WEBHOOKS__SECRET"), "{said}");
    }
    let both = install(&hooks, &receiver.wanted(Some(SECRET), Some(KEY)), &default).await;
    assert_eq!(results(&both), [("system", Outcome::Updated)]);
    assert!(both[0].details.last().unwrap().contains("the secret token alone counts"), "{both:?}");
    stage.gitlab.world().hooks.take_signing_tokens = true;
    let done = install(&hooks, &signed, &default).await;
    assert!(done[0].result == Outcome::Updated && !format!("{done:?}").contains("ignores"), "{done:?}");
}

#[tokio::test]
async fn a_place_that_fails_ends_nothing() {
    let (stage, receiver) = (Stage::with(three_groups).await, Receiver::start().await);
    let (hooks, wanted) = (hooks(&stage, TOKEN), receiver.wanted(Some(SECRET), None));
    let all = named(&["acme", "globex", "initech"], &[]);
    let breaks = |method: &str| {
        let fault = Fault::on(method, "/groups/11/hooks").always();
        stage.gitlab.faults().add(fault.then(FaultKind::Status(502)));
    };
    let third =
        |middle, others| [("group acme", others), ("group globex", middle), ("group initech", others)];
    for method in ["GET", "POST"] {
        breaks(method);
        let done = install(&hooks, &wanted, &all).await;
        let others = if method == "GET" { Outcome::Installed } else { Outcome::Updated };
        assert_eq!(results(&done), third(Outcome::Failed, others));
        assert!(done[1].details[0].contains("502"), "{done:?}");
        stage.gitlab.faults().clear();
    }
    assert_eq!(install(&hooks, &wanted, &all).await[1].result, Outcome::Installed);
    breaks("DELETE");
    let places = hooks.places(&all).await.unwrap();
    let done = hooks.remove(&wanted, &places, Mode::Apply).await;
    assert_eq!(results(&done), third(Outcome::Failed, Outcome::Removed));
    assert_eq!(stage.gitlab.world().hooks.by_id.len(), 1);
}

#[tokio::test]
async fn a_hook_that_somebody_else_has_removed_is_removed() {
    let (stage, receiver) = (Stage::of(1).await, Receiver::start().await);
    let (hooks, wanted) = (hooks(&stage, TOKEN), receiver.wanted(Some(SECRET), None));
    install(&hooks, &wanted, &Choice::default()).await;
    let gate = stage.gitlab.faults().hold("DELETE", "/hooks/", 1);
    let places = hooks.places(&Choice::default()).await.unwrap();
    let others = async {
        gate.arrived().await;
        stage.gitlab.world().hooks.by_id.clear();
        gate.release();
    };
    let (done, ()) = tokio::join!(hooks.remove(&wanted, &places, Mode::Apply), others);
    assert_eq!(results(&done), [("system", Outcome::Removed)]);
}

#[tokio::test]
async fn who_owns_no_group_installs_at_the_projects_that_he_maintains() {
    let receiver = Receiver::start().await;
    let stage = Stage::with(|world| {
        world.add_user(1, "ann");
        world.add_token(PERSON, 1, &["api"]);
        for id in 100..230 {
            world.add_project(id, &format!("acme/p{id}"));
            let level = if id < 220 { level::MAINTAINER } else { level::DEVELOPER };
            world.add_member(Place::Project(id), 1, level);
        }
    })
    .await;
    let (hooks, wanted) = (hooks(&stage, PERSON), receiver.wanted(Some(SECRET), None));
    let places = hooks.places(&Choice::default()).await.unwrap();
    assert_eq!((places.maintained(), places.have_projects()), (Some(120), true));
    let done = hooks.install(&wanted, &places, Mode::Apply).await.unwrap();
    assert!(done.len() == 120 && done.iter().all(|done| done.result == Outcome::Installed), "{done:?}");
    let owners: Vec<_> = stage.gitlab.world().hooks.by_id.values().map(|hook| hook.owner).collect();
    assert!(!owners.contains(&HookOwner::Project(SHOP)) && !owners.contains(&HookOwner::Project(220)));

    stage.gitlab.change(|world| world.add_member(Place::Group(ACME), 1, level::OWNER));
    let places = hooks.places(&Choice::default()).await.unwrap();
    assert_eq!((places.maintained(), places.list().len()), (None, 1), "a group is better");
    let beside = Choice { and_default: true, ..named(&["acme"], &["acme/p100"]) };
    let places = hooks.places(&beside).await.unwrap();
    let names: Vec<_> = places.list().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["group acme", "project acme/p100"]);
}
