//! ID tokens that are good: verified without asking GitLab about the job.

use gateway::caller;
use sandbox::gitlab::IdToken;
use serde_json::json;

use crate::stage::{BLOG, RUNNER, SHOP, Stage, callers};

pub(crate) const AUDIENCE: &str = "guassp";
pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/oauth/discovery/keys";

/// A gateway that takes ID tokens.
pub(crate) async fn stage() -> Stage {
    let id_tokens =
        caller::IdTokenConfig { audience: Some(AUDIENCE.to_owned()), ..caller::IdTokenConfig::default() };
    Stage::with_callers(caller::Config { id_tokens, ..callers() }).await
}

impl Stage {
    /// The ID token of a running job of the project, before it is signed.
    pub(crate) fn id_token(&self, project: u64) -> IdToken {
        let job = self.job(project);
        self.gitlab.world().id_token_of(&job, AUDIENCE).unwrap()
    }

    pub(crate) fn sign(&self, token: &IdToken) -> String {
        self.gitlab.world().sign(token)
    }

    /// How often GitLab was asked for this path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.gitlab.requests().iter().filter(|request| request.path == path).count()
    }
}

#[tokio::test]
async fn a_job_posts_and_looks_with_its_id_token_and_gitlab_is_not_asked_about_it() {
    let stage = stage().await;
    let token = stage.gitlab.world().id_token(SHOP, RUNNER, AUDIENCE);
    let first = stage.trigger_with_id(&token).await;
    assert_eq!(first.body["project"], SHOP);
    let id = first.task();
    let body = format!("{{\"job_token\": \"{token}\"}}");
    assert_eq!(stage.trigger(&token).await.task(), id);
    assert_eq!(stage.post(&[], &body).await.task(), id);
    let looked = stage.look(id, &token).await;
    assert_eq!((looked.status, &looked.body["cause"]["user"]), (200, &json!(RUNNER)));
    let paths: Vec<String> = stage.gitlab.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [DISCOVERY, KEYS]);
    let figures = stage.runtime.metrics.render().unwrap();
    let line = r#"guassp_verdicts_total{kind="id_token",result="accepted"} 4"#;
    assert!(figures.contains(line), "{figures}");
    // Another project's job sees nothing of it.
    let stranger = stage.sign(&stage.id_token(BLOG));
    stage.look(id, &stranger).await.is_problem(404, "no task");
}

#[tokio::test]
async fn an_id_token_outlives_its_job_and_a_job_token_does_not() {
    let stage = stage().await;
    let job = stage.job(SHOP);
    let token = stage.gitlab.change(|world| world.sign(&world.id_token_of(&job, AUDIENCE).unwrap()));
    stage.gitlab.world().end_job(&job);
    stage.trigger(&job).await.is_problem(401, "its job has ended");
    stage.trigger_with_id(&token).await.task();
}

#[tokio::test]
async fn forms_of_claims_that_gitlab_writes_are_read() {
    let stage = stage().await;
    let good = stage.id_token(SHOP);
    for (form, token) in [
        ("several audiences", good.clone().with("aud", json!(["https://other.example.com", AUDIENCE]))),
        (
            "ids as numbers",
            good.clone().with("job_id", 5).with("pipeline_id", 6).with("job_project_id", SHOP),
        ),
        ("older than 18.4", good.clone().without_job_project()),
        ("from a fork", good.clone().from_fork(BLOG, "runner/shop")),
        ("nobody's job", good.clone().with("user_id", "")),
        ("no user at all", good.clone().without("user_id")),
        ("just expired, and clocks differ", good.clone().expired(10)),
        ("soon valid, and clocks differ", good.clone().not_yet_valid(10)),
    ] {
        let answer = stage.trigger_with_id(&stage.sign(&token)).await;
        assert_eq!(
            (answer.status, &answer.body["project"]),
            (202, &json!(SHOP)),
            "{form}: {:?}",
            answer.body
        );
    }
    assert_eq!(stage.asked("/api/v4/job"), 0);
}

#[tokio::test]
async fn an_issuer_of_another_name_is_believed_when_it_is_configured() {
    let gitlab = sandbox::GitLab::start().await.unwrap();
    let (issuer, token) = gitlab.change(|world| {
        world.add_user(RUNNER, "runner");
        world.add_project(SHOP, "acme/shop");
        (gitlab.url().to_owned(), world.id_token(SHOP, RUNNER, AUDIENCE))
    });
    let id_tokens = caller::IdTokenConfig {
        audience: Some(AUDIENCE.to_owned()),
        issuer: Some(issuer),
        ..caller::IdTokenConfig::default()
    };
    let stage = Stage::with_callers(caller::Config { id_tokens, ..callers() }).await;
    stage.trigger_with_id(&token).await.task();
    let own = stage.sign(&stage.id_token(SHOP));
    stage.trigger_with_id(&own).await.is_problem(401, "was not issued by");
    assert_eq!(gitlab.requests().len(), 2);
    assert!(stage.gitlab.requests().is_empty());
}

#[tokio::test]
async fn where_no_audience_is_configured_id_tokens_are_refused_and_never_sent_on() {
    let stage = Stage::start().await;
    let token = stage.gitlab.world().id_token(SHOP, RUNNER, AUDIENCE);
    let answer = stage.trigger_with_id(&token).await;
    answer.is_problem(401, "switched off");
    answer.is_problem(401, "gateway.id_tokens.audience");
    stage.look(proto::TaskId::new(), &token).await.is_problem(401, "switched off");
    assert!(stage.gitlab.requests().is_empty());
}
