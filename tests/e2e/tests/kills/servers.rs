//! nats-server dies, or everything at once.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_server_may_die_while_tasks_are_read_and_written() {
    let settings = Settings { ack_wait: Duration::from_secs(2), attempts: 8, ..Settings::default() };
    let mut scene = Scene::with(&Target::Model, settings).await;
    let reporter = scene.person("reporter").await;
    let (read, written) = (scene.project("read").await, scene.project("written").await);
    for project in [&read, &written] {
        scene.join(project, &reporter, 20);
    }
    let reading = scene.gitlab.faults().hold("GET", &format!("/projects/{}/members", read.id), 1);
    let writing = scene.model().faults().hold("POST", "/api/permissions/add_user", 2);
    let jobs = [scene.job(&read), scene.job(&written)];
    let ids = [scene.post(&jobs[0]).await, scene.post(&jobs[1]).await];
    futures::join!(wait::at(&reading), wait::at(&writing));
    scene.nats.kill().await;
    reading.release();
    writing.release();
    for (id, job) in ids.iter().zip(&jobs) {
        assert_eq!(scene.ended(*id, job).await.verdict(), Verdict::Done);
    }
    for project in [&read, &written] {
        assert_eq!(scene.grants(project).await, grants(&[(&reporter, REPORTER)]));
    }
}

/// An `all-in-one`, and the nats-server it started, which outlives a `kill -9` and must not outlive the test.
struct AllInOne {
    process: Option<Process>,
    environment: Vec<(String, String)>,
    folder: TempDir,
}

impl AllInOne {
    fn new(scene: &Scene) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut environment = scene.environment(&[("GUASSP_DATA_DIR", &folder.path().display().to_string())]);
        environment.retain(|(name, _)| name != "NATS_URL");
        let of_this_process = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        environment.extend(["PATH", "NATS_SERVER_BIN"].into_iter().filter_map(of_this_process));
        Self { process: None, environment, folder }
    }

    fn start(&mut self) {
        self.process = Some(Process::start(&["all-in-one"], &self.environment));
    }

    async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await;
    }

    /// The nats-server's process id, while it runs.
    fn server(&self) -> Option<u32> {
        let nats: PathBuf = self.folder.path().join("nats");
        let id = std::fs::read_to_string(nats.join("nats-server.pid")).ok()?.trim().parse().ok()?;
        runs(id).then_some(id)
    }
}

impl Drop for AllInOne {
    fn drop(&mut self) {
        self.process = None;
        let id = self.server().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

/// Whether it lives; the dead whom nobody has buried yet have no command line.
fn runs(id: u32) -> bool {
    std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_in_one_may_die_and_goes_on_with_its_store_and_one_server() {
    let settings = Settings { ack_wait: Duration::from_secs(1), ..Settings::default() };
    let mut scene = Scene::with(&Target::Model, settings).await;
    assert!(scene.stack.stop().await);
    let mut all = AllInOne::new(&scene);
    let (project, reporter) = (scene.project("alone").await, scene.person("reporter").await);
    scene.join(&project, &reporter, 20);
    all.start();
    scene.turn_to(&all.environment).await;
    let writing = scene.model().faults().hold("POST", "/api/permissions/add_user", 2);
    let job = scene.job(&project);
    let id = scene.post(&job).await;
    wait::at(&writing).await;
    let left_behind = all.server().expect("its nats-server runs");
    all.kill().await;
    assert_eq!(all.server(), Some(left_behind), "nobody has ended it yet");
    writing.release();

    all.start();
    scene.turn_to(&all.environment).await;
    assert!(!runs(left_behind), "two servers on one store");
    assert_eq!(scene.ended(id, &job).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&reporter, REPORTER)]));
    let now = wait::until("its new nats-server", async || all.server()).await;
    assert_ne!(now, left_behind);
}
