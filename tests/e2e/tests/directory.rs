//! The directory against a GitLab in which things move: events are lost, repeated and reordered, and in the end it says
//! what GitLab says.

use std::{collections::BTreeMap, time::Duration};

use e2e::{Scene, Settings, Target, Time, wait};
use jiff::{SignedDuration, Timestamp};
use proto::{
    EventGroup, EventProject, EventRefs, GitLabEvent, GitLabEventKind, GroupId, HookSource, Presence,
    ProjectId,
};
use runtime::jetstream::encode;
use sandbox::gitlab::World;

const EVERY: Duration = Duration::from_millis(200);
const ROUNDS: u64 = 60;

/// Draws numbers, always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

struct Walk {
    scene: Scene,
    time: Time,
    dice: Dice,
    told: Vec<GitLabEvent>,
    /// Everything that there ever was, and every path that it had.
    ever: BTreeMap<u64, Vec<String>>,
}

fn event(kind: GitLabEventKind, action: &str, nth: u64) -> GitLabEvent {
    GitLabEvent {
        id: format!("{action}-{nth}"),
        kind,
        action: Some(action.to_owned()),
        source: HookSource::System,
        instance: None,
        project: None,
        group: None,
        user: None,
        role: None,
        actor: None,
        refs: EventRefs::default(),
        happened_at: None,
        received_at: Timestamp::now(),
        original_bytes: 2,
        original: None,
    }
}

fn of_project(action: &str, nth: u64, id: u64, path: &str, old: Option<String>) -> GitLabEvent {
    let path = Some(path.to_owned());
    let project = EventProject { id: Some(ProjectId(id)), path, old_path: old, visibility: None };
    GitLabEvent { project: Some(project), ..event(GitLabEventKind::Project, action, nth) }
}

fn rename_group(world: &mut World, id: u64, to: &str) -> String {
    let old = world.groups[&id].full_path.clone();
    let moved = |path: &str| {
        let rest = path.strip_prefix(&old)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
    };
    for group in world.groups.values_mut() {
        group.full_path = moved(&group.full_path).unwrap_or_else(|| group.full_path.clone());
    }
    for project in world.projects.values_mut() {
        let path = &project.path_with_namespace;
        project.path_with_namespace = moved(path).unwrap_or_else(|| path.clone());
    }
    old
}

impl Walk {
    async fn begin() -> Self {
        let time = Time::standing();
        let settings = Settings { sweep_every: EVERY, clock: time.clock(), ..Settings::default() };
        let scene = Scene::with(&Target::Model, settings).await;
        let mut world = scene.gitlab.world();
        for (id, path) in [(1, "acme"), (2, "acme/web"), (3, "blog"), (4, "acme/web/deep")] {
            world.add_group(id, path);
        }
        drop(world);
        Self { scene, time, dice: Dice(7), told: Vec::new(), ever: BTreeMap::new() }
    }

    /// Something happens in GitLab, and it tells of it.
    fn happen(&mut self, nth: u64) {
        self.time.pass(SignedDuration::from_secs(1));
        let mut world = self.scene.gitlab.world();
        let groups: Vec<(u64, String)> =
            world.groups.iter().map(|(id, group)| (*id, group.full_path.clone())).collect();
        let group = groups[self.dice.below(groups.len())].clone();
        let ids: Vec<u64> = world.projects.keys().copied().collect();
        let told = match (self.dice.below(10), ids.is_empty()) {
            (0..=3, _) | (_, true) => {
                let (id, path) = (1000 + nth, format!("{}/p{nth}", group.1));
                world.add_project(id, &path);
                of_project("created", nth, id, &path, None)
            }
            (4..=7, _) => {
                let id = ids[self.dice.below(ids.len())];
                let (old, path) =
                    (world.projects[&id].path_with_namespace.clone(), format!("{}/m{nth}", group.1));
                world.move_project(id, &path);
                of_project("transferred", nth, id, &path, Some(old))
            }
            (8, _) => {
                let id = ids[self.dice.below(ids.len())];
                let path = world.projects.remove(&id).expect("a project").path_with_namespace;
                of_project("destroyed", nth, id, &path, None)
            }
            _ => {
                let parent =
                    group.1.rsplit_once('/').map(|(parent, _)| format!("{parent}/")).unwrap_or_default();
                let to = format!("{parent}g{nth}");
                let old = Some(rename_group(&mut world, group.0, &to));
                let told = EventGroup { id: Some(GroupId(group.0)), path: Some(to), old_path: old };
                GitLabEvent { group: Some(told), ..event(GitLabEventKind::Group, "renamed", nth) }
            }
        };
        for (id, project) in &world.projects {
            let paths = self.ever.entry(*id).or_default();
            if paths.last() != Some(&project.path_with_namespace) {
                paths.push(project.path_with_namespace.clone());
            }
        }
        drop(world);
        self.told.push(told);
    }

