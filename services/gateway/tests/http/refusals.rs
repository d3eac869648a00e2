//! Triggers that are refused, and by what words.

use std::time::Duration;

use sandbox::{Fault, FaultKind, gitlab::UserState};

use crate::stage::{RUNNER, SHOP, Stage};

const NOTHING: u64 = 0;

/// No task, and no record of one.
async fn nothing_is_stored(stage: &Stage) {
    for stream in ["GUASSP_TASKS", "KV_guassp_tasks", "KV_guassp_projects", "GUASSP_EVENTS"] {
        assert_eq!(stage.count(stream).await, NOTHING, "{stream}");
    }
}

#[tokio::test]
async fn a_trigger_without_a_usable_token_is_refused_without_asking_gitlab() {
    let stage = Stage::start().await;
    for (headers, body, status, detail) in [
        (vec![], "", 401, "no job token: send $CI_JOB_TOKEN"),
        (vec![], "{}", 401, "no job token"),
        (vec![], "{\"job_token\": null}", 401, "no job token"),
        (vec![("authorization", "Basic eDp5")], "", 401, "must be \"Bearer\""),
        (vec![("authorization", "glcbt-naked")], "", 401, "must be \"Bearer\""),
        (vec![("job-token", "")], "", 400, "is empty"),
        (vec![("job-token", "  ")], "", 400, "is empty"),
        (vec![("authorization", "Bearer  ")], "", 401, "must be \"Bearer\""),
        (vec![], "{\"job_token\": \"\"}", 400, "is empty"),
        (vec![], "job_token=glcbt-form", 400, "is not JSON of the form"),
        (vec![], "{\"job_token\": 7}", 400, "is not JSON of the form"),
        (vec![], "[]", 400, "is not JSON of the form"),
        (vec![], "{\"job_token\": \"two\\nlines\"}", 400, "characters that no token has"),
    ] {
        let answer = stage.post(&headers, body).await;
        answer.is_problem(status, detail);
        assert_eq!(answer.header("retry-after"), None);
    }
    assert!(stage.gitlab.requests().is_empty());
    nothing_is_stored(&stage).await;
}

#[tokio::test]
async fn a_token_that_gitlab_does_not_vouch_for_is_refused() {
    let stage = Stage::start().await;
    stage.trigger("glcbt-unknown").await.is_problem(401, "it is wrong, or its job has ended");

    let ended = stage.job(SHOP);
    stage.gitlab.world().end_job(&ended);
    stage.trigger(&ended).await.is_problem(401, "it is wrong, or its job has ended");

    let orphaned = stage.job(SHOP);
    let project = stage.gitlab.change(|world| world.projects.remove(&SHOP).unwrap());
    stage.trigger(&orphaned).await.is_problem(401, "it is wrong, or its job has ended");
    stage.gitlab.change(|world| world.projects.insert(SHOP, project));

    stage.gitlab.world().add_token("glpat-personal", RUNNER, &["api"]);
    for headers in [[("job-token", "glpat-personal")], [("authorization", "Bearer glpat-personal")]] {
        stage.post(&headers, "").await.is_problem(401, "job token");
    }

    let blocked = stage.job(SHOP);
    stage.gitlab.world().set_state(RUNNER, UserState::Blocked);
    stage.trigger(&blocked).await.is_problem(403, "the account is blocked");
    nothing_is_stored(&stage).await;
}

#[tokio::test]
async fn without_a_verdict_of_gitlab_nothing_is_stored_and_the_caller_is_asked_to_come_back() {
    let kinds = [
        (FaultKind::Status(500), "10"),
        (FaultKind::Status(502), "10"),
        (FaultKind::Status(503), "10"),
        (FaultKind::TooManyRequests { retry_after: Some(7) }, "7"),
        (FaultKind::TooManyRequests { retry_after: Some(0) }, "1"),
        (FaultKind::TooManyRequests { retry_after: None }, "10"),
        (FaultKind::Html, "10"),
        (FaultKind::CutBody, "10"),
        (FaultKind::ConnectionReset, "10"),
        (FaultKind::Redirect("https://gitlab.example.com/users/sign_in".to_owned()), "10"),
    ];
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    for (kind, seconds) in kinds {
        for method in ["POST", "GET"] {
            stage.gitlab.faults().clear();
            stage.gitlab.faults().add(Fault::on("GET", "/api/v4/job").then(kind.clone()));
            let answer = match method {
                "POST" => stage.trigger(&token).await,
                _ => stage.look(proto::TaskId::new(), &token).await,
            };
            answer.is_problem(503, "GitLab gave no verdict");
            assert_eq!(answer.header("retry-after"), Some(seconds), "{kind:?}");
        }
    }
    nothing_is_stored(&stage).await;
    // The token was good all the time.
    stage.trigger(&token).await.task();
}

#[tokio::test]
async fn a_gitlab_that_does_not_answer_in_time_gives_no_verdict() {
    let stage = Stage::with_timeout(Duration::from_millis(300)).await;
    let token = stage.job(SHOP);
    let late = FaultKind::Delay(Duration::from_secs(3600));
    stage.gitlab.faults().add(Fault::on("GET", "/api/v4/job").then(late));
    let answer = stage.trigger(&token).await;
    answer.is_problem(503, "GitLab gave no verdict");
    assert_eq!(answer.header("retry-after"), Some("10"));
    nothing_is_stored(&stage).await;
}

#[tokio::test]
async fn a_gitlab_that_is_gone_gives_no_verdict() {
    let mut stage = Stage::start().await;
    let token = stage.job(SHOP);
    let other = sandbox::GitLab::start().await.unwrap();
    std::mem::replace(&mut stage.gitlab, other).stop().await;
    stage.trigger(&token).await.is_problem(503, "GitLab gave no verdict");
    nothing_is_stored(&stage).await;
}
