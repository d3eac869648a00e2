//! What an operator is told when GitLab refuses, and what nobody is told: the token.

use std::sync::Arc;

use resolver::{GitLab, StartError};
use runtime::metrics::Metrics;
use sandbox::gitlab::{TokenState, UserState};

use crate::stage::{ACME, SHOP, Stage, TOKEN, client, config, read};

/// The error of a reading, in its two forms; none of them shows the token.
async fn refused(stage: &Stage, token: &str) -> String {
    let error = read(&client(stage.gitlab.url(), token), SHOP).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(token), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_token_that_is_unknown_revoked_or_expired_is_named() {
    let stage = Stage::of(3).await;
    let unknown = refused(&stage, "glpat-unknown").await;
    assert_eq!(
        unknown,
        "gitlab answered 401 to GET /api/v4/projects/:id: 401 Unauthorized (GITLAB_TOKEN is wrong, revoked or expired)"
    );
    for (state, word) in [(TokenState::Revoked, "revoked"), (TokenState::Expired, "expired")] {
        stage.gitlab.world().set_token_state(TOKEN, state);
        let error = refused(&stage, TOKEN).await;
        assert!(error.contains("401") && error.contains("GITLAB_TOKEN") && error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which_one_it_needs() {
    let stage = Stage::with(|world| {
        world.add_user(1, "owner");
        world.add_token("glpat-narrow", 1, &["read_user"]);
    })
    .await;
    let error = refused(&stage, "glpat-narrow").await;
    assert!(error.contains("403") && error.contains("GITLAB_TOKEN needs the scope read_api"), "{error}");
}

#[tokio::test]
async fn a_blocked_tokens_user_is_told_in_gitlabs_own_words() {
    let stage = Stage::with(|world| {
        let bot = world.add_group_token("glpat-group", ACME);
        world.set_state(bot, UserState::Blocked);
    })
    .await;
    let error = refused(&stage, "glpat-group").await;
    assert!(error.contains("403") && error.contains("blocked"), "{error}");
}

#[tokio::test]
async fn a_project_that_the_token_may_not_see_is_told_as_such() {
    let stage = Stage::with(|world| {
        world.add_user(1, "stranger");
        world.add_token("glpat-stranger", 1, &["read_api"]);
    })
    .await;
    let error = refused(&stage, "glpat-stranger").await;
    assert!(error.contains("404") && error.contains("GITLAB_TOKEN may not see it"), "{error}");
    assert!(error.contains("add its user stranger to the project or its group"), "{error}");
}

#[tokio::test]
async fn a_project_that_is_gone_while_its_pages_are_read_is_an_error() {
    let stage = Stage::of(250).await;
    let gate = stage.gitlab.faults().hold("GET", "&page=2", 1);
    let (reading, ()) = tokio::join!(stage.read(), async {
        gate.arrived().await;
        stage.gitlab.change(|world| world.projects.remove(&SHOP));
        gate.release();
    });
    let error = reading.unwrap_err().to_string();
    assert!(error.contains("404"), "{error}");
}

#[tokio::test]
async fn members_that_the_token_cannot_see_are_not_taken_for_an_empty_project() {
    let stage = Stage::with(|_| ()).await;
    let error = refused(&stage, TOKEN).await;
    assert!(error.contains("does GITLAB_TOKEN see the members?"), "{error}");
}

#[tokio::test]
async fn a_gitlab_that_is_not_there_is_named() {
    let stage = Stage::of(1).await;
    let url = stage.gitlab.url().to_owned();
    stage.gitlab.stop().await;
    let error = read(&client(&url, TOKEN), SHOP).await.unwrap_err().to_string();
    assert!(error.starts_with("no whole answer from gitlab to GET /api/v4/projects/:id: "), "{error}");
}

#[tokio::test]
async fn the_token_is_sent_to_gitlab_and_shown_to_nobody() {
    let stage = Stage::of(1).await;
    stage.read().await.unwrap();
    let sent = stage.gitlab.requests();
    assert!(sent.iter().all(|request| request.headers["private-token"] == TOKEN));
    assert!(!format!("{:?}", stage.client).contains(TOKEN), "{:?}", stage.client);
}

#[test]
fn a_token_that_fits_no_header_is_refused_without_being_shown() {
    let config = config("http://gitlab.example.com", "glpat-two\nlines");
    let error = GitLab::new(&config, None, Arc::new(Metrics::new().unwrap())).unwrap_err();
    assert!(matches!(error, StartError::Token));
    assert!(!format!("{error} {error:?}").contains("two"), "{error:?}");
}
