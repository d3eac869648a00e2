//! What a doctor is told, over a SonarQube in the sandbox.

use std::time::Duration;

use jiff::Timestamp;
use runtime::{
    doctor::{Check, Report, State},
    http::Limits,
    secret::Secret,
};
use sandbox::sonarqube::World;

pub(super) use crate::sonarqube::tests::stage::{OWN_LOGIN, Stage, TOKEN};
use crate::{
    doctor::{Config, examine},
    people::{self, Mapping},
    rules::{Exposed, Mode},
    sonarqube,
};

/// One GitLab person, an integration, private new projects, and a default template without `sonar-users`.
pub(super) async fn healthy(prepare: impl FnOnce(&mut World)) -> Stage {
    Stage::with(|world| {
        world.add_gitlab_user("jane1", "Jane", 101, "jane");
        world.add_setting("gl", "https://gitlab.example.com/api/v4");
        world.default_visibility = sandbox::sonarqube::Visibility::Private;
        if let Some(template) = world.templates.first_mut() {
            template.grants = sandbox::sonarqube::Grants::default();
        }
        prepare(world);
    })
    .await
}

pub(super) fn config(stage: &Stage) -> Config {
    Config {
        sonarqube: sonarqube::Config {
            url: stage.sonarqube.url().parse().unwrap(),
            token: Secret::from(TOKEN),
            alm_key: None,
            limits: Limits {
                connect_timeout: Duration::from_secs(5),
                timeout: Duration::from_secs(20),
                max_answer_bytes: 8 << 20,
            },
        },
        people: people::Config {
            provider: "gitlab".to_owned(),
            mapping: Mapping::default(),
            exempt: [].into(),
            skip_groups: Vec::new(),
            refresh_after: Duration::ZERO,
            max_age: Duration::from_secs(600),
        },
        close_groups: ["sonar-users".to_owned(), "Anyone".to_owned()].into(),
        exposure: Exposed::Close,
        mode: Mode::Apply,
    }
}

pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(super) async fn report(config: &Config) -> Report {
    examine(config, now()).await.unwrap()
}

pub(super) async fn report_of(stage: &Stage) -> Report {
    report(&config(stage)).await
}

pub(super) fn check<'a>(report: &'a Report, name: &str) -> &'a Check {
    report.checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name}: {report:?}"))
}

/// The checks that are not well, by name.
pub(super) fn ill(report: &Report) -> Vec<(&'static str, State)> {
    let ill = report.checks.iter().filter(|check| check.state != State::Ok);
    ill.map(|check| (check.name, check.state)).collect()
}
