//! What is told of the token and the project of issues.

use notifier::doctor::examine;
use runtime::clock::Clock;
use runtime::doctor::{Report, State};
use sandbox::gitlab::{Place, TokenState, World, level};

use crate::stage::{OPS, Stage, TOKEN};

/// What is told after this change.
async fn told(change: impl FnOnce(&mut World)) -> Report {
    let stage = Stage::start().await;
    stage.gitlab.change(change);
    examine(&stage.config(), &Clock::system()).await.unwrap()
}

/// The one check that is not well: its name, what was found and the mend.
fn trouble(report: &Report) -> (State, &'static str, String) {
    let red: Vec<_> = report.checks.iter().filter(|check| check.state != State::Ok).collect();
    assert_eq!(red.len(), 1, "{report:?}");
    let one = red.first().unwrap();
    (one.state, one.name, format!("{}: {}", one.found, one.mend.clone().unwrap_or_default()))
}

#[tokio::test]
async fn a_reporter_with_the_scope_api_will_do() {
    let report = told(|_| {}).await;
    assert!(report.complete && report.checks.iter().all(|check| check.state == State::Ok), "{report:?}");
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, ["token's scopes", "token's end", "project", "role"]);
}

#[tokio::test]
async fn what_keeps_issues_from_being_opened_is_named_with_its_mend() {
    let narrow = told(|world| world.add_token(TOKEN, 9, &["read_api"])).await;
    let (_, name, words) = trouble(&narrow);
    assert!(
        name == "token's scopes" && words.contains("not api") && words.contains("GUASSP_ISSUES__TOKEN"),
        "{words}"
    );
    assert!(!narrow.complete);

    let revoked = told(|world| world.set_token_state(TOKEN, TokenState::Revoked)).await;
    let (_, name, words) = trouble(&revoked);
    assert!(name == "token" && words.contains("401"), "{words}");

    let soon = told(|world| world.set_token_end(TOKEN, Some("2020-01-01"))).await;
    assert!(soon.checks.iter().any(|check| check.state == State::Fail), "{soon:?}");

    let nowhere = told(|world| world.remove_member(Place::Project(OPS), 9)).await;
    let (_, name, words) = trouble(&nowhere);
    assert!(name == "project" && words.contains("404") && words.contains("issues.project"), "{words}");

    let guest = told(|world| {
        world.remove_member(Place::Project(OPS), 9);
        world.add_member(Place::Project(OPS), 9, level::GUEST);
    });
    let guest = guest.await;
    let (state, name, words) = trouble(&guest);
    assert!(state == State::Fail && name == "role" && words.contains("Reporter (20)"), "{words}");

    let archived = told(|world| world.archive_project(OPS)).await;
    let (_, name, words) = trouble(&archived);
    assert!(name == "project" && words.contains("archived"), "{words}");
}
