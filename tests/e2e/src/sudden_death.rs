//! An applier that is killed while it writes a project by a permission template: whoever looks then sees everything as it
//! was, or everything as it is planned, and the next applier ends what is left.

use std::time::{Duration, Instant};

use applier::rules::Ways;
use futures::{StreamExt, stream};
use proto::{TaskRecord, Verdict};

use crate::{
    Grants, LEVELS, Person, Project, Scene, Seeded, Settings, Target, Wish,
    binary::{self, Process},
    grants, worth,
};

/// Everybody who is to have something, and as many as that with something to lose.
const MEMBERS: usize = 40;
const LEAVERS: usize = 8;
/// Calls to SonarQube at a time.
const AT_A_TIME: usize = 8;

/// How often a kill left things as they were, and as they were planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    pub before: u32,
    pub planned: u32,
}

/// Everything that is held on a project, by people and by groups.
type Held = (Grants, Grants);

struct Ground {
    scene: Scene,
    environment: Vec<(String, String)>,
    members: Vec<(Person, u16)>,
    leavers: Vec<Person>,
    applier: Option<Process>,
}

/// Kills an applier so many times, each time at a random moment in the first sync of a project with forty members.
pub async fn a_template_is_applied_whole_or_not_at_all(target: &Target, kills: u64) -> Left {
    let mut ground = Box::pin(Ground::new(target)).await;
    let undisturbed = ground.undisturbed().await;
    let mut left = Left::default();
    for seed in 0..kills {
        let most = u64::try_from(undisturbed.as_micros()).expect("soon");
        let after = Duration::from_micros(Seeded::new(seed).below(most));
        ground.trial(seed, after, &mut left).await;
    }
    left
}

impl Ground {
    async fn new(target: &Target) -> Self {
        let settings = Settings {
            ack_wait: Duration::from_secs(1),
            attempts: 8,
            ways: Ways::Template,
            ..Settings::default()
        };
        let scene = Scene::with(target, settings).await;
        assert!(scene.stack.stop().await);
        let environment = scene.environment(&[("GUASSP_APPLIER__WRITE", "template")]);
        let (status, said) = binary::run(&["topology"], &environment).await;
        assert!(status.success(), "{said}");
        if let Some(model) = &scene.sonarqube {
            // As long as on a real server, so that there is a time to be killed in.
            model.world().write_delay = Duration::from_millis(4);
        }
        let people = stream::iter(0..MEMBERS + LEAVERS).map(|_| scene.person("killed"));
        let mut members: Vec<Person> = people.buffered(AT_A_TIME).collect().await;
        let leavers = members.split_off(MEMBERS);
        let levels = LEVELS.iter().cycle().map(|(level, _)| *level);
        let mut ground = Self {
            members: members.into_iter().zip(levels).collect(),
            leavers,
            scene,
            environment,
            applier: None,
        };
        ground.start();
        ground
    }

    fn start(&mut self) {
        self.applier = Some(Process::start(&["applier"], &self.environment));
    }

    async fn kill(&mut self) {
        self.applier.take().expect("it runs").kill().await;
    }

    fn wish(&self) -> Wish {
        Wish { members: self.members.clone(), ..Wish::default() }
    }

    /// A private project on which those who left hold something, and what is held there.
    async fn project(&self) -> (Project, Held) {
        let project = self.scene.project("killed").await;
        self.scene.admin.set_visibility(&project.key, "private").await;
        let grant = async |leaver: &Person| {
            for permission in ["issueadmin", "scan"] {
                self.scene.admin.grant(&project.key, &leaver.login, permission).await;
            }
        };
        stream::iter(&self.leavers).map(grant).buffer_unordered(AT_A_TIME).collect::<()>().await;
        let held = self.held(&project).await;
        (project, held)
    }

    /// What the plan makes of what is held before it.
    fn planned(&self, before: &Held) -> Held {
        let (mut people, groups) = before.clone();
        people.retain(|login, _| self.leavers.iter().all(|leaver| leaver.login != *login));
        people.extend(grants(
            &self.members.iter().map(|(person, level)| (person, worth(*level))).collect::<Vec<_>>(),
        ));
        (people, groups)
    }

    /// What is held now. Two lists, and a template that the dead one has ordered may be applied between them: they count
    /// as soon as they say the same twice.
    async fn held(&self, project: &Project) -> Held {
        let look = async || {
            let admin = &self.scene.admin;
            (admin.all_grants(&project.key).await, admin.group_grants(&project.key).await)
        };
        let mut last = look().await;
        loop {
            let now = look().await;
            if now == last {
                return now;
            }
            last = now;
        }
    }

    /// How long a sync takes in which nobody dies.
    async fn undisturbed(&mut self) -> Duration {
        // The first one finds nothing cached.
        let mut took = Duration::ZERO;
        for _ in 0..2 {
            let (project, before) = self.project().await;
            let began = Instant::now();
            let task = self.scene.plan(&project, &self.wish()).await;
            done(&self.scene.recorded_end(task).await);
            took = began.elapsed();
            assert_eq!(self.held(&project).await, self.planned(&before));
        }
        took
    }

    async fn trial(&mut self, seed: u64, after: Duration, left: &mut Left) {
        let (project, before) = self.project().await;
        let planned = self.planned(&before);
        let task = self.scene.plan(&project, &self.wish()).await;
        tokio::time::sleep(after).await;
        self.kill().await;
        let held = self.held(&project).await;
        if held == before {
            left.before += 1;
        } else {
            assert_eq!(
                held, planned,
                "kill {seed}, {after:?} after the plan: neither as before nor as planned"
            );
            left.planned += 1;
        }
        self.start();
        done(&self.scene.recorded_end(task).await);
        self.scene.quiet(&project).await;
        assert_eq!(self.held(&project).await, planned, "kill {seed}, {after:?} after the plan: in the end");
    }
}

fn done(record: &TaskRecord) {
    let verdict = record.outcome.as_ref().map(|outcome| outcome.verdict);
    assert_eq!(verdict, Some(Verdict::Done), "{:?}", record.reason);
}
