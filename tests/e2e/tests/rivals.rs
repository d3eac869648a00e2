//! Two appliers, one of which is killed every second, and many triggers: each project has one writer at a time, and in
//! the end the right grants.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use e2e::{
    LEVELS, Person, Project, Scene, Seeded, Settings, binary::Process, free_port, grants, wait, worth,
};
use futures::{StreamExt, stream};
use sandbox::{Write, sonarqube::Visibility};
use tokio::time::MissedTickBehavior;

use crate::fleet::{Fleet, Role};

const PROJECTS: usize = 200;
/// Triggers of each project.
const ROUNDS: usize = 10;
const PEOPLE: usize = 4;
/// Posts at a time.
const AT_A_TIME: usize = 16;

/// Two appliers, each with an account of its own, so that the journal tells who wrote.
struct Rivals<'a> {
    scene: &'a Scene,
    fleet: &'a Fleet,
    started: u32,
    /// The older first.
    alive: VecDeque<Process>,
}

impl<'a> Rivals<'a> {
    async fn start(scene: &'a Scene, fleet: &'a Fleet) -> Self {
        let mut rivals = Self { scene, fleet, started: 0, alive: VecDeque::new() };
        rivals.another().await;
        rivals.another().await;
        rivals
    }

    /// One more, when it is ready.
    async fn another(&mut self) {
        self.started += 1;
        let (login, token) = (format!("applier-{}", self.started), format!("squ_applier_{}", self.started));
        self.scene.model().world().add_integration(&login, &token);
        let port = free_port();
        let more = [("SONARQUBE_TOKEN", token.as_str()), ("EXPORTER_LISTEN_PORT", &port)];
        let process = self.fleet.process_with(Role::Applier, &more);
        let url = format!("http://127.0.0.1:{port}/ready");
        let is_ready = async || reqwest::get(&url).await.ok()?.status().is_success().then_some(());
        wait::until("a ready applier", is_ready).await;
        self.alive.push_back(process);
    }

    /// Kills the older of the two every second, and starts a third in its place. Never ends.
    async fn fight(&mut self) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            second.tick().await;
            if let Some(older) = self.alive.pop_front() {
                older.kill().await;
            }
            self.another().await;
        }
    }
}

/// Who has which level on which project.
struct Company {
    people: Vec<Person>,
    projects: Vec<Project>,
    levels: Vec<[u16; PEOPLE]>,
}

impl Company {
    async fn found(scene: &Scene, seeded: &mut Seeded) -> Self {
        let mut people = Vec::new();
        for _ in 0..PEOPLE {
            people.push(scene.person("member").await);
        }
        let projects = stream::iter(0..PROJECTS).map(|_| scene.project("contested")).buffered(AT_A_TIME);
        let projects: Vec<Project> = projects.collect().await;
        let levels: Vec<_> = projects.iter().map(|_| [(); PEOPLE].map(|()| any_level(seeded))).collect();
        for (project, levels) in projects.iter().zip(&levels) {
            people.iter().zip(levels).for_each(|(person, level)| scene.join(project, person, *level));
        }
        Self { people, projects, levels }
    }

    /// Changes somebody on every project, and posts a job of each.
    async fn round(&mut self, scene: &Scene, seeded: &mut Seeded) {
        for (project, levels) in self.projects.iter().zip(&mut self.levels) {
            let who = usize::try_from(seeded.below(PEOPLE as u64)).expect("few");
            levels[who] = any_level(seeded);
            scene.change_level(project, &self.people[who], levels[who]);
        }
        let post = async |project| {
            let token = scene.job(project);
            scene.post_patiently(&token).await;
            scene.gitlab.world().end_job(&token);
        };
        stream::iter(&self.projects).map(post).buffer_unordered(AT_A_TIME).collect::<()>().await;
    }

    async fn is_right(&self, scene: &Scene) {
        for (project, levels) in self.projects.iter().zip(&self.levels) {
            let wanted = self.people.iter().zip(levels).map(|(person, level)| (person, worth(*level)));
            let mut held = scene.grants(project).await;
            held.retain(|login, _| login.contains("-login-"));
            assert_eq!(held, grants(&wanted.collect::<Vec<_>>()), "{}", project.key);
        }
    }
}

fn any_level(seeded: &mut Seeded) -> u16 {
    seeded.one(&LEVELS).0
}

/// No two appliers wrote to one project at the same time.
fn one_writer_at_a_time(writes: &[Write]) {
    let mut of_project = BTreeMap::<_, Vec<&Write>>::new();
    for write in writes.iter().filter(|write| write.actor.starts_with("applier-")) {
        of_project.entry(write.project.as_ref()).or_default().push(write);
    }
    for (project, writes) in of_project.into_iter().filter(|(project, _)| project.is_some()) {
        for (index, write) in writes.iter().enumerate() {
            let rival = |other: &&&Write| other.actor != write.actor && other.overlaps(write);
            let other = writes.iter().skip(index + 1).find(rival);
            assert!(other.is_none(), "{project:?}: {write:?} and {other:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_appliers_of_which_one_dies_every_second_write_one_at_a_time_and_right() {
    // A call of a killed applier is carried out all the same. That must be over when another one takes the plan: on a
    // machine that is busy with other tests it has taken more than two seconds.
    let settings = Settings { ack_wait: Duration::from_secs(4), attempts: 30, ..Settings::default() };
    let (scene, mut fleet) = Box::pin(Fleet::none(settings, &[])).await;
    scene.model().world().default_visibility = Visibility::Private;
    let mut seeded = Seeded::new(1);
    let mut company = Company::found(&scene, &mut seeded).await;
    fleet.start(&[Role::Gateway, Role::Resolver]);
    let mut rivals = Rivals::start(&scene, &fleet).await;
    let triggers = async {
        for _ in 0..ROUNDS {
            company.round(&scene, &mut seeded).await;
        }
    };
    tokio::select! {
        () = triggers => {}
        () = rivals.fight() => {}
    }
    // Whoever is alive ends what is left: on a busy machine a second is too short a life to begin a task and end it.
    for project in &company.projects {
        scene.quiet(project).await;
    }
    company.is_right(&scene).await;
    let writes = scene.model().writes();
    one_writer_at_a_time(&writes);
    let mut writers: Vec<&str> = writes.iter().map(|write| write.actor.as_str()).collect();
    writers.sort_unstable();
    writers.dedup();
    assert!(
        rivals.started >= 5 && writers.len() >= 4,
        "{} appliers, of which {writers:?} wrote",
        rivals.started
    );
}
