//! A job's token is on no command line, in no file and in no log.

use std::fs;

use e2e::{Project, Scene, wait};
use futures::join;
use proto::TaskId;

use super::{members, project, scene};
use crate::job::Job;

/// The token of a running job, unlike any other on this machine: those of the sandbox are the same in every scene.
fn job_token(scene: &Scene, project: &Project) -> String {
    let (token, runner) = (format!("glcbt-64_{}", TaskId::new()), scene.stranger("runner"));
    scene.gitlab.world().start_job_with(project.id, runner.id, &token);
    token
}

/// The command lines of all processes.
fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let line = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).ok();
    processes.filter_map(line).map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

/// Waits for the curl of `job` whose command line has `words`, and looks for the token around it.
async fn curl_without(token: &str, job: &Job, gateway: &str, words: &str) {
    let is_curl =
        |line: &&String| line.starts_with("curl ") && line.contains(gateway) && line.contains(words);
    let lines = wait::until(words, async || {
        let lines = command_lines();
        lines.iter().any(|line| is_curl(&line)).then_some(lines)
    });
    assert_eq!(lines.await.iter().find(|line| line.contains(token)), None);
    for file in walk(job) {
        assert!(!fs::read_to_string(&file).is_ok_and(|text| text.contains(token)), "{file:?}");
    }
}

fn walk(job: &Job) -> Vec<std::path::PathBuf> {
    let below = |path: std::path::PathBuf| fs::read_dir(path).expect("a folder").filter_map(Result::ok);
    let top: Vec<_> = below(job.folder().to_owned()).map(|entry| entry.path()).collect();
    assert_eq!(top.len(), 1, "one folder, to be removed in the end");
    top.into_iter().flat_map(below).map(|entry| entry.path()).collect()
}

/// A traced run that is looked at while it posts, and while it waits.
async fn watched(scene: &Scene, job: Job, token: &str, members: &str) {
    let faults = scene.gitlab.faults();
    let (judging, reading) = (faults.hold("GET", "/api/v4/job", 1), faults.hold("GET", members, 1));
    let gateway = &scene.stack.gateway;
    let watch = async {
        wait::at(&judging).await;
        curl_without(token, &job, gateway, "--request POST").await;
        judging.release();
        wait::at(&reading).await;
        curl_without(token, &job, gateway, "?wait=30").await;
        reading.release();
    };
    let (ended, ()) = join!(job.run_traced(), watch);
    ended.is(0, "guassp: finished: ");
    assert!(!ended.log.contains(token), "{}", ended.log);
    faults.clear();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_seen_by_nobody_but_the_gateway() {
    let scene = scene().await;
    let project = project(&scene).await;
    let token = job_token(&scene, &project);
    let job = Job::new(&scene.stack.gateway, &token);
    watched(&scene, job, &token, &members(&project)).await;
    let token = job_token(&scene, &project);
    let job = Job::new(&scene.stack.gateway, "glcbt-of-nobody").with("GUASSP_ID_TOKEN", &token);
    watched(&scene, job, &token, &members(&project)).await;
}