    /// Some of what was told arrives: in any order, some of it twice, a fifth of it never.
    async fn deliver(&mut self) {
        while !self.told.is_empty() {
            let one = self.dice.below(self.told.len());
            let told = self.told.swap_remove(one);
            for again in 0..[0, 1, 1, 1, 2][self.dice.below(5)] {
                let id = format!("{}.{again}", told.id);
                let publisher = &self.scene.stack.runtime.jetstream.publisher;
                publisher
                    .publish(told.subject(), id, encode(&told).expect("an event"), None)
                    .await
                    .expect("nats");
            }
        }
    }

    /// Whether the directory says what GitLab has.
    async fn is_right(&self) -> Option<()> {
        let directory = &self.scene.stack.runtime.jetstream.directory;
        let now: BTreeMap<u64, (String, Option<u64>)> = {
            let world = self.scene.gitlab.world();
            let group_of = |path: &str| {
                let above = path.rsplit_once('/').map(|(above, _)| above)?;
                world.groups.iter().find(|(_, group)| group.full_path == above).map(|(id, _)| *id)
            };
            let paths = world.projects.iter().map(|(id, project)| (*id, project.path_with_namespace.clone()));
            paths.map(|(id, path)| (id, (path.clone(), group_of(&path)))).collect()
        };
        for id in self.ever.keys() {
            let known = directory.project(ProjectId(*id)).await.ok()?;
            match (now.get(id), known) {
                (Some((path, group)), Some(known)) => {
                    let is = known.presence == Presence::Present && known.path == *path;
                    (is && known.group.map(|group| group.0) == *group).then_some(())?;
                    let group = directory.group(known.group?).await.ok()??;
                    path.starts_with(&format!("{}/", group.path)).then_some(())?;
                }
                (None, Some(known)) => (known.presence != Presence::Present).then_some(())?,
                (Some(_), None) => return None,
                // It came and went, and nobody was told.
                (None, None) => {}
            }
        }
        Some(())
    }
}

#[tokio::test]
async fn events_that_are_lost_repeated_and_reordered_end_right_with_the_next_sweep() {
    let mut walk = Walk::begin().await;
    for nth in 0..ROUNDS {
        walk.happen(nth);
        if walk.dice.below(3) == 0 {
            walk.deliver().await;
        }
    }
    walk.deliver().await;
    walk.time.pass(SignedDuration::try_from(EVERY).expect("short"));
    let settled = async || {
        // What an event told while the sweep looked, the next one sees.
        walk.time.pass(SignedDuration::try_from(EVERY).expect("short"));
        walk.is_right().await
    };
    wait::until("a directory that is right", settled).await;
}

#[tokio::test]
async fn without_any_sweep_a_project_is_right_after_create_rename_transfer_and_delete() {
    let mut walk = Walk::begin().await;
    let id = 77;
    let tell = async |walk: &mut Walk, told: GitLabEvent| {
        walk.told.push(told.clone());
        let told = walk.told.pop().expect("it");
        let publisher = &walk.scene.stack.runtime.jetstream.publisher;
        let encoded = encode(&told).expect("an event");
        publisher.publish(told.subject(), told.id.clone(), encoded, None).await.expect("nats");
    };
    walk.ever.insert(id, Vec::new());
    walk.scene.gitlab.world().add_project(id, "acme/shop");
    tell(&mut walk, of_project("created", 1, id, "acme/shop", None)).await;
    wait::until("a new project", async || walk.is_right().await).await;
    walk.scene.gitlab.world().move_project(id, "acme/web/store");
    // The time of the services stands still: a reading at the same moment is no newer one.
    walk.time.pass(SignedDuration::from_secs(1));
    tell(&mut walk, of_project("transferred", 2, id, "acme/web/store", Some("acme/shop".to_owned()))).await;
    wait::until("a project that moved", async || walk.is_right().await).await;
    let directory = walk.scene.stack.runtime.jetstream.directory.clone();
    let known = async || directory.project(ProjectId(id)).await.expect("nats").expect("it is known");
    assert_eq!(known().await.previous[0].path, "acme/shop");

    walk.scene.gitlab.change(|world| rename_group(world, 1, "umbrella"));
    walk.time.pass(SignedDuration::from_secs(1));
    let group = EventGroup {
        id: Some(GroupId(1)),
        path: Some("umbrella".to_owned()),
        old_path: Some("acme".to_owned()),
    };
    tell(&mut walk, GitLabEvent { group: Some(group), ..event(GitLabEventKind::Group, "renamed", 3) }).await;
    wait::until("what lies below a group that was renamed", async || walk.is_right().await).await;
    assert_eq!(known().await.path, "umbrella/web/store");

    walk.scene.gitlab.world().projects.remove(&id);
    walk.time.pass(SignedDuration::from_secs(1));
    tell(&mut walk, of_project("destroyed", 4, id, "umbrella/web/store", None)).await;
    let gone = async || (known().await.presence == Presence::Gone).then_some(());
    wait::until("a project that is gone", gone).await;
}
