//! Fewer members than before are believed of a token whose user is proven, and of nobody else.

use broker::Nats;
use jiff::Timestamp;
use proto::{AppliedPlan, Cause, PlanOrder, ProjectId, Task, TaskId, TaskState};
use resolver::{GitLab, gitlab::Config};
use runtime::secret::Secret;
use sandbox::gitlab::{Place, Visibility, level};

use crate::{
    front::front_url,
    process::{self, until},
    stage::{SHOP, Stage, TOKEN, client, client_of, config, populate, read},
};

/// A public project of two people, and a private group's one that only members and administrators are shown.
async fn stage() -> Stage {
    Stage::with(|world| {
        populate(world, 2);
        world.set_visibility(SHOP, Visibility::Public);
        world.add_group(20, "partners");
        world.add_user(50, "partner");
        world.add_member(Place::Group(20), 50, level::DEVELOPER);
        world.invite_group(Place::Project(SHOP), 20, level::REPORTER);
    })
    .await
}

#[tokio::test]
async fn a_proven_user_is_believed() {
    let stage = stage().await;
    for _ in 0..2 {
        let reading = stage.read().await.unwrap();
        assert_eq!((reading.rows.len(), reading.unseen), (3, Vec::new()));
    }
}

#[tokio::test]
async fn behind_a_proxy_that_takes_the_token_away_nothing_is_believed() {
    let stage = stage().await;
    let url = front_url(&stage, "", &["private-token"], &[]).await;
    for _ in 0..2 {
        let error = read(&client(&url, TOKEN), SHOP).await.unwrap_err().to_string();
        assert!(error.contains("who asks is not proven") && error.contains("401"), "{error}");
        assert!(error.contains("does a proxy take it away?"), "{error}");
        stage.gitlab.world().remove_link(Place::Project(SHOP), 20);
    }
}

#[tokio::test]
async fn a_token_that_is_another_users_now_is_not_believed() {
    let stage = stage().await;
    stage.read().await.unwrap();
    stage.gitlab.world().tokens.get_mut(TOKEN).unwrap().user = 2;
    let error = stage.read().await.unwrap_err().to_string();
    assert!(error.contains("is person-2's now"), "{error}");
}

/// A client whose token is in a file, and what becomes of it when that holds the token of person 2.
async fn exchange() -> (Stage, GitLab, impl Fn()) {
    let stage = stage().await;
    stage.gitlab.change(|world| world.add_token("glpat-of-another", 2, &["api"]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let token = Secret::of_file(&file).unwrap();
    let client = client_of(&Config { token: token.clone(), ..config(stage.gitlab.url(), TOKEN) });
    let exchange = move || {
        std::fs::write(folder.path().join("token"), "glpat-of-another").unwrap();
        assert!(token.reload());
    };
    (stage, client, exchange)
}

#[tokio::test]
async fn a_token_that_is_exchanged_while_gitlab_answers_is_anothers_from_then_on() {
    let (stage, client, exchange) = exchange().await;
    read(&client, SHOP).await.unwrap();
    let gate = stage.gitlab.faults().hold_answer("GET", "/api/v4/user", 1);
    let meanwhile = async {
        gate.arrived().await;
        exchange();
        gate.release();
    };
    let (first, ()) = tokio::join!(read(&client, SHOP), meanwhile);
    first.unwrap();
    read(&client, SHOP).await.unwrap();
}

#[tokio::test]
async fn after_an_exchange_the_account_is_asked_for_first() {
    let (stage, client, exchange) = exchange().await;
    read(&client, SHOP).await.unwrap();
    exchange();
    let before = stage.asked().len();
    read(&client, SHOP).await.unwrap();
    let asked: Vec<String> = stage.asked().split_off(before);
    let (user, members) = ("/api/v4/user?", "/members/all");
    let at = |part: &str| asked.iter().position(|call| call.contains(part)).unwrap();
    assert!(at(user) < at(members), "{asked:?}");
}

#[tokio::test]
async fn a_404_of_somebody_who_is_not_proven_is_told_as_that() {
    let stage = stage().await;
    stage.gitlab.world().set_visibility(SHOP, Visibility::Private);
    let url = front_url(&stage, "", &["private-token"], &[]).await;
    let error = read(&client(&url, TOKEN), SHOP).await.unwrap_err().to_string();
    assert!(error.contains("who asks is not proven"), "{error}");
}

#[tokio::test]
async fn a_list_that_was_read_before_the_account_became_what_it_is_is_read_again() {
    let stage = stage().await;
    let promoted = |is| stage.gitlab.world().users.values_mut().for_each(|user| user.admin = is);
    for (is_admin, passes, rows) in [(false, 1, 2), (true, 2, 3), (true, 1, 3), (false, 2, 2)] {
        promoted(is_admin);
        let before = stage.asked_of("/members/all");
        let reading = stage.read().await.unwrap();
        assert_eq!(stage.asked_of("/members/all") - before, passes, "administrator: {is_admin}");
        assert_eq!((reading.rows.len(), reading.unseen.is_empty()), (rows, is_admin));
    }
}

/// What becomes of a task of the project, whose last plan gave permissions to so many people.
async fn ended(nats: &Nats, url: &str, members: usize) -> (TaskState, String) {
    let runtime = process::runtime(nats).await;
    let jetstream = &runtime.jetstream;
    let task = Task {
        id: TaskId::new(),
        project: ProjectId(SHOP),
        cause: Cause::Job { job: 1, pipeline: None, user: None },
    };
    let order = PlanOrder { task: jetstream.position(0), attempt: 1 };
    let applied =
        AppliedPlan { task: TaskId::new(), order, at: Timestamp::UNIX_EPOCH, members, fingerprint: None };
    jetstream.projects.raise_applied(task.project, &applied).await.unwrap();
    jetstream.records.create(&task).await.unwrap();
    jetstream.publish_task(&task).await.unwrap();
    resolver::start(process::config(config(url, TOKEN)), &runtime).unwrap();
    let record = until(async || {
        let record = jetstream.records.get(task.id).await.unwrap()?;
        (record.stages.planned.is_some() || record.state == TaskState::Failed).then_some(record)
    });
    let record = record.await;
    (record.state, record.reason.unwrap_or_default())
}

#[tokio::test]
async fn a_plan_with_fewer_people_than_the_last_one_or_without_one_takes_a_proven_user() {
    let stage = stage().await;
    stage.gitlab.world().remove_link(Place::Project(SHOP), 20);
    let bare = front_url(&stage, "", &["private-token"], &[]).await;
    for (url, members, failed) in
        [(&bare, 3, true), (&bare, 0, true), (&bare, 2, true), (&stage.gitlab.url().to_owned(), 3, false)]
    {
        let nats = Nats::start().await;
        let (state, reason) = ended(&nats, url, members).await;
        assert_eq!(state == TaskState::Failed, failed, "{members}: {reason}");
        assert_eq!(reason.contains("who asks is not proven"), failed, "{members}: {reason}");
    }
}
