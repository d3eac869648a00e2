//! People at `GET /task/{id}`: by a token, or by the network they call from.

use gateway::caller::{self, PersonToken, Role};
use reqwest::Method;
use secrecy::ExposeSecret;

use crate::{
    caller::Answer,
    stage::{BLOG, SHOP, Stage, callers},
};

fn issue(name: &str, role: Role) -> (String, String) {
    let (token, entry) = PersonToken::issue(name, role).unwrap();
    (token.expose_secret().to_owned(), entry.to_string())
}

async fn look(stage: &Stage, id: proto::TaskId, headers: &[(&str, &str)]) -> Answer {
    let request = stage.request(Method::GET, &format!("/task/{id}"));
    Answer::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_person_sees_the_tasks_of_every_project_and_posts_none() {
    let ((viewer, one), (operator, two)) = (issue("vera", Role::Viewer), issue("omar", Role::Operator));
    let people = format!("{one}\n{two}").parse().unwrap();
    let stage = Stage::with_callers(caller::Config { people, ..callers() }).await;
    let tasks = [stage.trigger(&stage.job(SHOP)).await.task(), stage.trigger(&stage.job(BLOG)).await.task()];
    let before = stage.gitlab.requests().len();
    for token in [&viewer, &operator] {
        let bearer = format!("Bearer {token}");
        for id in tasks {
            assert_eq!(look(&stage, id, &[("authorization", &bearer)]).await.status, 200);
        }
        let unknown = proto::TaskId::new();
        look(&stage, unknown, &[("authorization", &bearer)]).await.is_problem(404, "there is no task");
        stage.post(&[("authorization", &bearer)], "").await.is_problem(401, "not a person's");
        stage.trigger(token).await.is_problem(401, "it belongs into Authorization: Bearer");
        let body = format!("{{\"job_token\": \"{token}\"}}");
        stage.post(&[], &body).await.is_problem(401, "it belongs into Authorization: Bearer");
        look(&stage, tasks[0], &[("authorization", &format!("{bearer}x"))])
            .await
            .is_problem(401, "nobody has");
    }
    assert_eq!(stage.gitlab.requests().len(), before, "GitLab never sees a person's token");
}

#[tokio::test]
async fn a_trusted_network_sees_everything_and_a_proxy_in_it_speaks_for_its_clients_only() {
    let allow = caller::Allow { viewer: vec!["127.0.0.1/32".parse().unwrap()], operator: Vec::new() };
    let open = Stage::with_callers(caller::Config { allow: allow.clone(), ..callers() }).await;
    let id = open.trigger(&open.job(SHOP)).await.task();
    assert_eq!(look(&open, id, &[]).await.status, 200);
    look(&open, id, &[("authorization", "Bearer guassp_x")]).await.is_problem(401, "nobody has this token");
    look(&open, id, &[("job-token", &open.job(BLOG))]).await.is_problem(404, "of this job's project");
    open.post(&[], "").await.is_problem(401, "no job token");

    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let behind = Stage::with_callers(caller::Config { allow, trusted_proxies, ..callers() }).await;
    let id = behind.trigger(&behind.job(SHOP)).await.task();
    look(&behind, id, &[]).await.is_problem(401, "no job token and no person's");
    look(&behind, id, &[("x-forwarded-for", "203.0.113.5")]).await.is_problem(401, "no job token");
    assert_eq!(look(&behind, id, &[("x-forwarded-for", "127.0.0.1")]).await.status, 200);
}
