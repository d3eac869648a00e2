//! What is written, and what is only told.

use applier::rules::{Mode, Rules, Ways};
use e2e::{Project, Scene, Settings, Target, Time, grants, wait};
use jiff::SignedDuration;
use proto::{Event, Ruling, Verdict, Visibility as Shown};
use sandbox::{Fault, FaultKind, gitlab::level};

fn posts(scene: &Scene) -> usize {
    scene.model().requests().iter().filter(|request| request.method != "GET").count()
}

#[tokio::test]
async fn an_observer_tells_what_would_be_done_and_writes_nothing() {
    let settings = Settings { mode: Mode::Observe, ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let project = scene.project("observed").await;
    let (owner, old) = (scene.person("owner").await, scene.person("old").await);
    scene.join(&project, &owner, level::MAINTAINER);
    scene.admin.grant(&project.key, &old.login, "scan").await;
    let before = posts(&scene);
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Observed);
    // The flip would give the old one two permissions more.
    assert_eq!((task.only().granted, task.only().revoked), (6, 3));
    assert_eq!((task.only().visibility, task.only().writing), (Some(Shown::Private), None));
    assert_eq!(posts(&scene), before, "nothing is asked for but what is read");
    assert_eq!(scene.grants(&project).await, grants(&[(&old, "scan")]));
    let told = scene.events(&project).await;
    assert!(told.iter().all(|event| matches!(event, Event::TaskEnded(_))), "{told:?}");
}

#[tokio::test]
async fn more_than_an_hour_allows_over_all_projects_is_held_and_stays_so_after_the_hour() {
    let time = Time::default();
    let rules = Rules { revokes_per_hour: 8, ..Settings::default().rules };
    let settings = Settings { rules, clock: time.clock(), ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let (first, second) = (scene.project("first").await, scene.project("second").await);
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    for project in [&first, &second] {
        scene.join(project, &owner, level::MAINTAINER);
        scene.join(project, &leaver, level::DEVELOPER);
        assert_eq!(scene.sync(project).await.verdict(), Verdict::Done);
        scene.leave(project, &leaver);
    }
    assert_eq!(scene.sync(&first).await.verdict(), Verdict::Done, "five within the hour");
    let before = scene.grants(&second).await;
    let task = scene.sync(&second).await;
    assert_eq!(task.verdict(), Verdict::Held, "ten within the hour");
    let reason = task.reason.clone().unwrap_or_default();
    assert!(reason.contains("more than 8 within an hour"), "{reason}");
    time.pass(SignedDuration::from_mins(61));
    assert_eq!(scene.sync(&second).await.verdict(), Verdict::Held, "a person has to look at it");
    assert_eq!(scene.grants(&second).await, before);
    let hold = scene.hold(&second).await.expect("a hold");
    assert_eq!((hold.task, hold.hourly, hold.revokes), (task.id, true, 5));
    scene.decide(&second, &hold, Ruling::Approved).await;
    assert_eq!(scene.sync(&second).await.verdict(), Verdict::Done);
    assert_eq!(scene.grants(&second).await.len(), 1);
}

#[tokio::test]
async fn a_sync_that_broke_off_does_not_take_its_own_half_for_somebody_elses() {
    let scene = Scene::with(&Target::Model, Settings { ways: Ways::Single, ..Settings::default() }).await;
    let project = scene.project("broken").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    scene.join(&project, &owner, level::MAINTAINER);
    scene.join(&project, &leaver, level::DEVELOPER);
    scene.sync(&project).await;
    for name in ["one", "two"] {
        let joins = scene.person(name).await;
        scene.join(&project, &joins, level::DEVELOPER);
    }
    scene.leave(&project, &leaver);
    for call in ["add_user", "remove_user"] {
        scene.model().faults().add(Fault::on("POST", call).nth(3).then(FaultKind::ConnectionReset));
    }
    let task = scene.sync(&project).await;
    assert_eq!(scene.model().faults().struck(), 2);
    assert_eq!((task.verdict(), task.only().drift), (Verdict::Done, 0));
    assert_eq!(scene.grants(&project).await.len(), 3);
    let told = scene.events(&project).await;
    assert!(!told.iter().any(|event| matches!(event, Event::Drift(_))), "{told:?}");
}

#[tokio::test]
async fn a_project_that_is_being_written_is_not_put_back_meanwhile() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("busy").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, level::MAINTAINER);
    let wrong = scene.sync(&project).await.id;
    let joins = scene.person("joins").await;
    scene.join(&project, &joins, level::REPORTER);
    let gate = scene.model().faults().hold("POST", "add_user", 1);
    let token = scene.job(&project);
    let id = scene.post(&token).await;
    wait::at(&gate).await;
    scene.pause(&project).await;
    let (code, reason) = scene.put_back(&project, wrong).await.expect_err("a plan is being written");
    assert!(code == 409 && reason.contains("is being written"), "{code} {reason}");
    gate.release();
    assert_eq!(scene.ended(id, &token).await.verdict(), Verdict::Done);
    scene.quiet(&project).await;
    scene.is_put_back(&project, wrong).await;
    assert!(scene.grants(&project).await.is_empty());
}

