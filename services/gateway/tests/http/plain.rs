//! Answers for scripts that have nothing but curl: a line or two of text.

use proto::{
    Cause, Change, ChangeKind, Grantee, Outcome, Permission, ProjectId, ProjectOutcome, TaskId, Verdict,
};
use reqwest::Method;
use runtime::jetstream::records::TaskRef;

use crate::stage::{SHOP, Stage};

async fn text(stage: &Stage, method: Method, path: &str, token: &str) -> (u16, String, String) {
    let request = stage.request(method, path).header("job-token", token).header("accept", "text/plain");
    let answer = request.send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

const PLAIN: &str = "text/plain; charset=utf-8";

#[tokio::test]
async fn a_task_in_words() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    let (status, kind, path) = text(&stage, Method::POST, "/task", &token).await;
    assert_eq!((status, kind.as_str()), (202, PLAIN));
    let path = path.strip_suffix('\n').unwrap();
    assert!(path.starts_with("/task/"), "{path}");
    let queued = text(&stage, Method::GET, path, &token).await;
    assert_eq!(queued, (200, PLAIN.to_owned(), "queued\nwaits in the queue\n".to_owned()));
    let _sonarqube = stage.work().await;
    let (_, _, end) = text(&stage, Method::GET, &format!("{path}?wait=60"), &token).await;
    assert!(end.starts_with("finished\nnothing to do: SonarQube has no project for acme/shop"), "{end}");
}

fn outcome(verdict: Verdict, reason: Option<&str>) -> Outcome {
    let change = |login: String| Change {
        kind: ChangeKind::Grant,
        grantee: Grantee::Login(login),
        permission: Permission::User,
    };
    let changed = ProjectOutcome {
        granted: 120,
        changes: (0..100).map(|person| change(format!("person-{person}"))).collect(),
        ..ProjectOutcome::untouched("shop".to_owned(), vec!["ann1 is the last administrator".to_owned()])
    };
    let in_line = ProjectOutcome::untouched("shop-api".to_owned(), vec![]);
    Outcome { projects: vec![changed, in_line], ..Outcome::bare(verdict, reason.map(str::to_owned)) }
}

#[tokio::test]
async fn an_ended_task_lists_what_was_done_or_would_be() {
    let stage = Stage::start().await;
    let token = stage.job(SHOP);
    for (verdict, reason, summary) in [
        (Verdict::Done, None, "120 granted, 0 revoked"),
        (Verdict::Observed, None, "only observed, nothing was changed; would be: 120 granted, 0 revoked"),
        (
            Verdict::Held,
            Some("too many"),
            "held, nothing was changed: too many; would be: 120 granted, 0 revoked; to decide: guassp approve 7",
        ),
    ] {
        let cause = Cause::Reconcile;
        let task = TaskRef { id: TaskId::new(), project: ProjectId(SHOP), cause };
        stage.runtime.jetstream.records.end(&task, outcome(verdict, reason)).await.unwrap();
        let (_, _, told) = text(&stage, Method::GET, &format!("/task/{}", task.id), &token).await;
        let first = format!("finished\n{summary}\nshop\n  + person-0: user\n  + person-1: user\n");
        assert!(told.starts_with(&first), "{told}");
        let last = "  + person-99: user\n  and 20 more\n  note: ann1 is the last administrator\n";
        assert!(told.ends_with(last), "{told}");
    }
}

#[tokio::test]
async fn a_refusal_in_words() {
    let stage = Stage::start().await;
    let (status, kind, why) = text(&stage, Method::POST, "/task", "glcbt-of-nobody").await;
    assert_eq!((status, kind.as_str()), (401, PLAIN));
    assert_eq!(why, "GitLab does not know this job token: it is wrong, or its job has ended\n");
    let (status, _, why) = text(&stage, Method::GET, "/nowhere", "x").await;
    assert_eq!((status, why.as_str()), (404, "there is no such path\n"));
}

#[tokio::test]
async fn who_prefers_json_gets_json() {
    let stage = Stage::start().await;
    for accept in ["*/*", "application/json, text/plain", "application/problem+json"] {
        let request = stage.request(Method::POST, "/task").header("accept", accept);
        crate::caller::Answer::of(request).await.is_problem(401, "no job token");
    }
}
