//! Questions about a project, which a resolver answers at once.

use std::time::Duration;

use broker::Nats;
use jiff::{SignedDuration, Timestamp};
use proto::live::{Look, Looked};
use runtime::{
    Runtime,
    clock::Clock,
    live::{AskError, ask},
};

use crate::{
    process::{self, until},
    stage::{Stage, TOKEN, config},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a resolver with this clock says of the project of this name.
async fn answer(stage: &Stage, clock: Clock, project: &str) -> Result<Looked, AskError> {
    let nats = Nats::start().await;
    let runtime = Runtime { clock, ..process::runtime(&nats).await };
    resolver::start(process::config(config(stage.gitlab.url(), TOKEN)), &runtime).unwrap();
    let (client, question) =
        (runtime.jetstream.context().client(), Look { project: project.to_owned(), paths: None });
    until(async || match ask(&client, &question, PATIENCE).await {
        Err(AskError::Nobody(_)) => None,
        answer => Some(answer),
    })
    .await
}

#[tokio::test]
async fn a_project_is_read_once_whether_it_is_named_by_its_id_or_by_its_path() {
    for (name, asked) in [("7", "/projects/7"), ("acme/shop", "/projects/acme%2Fshop")] {
        let stage = Stage::of(3).await;
        let looked = answer(&stage, Clock::system(), name).await.unwrap();
        assert_eq!((looked.plan.project.id.0, looked.plan.members.len()), (7, 3), "{name}");
        let of_project = |path: &&String| path.contains("/projects/") && !path.contains("/members");
        let paths: Vec<String> = stage.gitlab.requests().into_iter().map(|request| request.path).collect();
        assert_eq!(paths.iter().filter(of_project).collect::<Vec<_>>(), [&format!("/api/v4{asked}")]);
    }
}

#[tokio::test]
async fn of_a_project_that_has_moved_it_is_said_that_its_id_finds_it() {
    let stage = Stage::of(3).await;
    stage.gitlab.change(|world| {
        world.add_group(11, "other");
        world.move_project(7, "other/store");
    });
    for name in ["acme/shop", "acme/nothing"] {
        let error = answer(&stage, Clock::system(), name).await.unwrap_err().to_string();
        assert!(error.contains("a project that has moved is found by its id"), "{name}: {error}");
    }
    answer(&stage, Clock::system(), "7").await.unwrap();
}

#[tokio::test]
async fn a_question_for_whose_answer_nobody_waits_any_more_asks_gitlab_nothing() {
    let stage = Stage::of(3).await;
    let late = Clock::from_fn(|| Timestamp::now() + SignedDuration::from_mins(1));
    let error = answer(&stage, late, "7").await.unwrap_err();
    assert!(matches!(error, AskError::Refused { code: 408, .. }), "{error}");
    // The resolver looks at its own token when it starts.
    let own = |path: &String| path.contains("/personal_access_tokens/self") || path.contains("/api/v4/user?");
    let asked: Vec<String> = stage.asked().into_iter().filter(|path| !own(path)).collect();
    assert_eq!(asked, Vec::<String>::new());
}
