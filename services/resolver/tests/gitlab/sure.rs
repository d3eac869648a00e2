//! When one pass over the members will do, and when a plan is made sure of.

use std::collections::BTreeSet;

use broker::Nats;
use proto::{AppliedPlan, Cause, Plan, ProjectId, Task, TaskId, subject};
use runtime::{Runtime, jetstream::decode};
use sandbox::gitlab::{Place, World, level};

use crate::{
    process::{self, until},
    stage::{SHOP, Stage, TOKEN, config},
};

const PROJECT: ProjectId = ProjectId(SHOP);
const PLACE: Place = Place::Project(SHOP);

/// A resolver that has synchronised a project of so many people; the test is the applier.
struct Ground {
    stage: Stage,
    runtime: Runtime,
    _nats: Nats,
}

impl Ground {
    async fn of(members: u64) -> Self {
        let (stage, nats) = (Stage::of(members).await, Nats::start().await);
        let runtime = process::runtime(&nats).await;
        resolver::start(process::config(config(stage.gitlab.url(), TOKEN)), &runtime).unwrap();
        let ground = Self { stage, runtime, _nats: nats };
        let (plan, _) = ground.plan().await;
        ground.apply(&plan).await;
        ground
    }

    /// The plan of a fresh task, and what was asked of GitLab for it.
    async fn plan(&self) -> (Plan, Vec<String>) {
        let before = self.stage.asked().len();
        let task = Task { id: TaskId::new(), project: PROJECT, cause: Cause::Reconcile };
        self.runtime.jetstream.records.create(&task).await.unwrap();
        self.runtime.jetstream.publish_task(&task).await.unwrap();
        let plan = until(async || self.in_place().await.filter(|plan| plan.task == task.id)).await;
        self.runtime.jetstream.context().get_stream(subject::PLANS).await.unwrap().purge().await.unwrap();
        (plan, self.stage.asked().split_off(before).iter().map(|call| short(call)).collect())
    }

    async fn in_place(&self) -> Option<Plan> {
        let plans = self.runtime.jetstream.context().get_stream(subject::PLANS).await.unwrap();
        let message = plans.get_last_raw_message_by_subject(&subject::plan(PROJECT)).await.ok()?;
        Some(decode(Some(&message.headers), &message.payload).unwrap())
    }

    /// The plan is written to SonarQube.
    async fn apply(&self, plan: &Plan) {
        let applied = AppliedPlan {
            task: plan.task,
            order: plan.order,
            at: plan.read_at,
            members: plan.members.len(),
            fingerprint: Some(access::fingerprint(&plan.members, plan.project.visibility)),
        };
        self.runtime.jetstream.projects.raise_applied(PROJECT, &applied).await.unwrap();
    }

    /// The plan of the project after this change, and what was asked for it.
    async fn changed<T>(&self, change: impl FnOnce(&mut World) -> T) -> (Plan, Vec<String>) {
        self.stage.gitlab.change(change);
        self.plan().await
    }

    fn join(&self, id: u64) {
        self.stage.gitlab.change(|world| {
            world.add_user(id, &format!("person-{id}"));
            world.add_member(PLACE, id, level::DEVELOPER);
        });
    }
}

/// A call in a word: `project`, `user`, or the number of a page of the members.
fn short(call: &str) -> String {
    match call {
        "/api/v4/projects/7?" => "project",
        "/api/v4/user?" => "user",
        call => call.strip_prefix("/api/v4/projects/7/members/all?per_page=100&page=").unwrap_or(call),
    }
    .to_owned()
}

fn people(plan: &Plan) -> BTreeSet<u64> {
    plan.members.iter().map(|member| member.id.0).collect()
}

/// Pages after the first are asked for side by side.
fn sorted(mut calls: Vec<String>) -> Vec<String> {
    calls.sort();
    calls
}

#[tokio::test]
async fn what_comes_to_the_last_plan_is_read_in_one_pass() {
    let ground = Ground::of(250).await;
    for _ in 0..2 {
        let (plan, asked) = ground.plan().await;
        assert_eq!(sorted(asked), ["1", "2", "3", "project"]);
        assert_eq!(people(&plan), (1..=250).collect());
        ground.apply(&plan).await;
    }
}

#[tokio::test]
async fn what_differs_takes_a_proven_user_and_of_several_pages_a_second_pass() {
    let ground = Ground::of(250).await;
    let (_, asked) = ground.changed(|world| world.set_level(PLACE, 2, level::REPORTER)).await;
    assert_eq!(sorted(asked), ["1", "1", "2", "2", "3", "3", "project", "user"]);
    let ground = Ground::of(3).await;
    let (_, asked) = ground.changed(|world| world.set_level(PLACE, 2, level::REPORTER)).await;
    assert_eq!(asked, ["project", "1", "user"]);
}

#[tokio::test]
async fn fewer_people_take_a_second_pass_also_of_one_page() {
    let ground = Ground::of(3).await;
    let (plan, asked) = ground.changed(|world| world.remove_member(PLACE, 3)).await;
    assert_eq!(
        (people(&plan), asked),
        ([1, 2].into(), ["project", "1", "user", "1"].map(String::from).into())
    );
}

#[tokio::test]
async fn a_smaller_list_is_believed_only_when_the_next_one_says_the_same() {
    let ground = Ground::of(4).await;
    let gate = ground.stage.gitlab.faults().hold("GET", "&page=1", 2);
    let ((plan, asked), ()) = tokio::join!(ground.changed(|world| world.remove_member(PLACE, 3)), async {
        until(async || gate.has_arrived().then_some(())).await;
        ground.stage.gitlab.world().remove_member(PLACE, 4);
        gate.release();
    });
    let calls = ["project", "1", "user", "1", "1"].map(String::from).into();
    assert_eq!((people(&plan), asked), ([1, 2].into(), calls));
}

#[tokio::test]
async fn somebody_whom_one_pass_has_missed_is_found_by_the_next() {
    let ground = Ground::of(250).await;
    let gate = ground.stage.gitlab.faults().hold("GET", "&page=2", 1);
    let ((plan, asked), ()) = tokio::join!(ground.plan(), async {
        until(async || gate.has_arrived().then_some(())).await;
        // Person 101 moves to the first page, which was read already; the list is as long as before.
        ground.stage.gitlab.world().remove_member(PLACE, 50);
        ground.join(251);
        gate.release();
    });
    assert_eq!(people(&plan), (1..=251).filter(|id| *id != 50).collect());
    // The second pass differs from the first, and the third agrees.
    assert_eq!(asked.iter().filter(|call| *call == "2").count(), 3);
}

#[tokio::test]
async fn where_another_plan_was_begun_since_the_last_one_agreeing_with_that_is_not_enough() {
    let ground = Ground::of(3).await;
    ground.join(4);
    // It may have been written in part.
    let (begun, _) = ground.plan().await;
    let (plan, asked) = ground.changed(|world| world.remove_member(PLACE, 4)).await;
    assert_eq!((people(&begun), people(&plan)), ((1..=4).collect(), (1..=3).collect()));
    assert_eq!(asked, ["project", "1", "user"]);
    ground.apply(&plan).await;
    assert_eq!(ground.plan().await.1, ["project", "1"]);
}
