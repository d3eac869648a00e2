//! A gateway is killed in the middle of a burst, among deliveries of people who are not GitLab: what was answered is there
//! once, and so is what it leads to.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use e2e::{Person, Project, Scene, Settings, grants, stories::grants::MAINTAINER, wait};
use futures::{StreamExt, future::join, stream};
use proto::{ProjectId, subject};
use sandbox::gitlab::level;
use serde_json::json;

use super::{Letter, SECRET, door, fleet, until_granted, until_running};
use crate::fleet::{Fleet, Role};

const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "whsec_HxwdHh8BAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=";
const PROJECTS: usize = 20;
const HOOKS: usize = 500;
/// After so many answers the gateway dies.
const ANSWERED: usize = 200;
/// One bad delivery of each kind for so many good ones.
const BETWEEN: usize = 25;
/// The largest body that is taken.
const LARGEST: usize = 20_000;

/// A delivery that was signed with this key, so many seconds ago.
fn signed(key: &str, id: &str, ago: i64, body: String) -> Letter {
    let at = jiff::Timestamp::now().as_second() - ago;
    let signature = sandbox::gitlab::sign(key, id, at, body.as_bytes()).expect("a key");
    let headers = vec![
        ("x-gitlab-event", "System Hook".to_owned()),
        ("idempotency-key", id.to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", signature),
    ];
    Letter { headers, body }
}

fn member(project: &Project) -> String {
    json!({ "event_name": "user_add_to_team", "project_id": project.id, "project_path_with_namespace": project.path })
        .to_string()
}

/// What nobody should send, and how it is answered.
fn bad(nth: usize, good: &Letter, project: &Project) -> Vec<(&'static str, Letter, u16)> {
    let id = format!("bad-{nth}");
    let sign = |key, ago, body| signed(key, &id, ago, body);
    let token = vec![("x-gitlab-token", SECRET.to_owned())];
    let mut renamed = good.clone();
    renamed.headers.retain(|(name, _)| *name != "idempotency-key");
    renamed.headers.push(("idempotency-key", id.clone()));
    let large = json!({ "event_name": "push", "noise": " ".repeat(LARGEST) }).to_string();
    vec![
        ("forged", sign(OTHER, 0, member(project)), 401),
        ("of another body", Letter { body: "{}".to_owned(), ..sign(KEY, 0, member(project)) }, 401),
        ("unsigned", Letter { headers: token, body: member(project) }, 401),
        ("stale", sign(KEY, 400, member(project)), 401),
        ("oversized", sign(KEY, 0, large), 413),
        ("malformed", sign(KEY, 0, "{\"event_name\": ".to_owned()), 400),
        // What comes again is taken, and dropped.
        ("replayed", renamed, 202),
    ]
}

/// Sends it until it is answered, as often as nobody answers; gives every status there was.
async fn persist(http: &reqwest::Client, url: &str, letter: &Letter, wanted: u16) -> Vec<u16> {
    let told = std::sync::Mutex::new(Vec::new());
    let answered = async || {
        let status = letter.send(http, url).await?;
        told.lock().expect("nobody panics").push(status);
        // 503 asks for another try.
        (status == wanted || status < 500).then_some(())
    };
    wait::until("an answer", answered).await;
    told.into_inner().expect("nobody panics")
}

/// Projects that were never synchronised, each with a maintainer.
async fn projects(scene: &Scene) -> Vec<(Project, Person)> {
    let mut projects = Vec::new();
    for _ in 0..PROJECTS {
        let (project, person) = (scene.project("burst").await, scene.person("maintainer").await);
        scene.join(&project, &person, level::MAINTAINER);
        projects.push((project, person));
    }
    projects
}

/// Sends everything, several at a time, while the gateway is killed and comes back.
async fn burst(scene: &Scene, fleet: &mut Fleet, projects: &[(Project, Person)]) {
    let (http, url, answered) = (reqwest::Client::new(), door(scene), AtomicUsize::new(0));
    let sent = async |nth: usize| {
        let project = &projects[nth % PROJECTS].0;
        let good = signed(KEY, &format!("hook-{nth}"), 0, member(project));
        let told = persist(&http, &url, &good, 202).await;
        assert!(told.ends_with(&[202]) && told.iter().all(|status| [202, 503].contains(status)), "{told:?}");
        answered.fetch_add(1, Ordering::Relaxed);
        if nth.is_multiple_of(BETWEEN) {
            for (what, letter, wanted) in bad(nth, &good, project) {
                let told = persist(&http, &url, &letter, wanted).await;
                assert_eq!(told, [wanted], "{what}");
            }
        }
    };
    let sending = stream::iter(0..HOOKS).map(sent).buffer_unordered(16).collect::<Vec<()>>();
    let death = async {
        let enough = async || (answered.load(Ordering::Relaxed) >= ANSWERED).then_some(());
        wait::until("the middle of the burst", enough).await;
        fleet.kill(Role::Gateway).await;
        let before = answered.load(Ordering::Relaxed);
        fleet.start(&[Role::Gateway]);
        before
    };
    let (_, before) = join(sending, death).await;
    assert!(before < HOOKS, "it died after the burst");
}

#[tokio::test]
async fn what_a_killed_gateway_had_answered_is_there_once_and_leads_to_what_it_should() {
    let settings = Settings { ack_wait: Duration::from_secs(1), ..Settings::default() };
    let largest = LARGEST.to_string();
    let more = [
        ("GUASSP_WEBHOOKS__SIGNING_KEY", KEY),
        ("GUASSP_WEBHOOKS__MAX_BODY_BYTES", largest.as_str()),
        ("GUASSP_WEBHOOKS__LOOK_AGAIN", ""),
    ];
    let (scene, mut fleet) = fleet(settings, &more).await;
    let projects = projects(&scene).await;
    let all: Vec<&Project> = projects.iter().map(|(project, _)| project).collect();
    until_running(&scene, &mut fleet, &all).await;
    burst(&scene, &mut fleet, &projects).await;

    let stored = scene.gitlab_events().await;
    let mut times = BTreeMap::<&str, usize>::new();
    stored.iter().for_each(|event| *times.entry(&event.id).or_default() += 1);
    let hooks: Vec<String> = (0..HOOKS).map(|nth| format!("hook-{nth}")).collect();
    let wanted: BTreeMap<&str, usize> = hooks.iter().map(|id| (id.as_str(), 1)).collect();
    assert_eq!(times, wanted, "each hook once, and nothing of anybody else");
    scene.drained(subject::GITLAB, subject::GATEWAY_HOOKS).await;
    for (project, maintainer) in &projects {
        until_granted(&scene, project, &grants(&[(maintainer, MAINTAINER)])).await;
    }
    let begun = &scene.stack.runtime.jetstream.projects;
    for event in &stored {
        let id: ProjectId = event.project.as_ref().and_then(|project| project.id).expect("a project");
        let read = async || begun.started(id).await.ok()?.filter(|started| started.at >= event.received_at);
        wait::until(&format!("a reading after {}", event.id), read).await;
    }
}
