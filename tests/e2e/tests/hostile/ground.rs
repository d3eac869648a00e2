//! The gateway that is attacked: a process of its own, watched from outside, and an honest caller that goes on asking.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use e2e::{
    Scene, Settings, Target,
    binary::{self, Process},
    wait,
};
use futures::{StreamExt, stream};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinHandle,
};

use super::attack::Attack;

/// What a gateway may need of memory, whatever is done to it: with the pages of its program (17 MB in a release build)
/// it stays below 60 MB.
const MOST_MEMORY_KIB: u64 = 40 * 1024;
/// How long an honest caller waits for an answer on a machine that is busy attacking.
const HONEST_PATIENCE: Duration = Duration::from_secs(10);
/// Two rounds a second stay below what the jobs of one project may trigger.
const HONEST_PAUSE: Duration = Duration::from_millis(500);
/// Attacks at a time; less than the connections that one address may have active.
const AT_ONCE: usize = 100;
/// Lines that hostile requests could write would fill a disk.
const LARGEST_LOG: usize = 1 << 20;

pub(crate) struct Ground {
    pub(crate) address: SocketAddr,
    _scene: Scene,
    gateway: Process,
    honest: JoinHandle<()>,
    rounds: Arc<AtomicUsize>,
    log: PathBuf,
    _folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Ground {
    /// A gateway with its default settings; on two threads, as memory depends on their number.
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    /// The same with so many open files, or all that a process may have.
    pub(crate) async fn with(open_files: Option<u32>) -> Self {
        // A crowd takes most of the files that this process may have open.
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let mut scene = Scene::with(&Target::Model, Settings::default()).await;
        assert!(scene.stack.stop().await);
        let environment = scene.environment(&[("TOKIO_WORKER_THREADS", "2")]);
        let (status, said) = binary::run(&["topology"], &environment).await;
        assert!(status.success(), "{said}");
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("log");
        let gateway = Process::start_with_log(&["gateway"], &environment, &log, open_files);
        scene.turn_to(&environment).await;
        let address = scene.stack.gateway.trim_start_matches("http://").parse().expect("an address");
        let token = scene.job(&scene.gitlab_project("attacked"));
        let rounds = Arc::new(AtomicUsize::new(0));
        let caller = Honest::new(&scene, &token);
        let honest = tokio::spawn(caller.ask_on(rounds.clone()));
        Self { address, _scene: scene, gateway, honest, rounds, log, _folder: folder, _turn: turn }
    }

    /// Launches all of them from one address; returns how many there were.
    pub(crate) async fn stand(&self, name: &str, from: Ipv4Addr, attacks: Vec<Attack>) -> usize {
        let count = attacks.len();
        let launch = |attack: Attack| async move { attack.launch(self.address, from).await.err() };
        let wrong = stream::iter(attacks).map(launch).buffer_unordered(AT_ONCE);
        let wrong: Vec<String> = wrong.filter_map(std::future::ready).collect().await;
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        self.check(name).await;
        count
    }

    /// What the gateway has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log")
    }

    /// The gateway lives, has not panicked, needs little, and an honest caller that asks now is answered.
    pub(crate) async fn check(&self, name: &str) {
        // The round that is under way may have begun before the attack.
        let enough = self.rounds.load(Ordering::Relaxed) + 2;
        let rounds = async || (self.honest.is_finished() || self.rounds() >= enough).then_some(());
        wait::until("rounds of the honest caller", rounds).await;
        assert!(!self.honest.is_finished(), "{name}: the honest caller was not answered");
        let log = self.log();
        assert!(log.contains("gateway listens") && !log.contains("panicked"), "{name}: {log}");
        assert!(log.len() < LARGEST_LOG, "{name}: {} bytes in the log", log.len());
        let memory = self.memory();
        assert!(memory < MOST_MEMORY_KIB, "{name}: {memory} KiB");
    }

    fn rounds(&self) -> usize {
        self.rounds.load(Ordering::Relaxed)
    }

    /// The most memory that the process ever had resident, in KiB, without the pages of its program, which are twice as
    /// many in a build for tests; it has none when it is dead.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(self.proc("status")).expect("a living process");
        let figure = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
            line.and_then(|number| number.trim().parse().ok()).expect("a figure")
        };
        figure("VmHWM:").saturating_sub(figure("RssFile:"))
    }

    /// How many files, and so connections, the process has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(self.proc("fd")).expect("a living process").count()
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.gateway.id().expect("a living process")))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.honest.abort();
    }
}

/// A CI job at an address from which nobody attacks; each request comes on a new connection.
struct Honest {
    http: Client,
    gateway: String,
    token: String,
}

impl Honest {
    fn new(scene: &Scene, token: &str) -> Self {
        let http = Client::builder().local_address(IpAddr::from([127, 0, 0, 2])).pool_max_idle_per_host(0);
        let http = http.timeout(HONEST_PATIENCE).build().expect("a client");
        Self { http, gateway: scene.stack.gateway.clone(), token: token.to_owned() }
    }

    async fn ask_on(self, rounds: Arc<AtomicUsize>) {
        let mut pause = tokio::time::interval(HONEST_PAUSE);
        loop {
            pause.tick().await;
            let health = self.json(self.http.get(format!("{}/health", self.gateway)), 200).await;
            assert_eq!(health["health"], "healthy");
            // With a body, as there may be attacks on the room for those.
            let post = self.http.post(format!("{}/task", self.gateway));
            let task = self.json(post.json(&json!({"job_token": self.token})), 202).await;
            let id = task["id"].as_str().expect("an id");
            let look = self.http.get(format!("{}/task/{id}", self.gateway));
            let look = self.json(look.header("job-token", &self.token), 200).await;
            assert_eq!((&look["id"], &look["state"]), (&task["id"], &"queued".into()));
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn json(&self, request: RequestBuilder, status: u16) -> Value {
        let answer = request.send().await.expect("an answer in time");
        assert_eq!(answer.status(), status);
        answer.json().await.expect("JSON")
    }
}
