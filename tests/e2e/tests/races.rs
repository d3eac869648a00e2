//! Many triggers at once, and changes that race with the sync that should see them.

use std::time::{Duration, Instant};

use e2e::{Person, Project, Scene, Settings, Target, TaskView, grants};
use futures::future::join_all;
use proto::{TaskId, Verdict};

const REPORTER: &str = "user codeviewer";
const DEVELOPER: &str = "user codeviewer issueadmin securityhotspotadmin scan";
const MAINTAINER: &str = "user codeviewer issueadmin securityhotspotadmin scan admin";

/// When each reading of the project's members began.
fn readings(scene: &Scene, project: &Project) -> Vec<Instant> {
    let path = format!("/api/v4/projects/{}/members/all", project.id);
    let first = |query: &str| query.split('&').any(|pair| pair == "page=1");
    let requests = scene.gitlab.requests();
    requests
        .iter()
        .filter(|request| request.path == path && first(&request.query))
        .map(|request| request.at)
        .collect()
}

/// The task that did in the end what this one was asked for.
async fn settled(scene: &Scene, id: TaskId, token: &str) -> TaskView {
    let mut task = scene.ended(id, token).await;
    while task.verdict() == Verdict::Superseded {
        let newer = task.outcome().superseded_by.expect("the task that took over");
        task = scene.ended(newer, token).await;
    }
    task
}

/// Posts from 200 jobs at once, in turn at each of `gateways`; returns the ids and when the last one was sent.
async fn burst(scene: &Scene, project: &Project, gateways: &[String]) -> (Vec<(TaskId, String)>, Instant) {
    let jobs: Vec<String> = (0..200).map(|_| scene.job(project)).collect();
    let sent = Instant::now();
    let posts = jobs.iter().zip(gateways.iter().cycle()).map(|(job, gateway)| scene.post_at(gateway, job));
    let ids = join_all(posts).await;
    (ids.into_iter().zip(jobs).collect(), sent)
}

async fn settled_all(scene: &Scene, posts: &[(TaskId, String)]) {
    let mut ids: Vec<_> = posts.to_vec();
    ids.sort();
    ids.dedup_by_key(|(id, _)| *id);
    for (id, token) in ids {
        assert_eq!(settled(scene, id, &token).await.verdict(), Verdict::Done);
    }
}

async fn busy_project() -> (Scene, Project) {
    let settings = Settings { min_interval: Duration::from_secs(10), ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let project = scene.project("busy").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    (scene, project)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_posts_through_one_gateway_make_two_syncs_at_most() {
    let (scene, project) = Box::pin(busy_project()).await;
    let (posts, sent) = burst(&scene, &project, std::slice::from_ref(&scene.stack.gateway)).await;
    settled_all(&scene, &posts).await;
    let readings = readings(&scene, &project);
    assert!((1..=2).contains(&readings.len()), "{} syncs", readings.len());
    assert!(
        readings.last().is_some_and(|last| *last > sent),
        "the last sync read GitLab after the last post"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_posts_through_two_gateways_make_three_syncs_at_most() {
    let (scene, project) = Box::pin(busy_project()).await;
    let other = scene.another_gateway().await;
    let gateways = [scene.stack.gateway.clone(), other.gateway.clone()];
    let (posts, sent) = burst(&scene, &project, &gateways).await;
    settled_all(&scene, &posts).await;
    let readings = readings(&scene, &project);
    assert!((1..=3).contains(&readings.len()), "{} syncs", readings.len());
    assert!(
        readings.last().is_some_and(|last| *last > sent),
        "the last sync read GitLab after the last post"
    );
}

/// A generator of numbers that are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Changes a level at a seeded moment of a running sync, posts again, and looks at what SonarQube shows then.
async fn race(
    scene: &Scene,
    project: &Project,
    owner: &Person,
    person: &Person,
    level: u16,
    moment: Duration,
) {
    let token = scene.job(project);
    scene.post(&token).await;
    tokio::time::sleep(moment).await;
    scene.change_level(project, person, level);
    let id = scene.post(&token).await;
    settled(scene, id, &token).await;
    let worth = if level == 20 { REPORTER } else { DEVELOPER };
    let wanted = grants(&[(owner, MAINTAINER), (person, worth)]);
    assert_eq!(scene.grants(project).await, wanted, "changed {moment:?} after the first post");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_during_a_sync_is_in_sonarqube_after_the_next_post() {
    let scene = Scene::start(&Target::Model).await;
    let lanes = (0..8).map(async |lane| {
        let project = scene.project(&format!("race{lane}")).await;
        let (owner, person) = (scene.person("owner").await, scene.person("person").await);
        scene.join(&project, &owner, 50);
        scene.join(&project, &person, 30);
        let mut seeded = Seeded(lane);
        for round in 0..26_u64 {
            let level = if round % 2 == 0 { 20 } else { 30 };
            let moment = Duration::from_micros(seeded.below(60_000));
            race(&scene, &project, &owner, &person, level, moment).await;
        }
    });
    join_all(lanes).await;
}
