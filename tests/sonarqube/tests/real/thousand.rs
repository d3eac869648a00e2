//! A project with a thousand members: where SonarQube keeps its data in H2, which takes twenty times as long to fill a
//! template, with a hundred.

use std::collections::BTreeSet;

use e2e::stories::grants::{DEVELOPER, GUEST, MAINTAINER, REPORTER};
use e2e::{Grants, Person, Project, Scene, Target, TaskView};
use proto::Way;

use super::crowd;
use super::server::Server;

/// Levels that take turns, and what each is worth.
const LEVELS: [(u16, &str); 8] = [
    (30, DEVELOPER),
    (10, GUEST),
    (15, GUEST),
    (20, REPORTER),
    (25, REPORTER),
    (30, DEVELOPER),
    (40, MAINTAINER),
    (50, MAINTAINER),
];

/// Rows of a page, on both sides.
const PAGE: u64 = 100;

/// Calls that were made since the scene began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Calls {
    gitlab: u64,
    reads: u64,
    writes: u64,
}

impl Calls {
    fn so_far(scene: &Scene) -> Self {
        // A job's token is looked at for the post and for each question about it, which are not the sync's.
        let of_a_sync = scene.gitlab.requests().into_iter().filter(|request| !request.path.ends_with("/job"));
        Self {
            gitlab: of_a_sync.count() as u64,
            reads: scene.calls("sonarqube", "GET"),
            writes: scene.calls("sonarqube", "POST"),
        }
    }

    /// What one sync takes.
    async fn of_a_sync(scene: &Scene, project: &Project) -> (TaskView, Self) {
        let before = Self::so_far(scene);
        let task = scene.sync(project).await;
        let now = Self::so_far(scene);
        let taken = Self {
            gitlab: now.gitlab - before.gitlab,
            reads: now.reads - before.reads,
            writes: now.writes - before.writes,
        };
        (task, taken)
    }
}

fn way(task: &TaskView) -> Option<Way> {
    task.outcome().projects.first()?.writing.as_ref().map(|writing| writing.way)
}

fn set(permissions: &str) -> BTreeSet<String> {
    permissions.split_whitespace().map(str::to_owned).collect()
}

/// Makes them all members; what each is to hold.
fn join(scene: &Scene, project: &Project, people: &[Person]) -> Grants {
    let wanted = people.iter().zip(LEVELS.iter().cycle()).map(|(person, (level, permissions))| {
        scene.join(project, person, *level);
        (person.login.clone(), set(permissions))
    });
    wanted.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_members_are_written_once_and_then_only_who_changes() {
    let scene = Scene::start(&Target::Real).await;
    let server = Server::named().await;
    let count: u64 = if server.uses_postgresql().await { 1_000 } else { 100 };
    let project = scene.project("thousand").await;
    let people = crowd::people(&scene, "thousand", usize::try_from(count).expect("few")).await;
    let mut wanted = join(&scene, &project, &people);

    let task = scene.sync(&project).await;
    assert_eq!(way(&task), Some(Way::Template));
    assert_eq!(scene.grants(&project).await, wanted);

    let (task, taken) = Calls::of_a_sync(&scene, &project).await;
    assert_eq!(task.writes(), 0);
    // GitLab: the project and its members. SonarQube: whether it is up, the binding, the project, its groups, and all
    // holders, to whom the own account belongs.
    let unchanged = Calls { gitlab: 1 + count / PAGE, reads: 4 + (count + 1).div_ceil(PAGE), writes: 0 };
    assert_eq!(taken, unchanged);
    assert!(taken.gitlab + taken.reads <= 30, "{taken:?}");
    assert_eq!(scene.grants(&project).await, wanted);

    let lowered = &people[0];
    scene.change_level(&project, lowered, 20);
    let (task, taken) = Calls::of_a_sync(&scene, &project).await;
    assert_eq!((task.writes(), way(&task)), (3, Some(Way::Single)));
    assert_eq!((taken.reads, taken.writes), (unchanged.reads, 3));
    wanted.insert(lowered.login.clone(), set(REPORTER));
    assert_eq!(scene.grants(&project).await, wanted);
}
