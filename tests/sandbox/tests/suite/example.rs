//! The worked example says what its comments promise.

use sandbox::example::{
    self, BRUNO, DAN, GUS, INES, JOB_TOKEN, MIRA, NADIA, OLGA, PETRA, PROJECT, PROJECT_KEY, RITA,
};

use crate::support::Api;

#[tokio::test]
async fn the_shop_has_one_person_for_each_kind_of_access() {
    let running = example::start().await.unwrap();
    let access = running.gitlab.world().effective(PROJECT);
    let expected = [
        (OLGA, 50),
        (MIRA, 40),
        (DAN, 30),
        (RITA, 20),
        (GUS, 10),
        (PETRA, 15),
        (INES, 20),
        (BRUNO, 30),
        (NADIA, 30),
    ];
    assert_eq!(access, expected.into());
    let gitlab = Api::new(running.gitlab.url(), example::GITLAB_TOKEN);
    let members = gitlab.get("/api/v4/projects/7/members/all").await.json();
    assert_eq!(members.as_array().unwrap().len(), 9);
    let job = Api::new(running.gitlab.url(), JOB_TOKEN).get("/api/v4/job").await.json();
    assert_eq!(job["pipeline"]["project_id"], PROJECT);
}

#[tokio::test]
async fn the_shop_is_bound_and_carries_a_leftover_grant() {
    let running = example::start().await.unwrap();
    let api = Api::new(running.sonarqube.url(), example::SONARQUBE_TOKEN);
    let found = api.get("/api/v2/dop-translation/project-bindings?repository=7").await.json();
    assert_eq!(found["projectBindings"][0]["projectKey"], PROJECT_KEY);
    let granted = running.sonarqube.world().granted(PROJECT_KEY);
    assert_eq!(granted.keys().collect::<Vec<_>>(), ["leo-lang88310"]);
    let settings = api.get("/api/alm_settings/list").await.json();
    assert_eq!(settings["almSettings"][0]["url"], format!("{}/api/v4", running.gitlab.url()));
    assert_eq!(running.summary()["project"]["gitlab_id"], 7);
}
