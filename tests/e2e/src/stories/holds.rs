//! Too much at once waits for a person.

use access::Cap;
use applier::rules::Rules;
use proto::{Event, Ruling, Verdict, Visibility as Shown};
use sandbox::gitlab::Visibility;

use super::grants::MAINTAINER;
use crate::{Person, Project, Scene, Settings, Target, grants};

/// Eight people who administer a project.
async fn eight(target: &Target) -> (Scene, Project, Vec<Person>) {
    let scene = Scene::start(target).await;
    let project = scene.project("held").await;
    let mut people = Vec::new();
    for name in ["one", "two", "three", "four", "five", "six", "seven", "eight"] {
        let person = scene.person(name).await;
        scene.join(&project, &person, 40);
        people.push(person);
    }
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    (scene, project, people)
}

/// How often it was told that a plan of the project is held.
async fn told(scene: &Scene, project: &Project) -> Vec<String> {
    let digest = |event| match event {
        Event::Held(held) => Some(held.digest),
        _ => None,
    };
    scene.events(project).await.into_iter().filter_map(digest).collect()
}

pub async fn a_plan_that_takes_most_away_changes_nothing_until_exactly_it_is_approved(target: &Target) {
    let (scene, project, people) = eight(target).await;
    let before = scene.grants(&project).await;
    let (leave, stay) = people.split_at(5);
    leave.iter().for_each(|person| scene.leave(&project, person));
    let joins = scene.person("joins").await;
    scene.join(&project, &joins, 30);
    scene.publish(&project, Visibility::Public);
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Held);
    let reason = task.reason.clone().unwrap_or_default();
    assert!(reason.contains("20 of 32 permissions (62 %) would be taken away"), "{reason}");
    assert_eq!((task.only().granted, task.only().revoked, task.only().writing), (3, 20, None));
    assert_eq!(scene.grants(&project).await, before, "not even a grant is made");
    assert_eq!(scene.admin.visibility(&project.key).await, "private");
    let hold = scene.hold(&project).await.expect("a hold");
    assert_eq!((hold.task, hold.grants, hold.revokes), (task.id, 3, 20));
    let [listed] = hold.projects.as_slice() else { panic!("{hold:?}") };
    assert_eq!((&listed.key, listed.becomes), (&project.key, Some(Shown::Public)));
    let taken = |person: &Person| {
        let theirs = listed.changes.iter().filter(|change| change.grantee.login() == Some(&person.login));
        theirs.count()
    };
    assert!(leave.iter().all(|person| taken(person) == 4), "{listed:?}");
    assert_eq!(listed.changes.len(), 23);

    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held);
    assert_eq!(scene.hold(&project).await.as_ref(), Some(&hold), "the same plan is the same hold");
    assert_eq!(told(&scene, &project).await, [hold.digest.as_str()], "told once");

    scene.decide(&project, &hold, Ruling::Approved).await;
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.writes()), (Verdict::Done, 23));
    let (held, given) =
        ("issueadmin securityhotspotadmin scan admin", "issueadmin securityhotspotadmin scan");
    let mut wanted: Vec<_> = stay.iter().map(|person| (person, held)).collect();
    wanted.push((&joins, given));
    assert_eq!(scene.grants(&project).await, grants(&wanted));
    assert_eq!(scene.admin.visibility(&project.key).await, "public");
    assert_eq!(scene.hold(&project).await, None);
}

pub async fn an_approval_is_of_one_plan_only_and_what_is_rejected_is_held_anew(target: &Target) {
    let (scene, project, people) = eight(target).await;
    let before = scene.grants(&project).await;
    people.iter().take(5).for_each(|person| scene.leave(&project, person));
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held);
    let old = scene.hold(&project).await.expect("a hold");
    scene.leave(&project, &people[5]);
    scene.decide(&project, &old, Ruling::Approved).await;
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Held, "somebody more would lose access than was approved");
    let newer = scene.hold(&project).await.expect("a hold");
    assert_eq!((newer.task, newer.revokes), (task.id, 36));
    assert_ne!(newer.digest, old.digest);
    scene.decide(&project, &old, Ruling::Approved).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held);
    assert_eq!(scene.hold(&project).await.as_ref(), Some(&newer));

    scene.decide(&project, &newer, Ruling::Rejected).await;
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Held);
    let anew = scene.hold(&project).await.expect("a hold");
    assert_eq!((anew.task, &anew.digest), (task.id, &newer.digest), "nobody has decided about this one");
    assert_eq!(scene.grants(&project).await, before);
    scene.decide(&project, &anew, Ruling::Approved).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    let stay: Vec<_> = people.iter().skip(6).map(|person| (person, MAINTAINER)).collect();
    assert_eq!(scene.grants(&project).await, grants(&stay));
}

pub async fn the_first_sync_that_would_take_what_somebody_gave_waits_where_it_is_asked_to(target: &Target) {
    let cap = Cap { revokes: 0, percent: 0, percent_from: 0 };
    let rules = Rules { adopt: true, cap, ..Settings::default().rules };
    let scene = Scene::with(target, Settings { rules, ..Settings::default() }).await;
    let (project, fresh) = (scene.project("adopted").await, scene.project("fresh").await);
    let (owner, old) = (scene.person("owner").await, scene.person("old").await);
    scene.join(&project, &owner, 40);
    scene.join(&fresh, &owner, 40);
    scene.admin.set_visibility(&project.key, "private").await;
    scene.admin.grant(&project.key, &old.login, "user").await;
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Held);
    let reason = task.reason.clone().unwrap_or_default();
    assert!(reason.contains("first sync") && reason.contains("applier.adopt"), "{reason}");
    assert_eq!(scene.grants(&project).await, grants(&[(&old, "user")]));
    let hold = scene.hold(&project).await.expect("a hold");
    assert!(hold.projects[0].changes.iter().any(|change| change.grantee.login() == Some(&old.login)));
    assert_eq!(scene.sync(&fresh).await.verdict(), Verdict::Done, "nobody gave anything there");

    scene.decide(&project, &hold, Ruling::Approved).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
    scene.join(&project, &old, 40);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    scene.leave(&project, &old);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done, "it is not the first any more");
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}
