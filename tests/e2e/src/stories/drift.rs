//! What somebody else changes in SonarQube is told, and undone where the settings say so.

use applier::rules::{Drift, Rules};
use proto::{Change, ChangeKind, DriftFound, Event, Grantee, Permission};

use sandbox::gitlab::Visibility;

use super::grants::{DEVELOPER, MAINTAINER, REPORTER};
use crate::{Person, Project, Scene, Settings, Target, grants};

/// A project of an owner and two more, and somebody who is not in it.
struct Ground {
    scene: Scene,
    project: Project,
    owner: Person,
    given: Person,
    taken: Person,
    let_in: Person,
}

impl Ground {
    async fn new(target: &Target, drift: Drift) -> Self {
        let rules = Rules { drift, ..Settings::default().rules };
        let scene = Scene::with(target, Settings { rules, ..Settings::default() }).await;
        let project = scene.project("drifting").await;
        let (owner, given) = (scene.person("owner").await, scene.person("given").await);
        let (taken, let_in) = (scene.person("taken").await, scene.person("letin").await);
        scene.join(&project, &owner, 40);
        scene.join(&project, &given, 20);
        scene.join(&project, &taken, 30);
        assert_eq!(scene.sync(&project).await.only().drift, 0);
        Self { scene, project, owner, given, taken, let_in }
    }

    /// Somebody changes three things by hand.
    async fn change_by_hand(&self) {
        let (admin, key) = (&self.scene.admin, &self.project.key);
        admin.grant(key, &self.given.login, "admin").await;
        admin.revoke(key, &self.taken.login, "scan").await;
        admin.grant(key, &self.let_in.login, "user").await;
    }

    fn by_hand(&self) -> Vec<Change> {
        let change = |kind, person: &Person, permission| {
            let grantee = Grantee::Login(person.login.clone());
            Change { kind, grantee, permission }
        };
        let mut changes = vec![
            change(ChangeKind::Grant, &self.given, Permission::Admin),
            change(ChangeKind::Revoke, &self.taken, Permission::Scan),
            change(ChangeKind::Grant, &self.let_in, Permission::User),
        ];
        changes.sort_by(|one, other| one.grantee.cmp(&other.grantee));
        changes
    }

    async fn told(&self) -> Vec<DriftFound> {
        let drift = |event| match event {
            Event::Drift(drift) => Some(drift),
            _ => None,
        };
        self.scene.events(&self.project).await.into_iter().filter_map(drift).collect()
    }
}

pub async fn what_was_changed_by_hand_is_told_and_undone(target: &Target) {
    let ground = Ground::new(target, Drift::Repair).await;
    let (scene, project) = (&ground.scene, &ground.project);
    ground.change_by_hand().await;
    let task = scene.sync(project).await;
    assert_eq!((task.only().drift, &task.only().drift_changes), (3, &ground.by_hand()));
    assert_eq!((task.only().granted, task.only().revoked), (1, 2));
    let wanted = [(&ground.owner, MAINTAINER), (&ground.given, REPORTER), (&ground.taken, DEVELOPER)];
    assert_eq!(scene.grants(project).await, grants(&wanted));
    let told = ground.told().await;
    let [drift] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((drift.count, drift.repaired, drift.task), (3, true, task.id));
    assert_eq!(drift.changes, ground.by_hand());
    assert_eq!(scene.sync(project).await.only().drift, 0, "it is undone");
}

pub async fn what_was_changed_by_hand_stays_where_the_settings_say_so_until_somebody_leaves(target: &Target) {
    let ground = Ground::new(target, Drift::Leave).await;
    let (scene, project) = (&ground.scene, &ground.project);
    ground.change_by_hand().await;
    let changed = scene.grants(project).await;
    for turn in ["the first", "the second", "the third"] {
        let task = scene.sync(project).await;
        assert_eq!((task.only().drift, task.writes()), (3, 0), "{turn}");
        assert_eq!(scene.grants(project).await, changed, "{turn}");
    }
    assert!(ground.told().await.iter().all(|drift| !drift.repaired && drift.count == 3));

    scene.leave(project, &ground.given);
    scene.change_level(project, &ground.taken, 20);
    assert_eq!(scene.sync(project).await.only().granted, 0);
    let wanted = [(&ground.owner, MAINTAINER), (&ground.taken, REPORTER), (&ground.let_in, "user")];
    assert_eq!(scene.grants(project).await, grants(&wanted), "a leaver loses what was given by hand, too");
}

pub async fn what_a_flip_of_the_visibility_gives_is_nobodys_change(target: &Target) {
    let rules = Rules { drift: Drift::Leave, ..Settings::default().rules };
    let scene = Scene::with(target, Settings { rules, ..Settings::default() }).await;
    let project = scene.project("flipped").await;
    let (owner, guest) = (scene.person("owner").await, scene.person("guest").await);
    scene.join(&project, &owner, 40);
    scene.join(&project, &guest, 10);
    scene.publish(&project, Visibility::Public);
    scene.sync(&project).await;
    scene.admin.grant(&project.key, &guest.login, "scan").await;
    scene.publish(&project, Visibility::Private);
    let task = scene.sync(&project).await;
    assert_eq!(task.only().drift, 1, "{task:?}");
    let wanted = grants(&[(&owner, MAINTAINER), (&guest, "user scan")]);
    assert_eq!(scene.grants(&project).await, wanted, "SonarQube's own codeviewer is taken back");
}
