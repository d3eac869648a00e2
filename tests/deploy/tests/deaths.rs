//! Two gateways behind one nginx, and thousands of posts while either is killed, again and again: a post that was
//! accepted is a task that ends.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use e2e::{Scene, Settings, Target, wait};
use futures::{StreamExt, stream};
use proto::{ProjectId, TaskId, Verdict};
use reqwest::Client;
use serde::Deserialize;

use crate::{
    gateway::Gateway,
    nginx::{Nginx, Site},
};

const POSTS: usize = 5_000;
const AT_A_TIME: usize = 32;
/// A gateway dies when so many more posts were answered since the last one was back.
const BETWEEN_DEATHS: usize = 200;

/// To the gateways all posts come from one caller, nginx.
const ROOMY: [(&str, &str); 2] = [
    ("GUASSP_GATEWAY__LIMITS__CALLER_PER_SECOND", "100000"),
    ("GUASSP_GATEWAY__LIMITS__CALLER_BURST", "100000"),
];

/// A project with a running job, and the job's token.
type Pipeline = (ProjectId, String);

/// Projects that SonarQube does not have: their tasks end early.
fn pipelines(scene: &Scene) -> Vec<Pipeline> {
    let owner = scene.stranger("owner");
    let pipeline = |_| {
        let project = scene.gitlab_project("busy");
        scene.join(&project, &owner, 50);
        (ProjectId(project.id), scene.job(&project))
    };
    (0..POSTS).map(pipeline).collect()
}

/// What the tests read of the answer to a post.
#[derive(Debug, Deserialize)]
struct Accepted {
    id: TaskId,
}

/// What the caller of one post was told: the task, or the status that is none.
async fn post(http: &Client, nginx: &Nginx, token: &str) -> Result<TaskId, u16> {
    let post = http.post(format!("{}/task", nginx.own)).header("JOB-TOKEN", token);
    let answer = post.send().await.expect("nginx answers always");
    let status = answer.status().as_u16();
    if status != 202 {
        return Err(status);
    }
    let accepted: Accepted = answer.json().await.expect("JSON");
    Ok(accepted.id)
}

/// Kills one gateway after the other, each as soon as the one before is back and has had some work.
async fn deaths(gateways: &mut [Gateway; 2], answered: &AtomicUsize, deaths: &AtomicUsize) {
    let mut next = BETWEEN_DEATHS;
    for index in (0..2).cycle() {
        wait::until("more posts", async || (answered.load(Ordering::Relaxed) >= next).then_some(())).await;
        let gateway = gateways.get_mut(index).expect("one of two");
        gateway.kill().await;
        deaths.fetch_add(1, Ordering::Relaxed);
        gateway.start().await;
        next = answered.load(Ordering::Relaxed) + BETWEEN_DEATHS;
    }
}

/// How many requests a gateway had in hand when it died, as nginx saw it.
fn in_hand(nginx: &Nginx) -> usize {
    nginx.errors().lines().filter(|line| line.contains("while reading response header")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_post_is_a_task_that_ends_whichever_gateway_dies() {
    let settings = Settings { workers: 8, ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let pipelines = pipelines(&scene);
    let mut gateways = [Gateway::started(&scene, &ROOMY).await, Gateway::started(&scene, &ROOMY).await];
    let [one, other] = &gateways;
    let nginx = Site::new([one.address(), other.address()], one.address()).start().await;

    let (answered, died, http) = (AtomicUsize::new(0), AtomicUsize::new(0), Client::new());
    let posts = stream::iter(&pipelines).map(async |(project, token)| {
        let told = post(&http, &nginx, token).await;
        answered.fetch_add(1, Ordering::Relaxed);
        (*project, told)
    });
    let told: Vec<(ProjectId, Result<TaskId, u16>)> = tokio::select! {
        told = posts.buffer_unordered(AT_A_TIME).collect() => told,
        () = deaths(&mut gateways, &answered, &died) => panic!("it goes on for ever"),
    };

    let (mut refused, mut ended) = (BTreeMap::<u16, usize>::new(), BTreeMap::<String, usize>::new());
    for (project, told) in &told {
        match told {
            Ok(id) => {
                let record = scene.recorded_end(*id).await;
                assert_eq!(record.project, *project);
                let verdict = record.outcome.expect("an outcome").verdict;
                assert!(matches!(verdict, Verdict::Skipped | Verdict::Superseded), "{id}: {verdict:?}");
                *ended.entry(format!("{verdict:?}")).or_default() += 1;
            }
            Err(status) => *refused.entry(*status).or_default() += 1,
        }
    }
    let (died, in_hand) = (died.into_inner(), in_hand(&nginx));
    println!(
        "{POSTS} posts over {died} deaths, {in_hand} of them in hand: ended {ended:?}, refused {refused:?}"
    );
    assert!(died >= 4, "each gateway dies at least twice: {died} deaths");
    assert!(in_hand >= died, "no death that matters: {in_hand} requests in hand");
    assert!(refused.keys().all(|status| *status == 502), "{refused:?}");
    assert!(refused.values().sum::<usize>() < POSTS / 100, "{refused:?}");
}