/// A project whose sync would take 25 permissions from five people who have left, with single calls.
async fn have_left(scene: &Scene, name: &str, count: usize) -> Project {
    let project = scene.project(name).await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, level::MAINTAINER);
    let mut leavers = Vec::new();
    for _ in 0..count {
        let leaver = scene.person("leaver").await;
        scene.join(&project, &leaver, level::DEVELOPER);
        leavers.push(leaver);
    }
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    leavers.iter().for_each(|leaver| scene.leave(&project, leaver));
    project
}

#[tokio::test]
async fn what_is_left_of_an_approved_plan_that_broke_off_is_approved_too_and_is_of_no_hour() {
    let rules = Rules { revokes_per_hour: 24, ..Settings::default().rules };
    let scene =
        Scene::with(&Target::Model, Settings { ways: Ways::Single, rules, ..Settings::default() }).await;
    let project = have_left(&scene, "approved", 5).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held);
    let hold = scene.hold(&project).await.expect("a hold");
    scene.decide(&project, &hold, Ruling::Approved).await;
    scene.model().faults().add(Fault::on("POST", "remove_user").nth(12).then(FaultKind::ConnectionReset));
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done, "no second word is needed");
    assert_eq!(scene.model().faults().struck(), 1);
    assert_eq!(scene.grants(&project).await.len(), 1);
    assert_eq!(scene.hold(&project).await, None);

    let other = scene.project("other").await;
    let (owner, leaver) = (scene.person("owner").await, scene.person("leaver").await);
    scene.join(&other, &owner, level::MAINTAINER);
    scene.join(&other, &leaver, level::DEVELOPER);
    scene.sync(&other).await;
    scene.leave(&other, &leaver);
    assert_eq!(scene.sync(&other).await.verdict(), Verdict::Done, "what was approved fills no hour");
}

#[tokio::test]
async fn what_is_left_of_an_approved_plan_is_approved_without_a_flip_that_was_not() {
    let settings = Settings { ways: Ways::Single, attempts: 1, ..Settings::default() };
    let scene = Scene::with(&Target::Model, settings).await;
    let project = have_left(&scene, "approved", 9).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held);
    let hold = scene.hold(&project).await.expect("a hold");
    scene.decide(&project, &hold, Ruling::Approved).await;
    scene.model().faults().add(Fault::on("POST", "remove_user").nth(4).then(FaultKind::ConnectionReset));
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Failed);
    scene.publish(&project, sandbox::gitlab::Visibility::Public);
    let before = scene.grants(&project).await;
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Held, "nobody has approved of a flip");
    assert_eq!(scene.grants(&project).await, before);
    assert_eq!(scene.admin.visibility(&project.key).await, "private");
}

#[tokio::test]
async fn a_plan_is_counted_for_the_hour_once_however_often_it_is_tried() {
    let cap = access::Cap { revokes: 0, percent: 0, percent_from: 0 };
    let rules = Rules { revokes_per_hour: 30, cap, ..Settings::default().rules };
    let scene =
        Scene::with(&Target::Model, Settings { ways: Ways::Single, rules, ..Settings::default() }).await;
    let project = have_left(&scene, "counted", 5).await;
    scene.model().faults().add(Fault::on("POST", "remove_user").nth(2).then(FaultKind::ConnectionReset));
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    assert_eq!(scene.model().faults().struck(), 1);
    assert_eq!(scene.grants(&project).await.len(), 1);
}

#[tokio::test]
async fn what_a_flip_took_from_people_of_others_is_put_back() {
    let scene = Scene::start(&Target::Model).await;
    let project = scene.project("flipped").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, level::MAINTAINER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    scene.model().world().add_local_user("auditor", "Auditor", Some("secret"));
    scene.admin.grant(&project.key, "auditor", "user").await;
    scene.publish(&project, sandbox::gitlab::Visibility::Public);
    let flip = scene.sync(&project).await;
    assert_eq!(flip.only().visibility, Some(Shown::Public));
    scene.is_put_back(&project, flip.id).await;
    let held = scene.admin.all_grants(&project.key).await;
    assert_eq!(held.get("auditor"), Some(&["user".to_owned()].into()), "{held:?}");
}
