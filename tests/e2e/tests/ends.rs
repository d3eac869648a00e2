//! End dates: what has ended is taken without any trigger, once, and not before.

use e2e::{Person, Project, Scene, Settings, Target, Time, grants, wait};
use jiff::{SignedDuration, tz::TimeZone};
use proto::{Cause, EndsOn, Event, ProjectId};
use sandbox::gitlab::{Place, level};

async fn scene() -> (Scene, Time) {
    let time = Time::default();
    let settings = Settings { clock: time.clock(), ..Settings::default() };
    (Scene::with(&Target::Model, settings).await, time)
}

/// The person joins until the day that begins in so many days, at midnight in GitLab.
fn join_until(scene: &Scene, time: &Time, project: &Project, person: &Person, days: i64) {
    let day = time.now().to_zoned(TimeZone::UTC).date() + SignedDuration::from_hours(24 * days);
    let mut world = scene.gitlab.world();
    let row = world.add_member(Place::Project(project.id), person.id, level::REPORTER);
    world.change_membership(row, |row| row.expires_at = Some(day.to_string()));
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn ends(scene: &Scene, project: &Project) -> Option<EndsOn> {
    let all = scene.stack.runtime.jetstream.projects.all_ends().await.expect("end dates");
    all.into_iter().find(|(id, _)| id.0 == project.id).and_then(|(_, seen)| seen.value)
}

/// How many tasks ended that an end date had caused.
async fn caused(scene: &Scene, project: &Project) -> usize {
    let is_caused =
        |event: &Event| matches!(event, Event::TaskEnded(end) if matches!(end.cause, Cause::Ended { .. }));
    scene.events(project).await.iter().filter(|event| is_caused(event)).count()
}

async fn until_caused(scene: &Scene, project: &Project, count: usize) {
    let look = async || (caused(scene, project).await == count).then_some(());
    wait::until("a task of an end date", look).await;
}

#[tokio::test]
async fn somebody_whose_membership_has_ended_loses_the_grants_without_any_trigger_and_nobody_before() {
    let (scene, time) = scene().await;
    let (sooner, later) = (scene.project("sooner").await, scene.project("later").await);
    let (stays, guest) = (scene.person("stays").await, scene.person("guest").await);
    for (project, days) in [(&sooner, 3), (&later, 30)] {
        scene.join(project, &stays, level::REPORTER);
        join_until(&scene, &time, project, &guest, days);
        scene.sync(project).await;
        let both = grants(&[(&stays, "user codeviewer"), (&guest, "user codeviewer")]);
        assert_eq!(scene.grants(project).await, both);
    }
    // GitLab's nightly job.
    scene.leave(&sooner, &guest);
    scene.leave(&later, &guest);
    time.pass(days(4));
    until_caused(&scene, &sooner, 1).await;
    assert_eq!(scene.grants(&sooner).await, grants(&[(&stays, "user codeviewer")]));
    assert_eq!(ends(&scene, &sooner).await, None, "nothing ends any more");
    scene.quiet(&sooner).await;
    assert_eq!((caused(&scene, &sooner).await, caused(&scene, &later).await), (1, 0));
    assert!(ends(&scene, &later).await.is_some_and(|ends| ends.due > time.now()), "it is not time");
}

#[tokio::test]
async fn two_resolvers_and_a_restart_make_one_task_and_a_late_job_another_an_hour_later() {
    let (mut scene, time) = scene().await;
    let project = scene.project("shop").await;
    let guest = scene.person("guest").await;
    join_until(&scene, &time, &project, &guest, 3);
    scene.sync(&project).await;
    assert!(scene.stack.stop().await);
    time.pass(days(4));
    scene.stack = scene.another_stack().await;
    let second = scene.another_stack().await;
    until_caused(&scene, &project, 1).await;
    let again = ends(&scene, &project).await.expect("the row is still there");
    let wait = again.due.duration_since(time.now());
    assert!(wait > SignedDuration::from_mins(50) && wait <= SignedDuration::from_hours(1), "{wait}");
    scene.quiet(&project).await;
    assert_eq!(caused(&scene, &project).await, 1);
    time.pass(SignedDuration::from_mins(61));
    until_caused(&scene, &project, 2).await;
    assert!(second.stop().await);
}

#[tokio::test]
async fn a_project_that_sonarqube_does_not_have_is_put_off() {
    let (scene, time) = scene().await;
    let project = scene.gitlab_project("elsewhere");
    let guest = scene.stranger("guest");
    join_until(&scene, &time, &project, &guest, 3);
    scene.sync(&project).await;
    let before = ends(&scene, &project).await.expect("an end date");
    time.pass(days(4));
    let put_off = async || ends(&scene, &project).await.filter(|ends| ends.due > before.due);
    assert_eq!(wait::until("a later look", put_off).await.on, before.on);
    assert!(!scene.stack.runtime.jetstream.has_task_message(ProjectId(project.id)).await.unwrap());
    assert_eq!(caused(&scene, &project).await, 0);
}
