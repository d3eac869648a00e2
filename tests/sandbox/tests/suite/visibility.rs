//! What a flip of visibility does, who may ask for it, and when it is refused.

use crate::support::{held, sonarqube};

const UPDATE: &str = "/api/projects/update_visibility";

fn to<'a>(project: &'a str, visibility: &'a str) -> [(&'a str, &'a str); 2] {
    [("project", project), ("visibility", visibility)]
}

#[tokio::test]
async fn to_private_gives_browse_and_source_to_every_grantee_and_to_public_takes_them_from_all() {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.world().grant("public", "guassp", "admin");
    sonarqube.world().grant("public", "jane", "scan");
    sonarqube.world().grant_group("public", "devs", "issueadmin");
    sonarqube.world().grant_group("public", "Anyone", "scan");
    assert_eq!(api.post(UPDATE, &to("public", "private")).await.status, 204);
    assert_eq!(held(&sonarqube, "public", "jane"), ["codeviewer", "scan", "user"]);
    assert_eq!(held(&sonarqube, "public", "guassp"), ["admin", "codeviewer", "user"]);
    let groups = sonarqube.world().granted_groups("public");
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["devs"]);
    assert!(groups["devs"].contains("user"));

    sonarqube.world().grant("public", "omar", "user");
    assert_eq!(api.post(UPDATE, &to("public", "public")).await.status, 204);
    assert_eq!(held(&sonarqube, "public", "jane"), ["scan"]);
    assert!(held(&sonarqube, "public", "omar").is_empty());
}

#[tokio::test]
async fn a_system_administrator_needs_the_projects_own_admin() {
    let (sonarqube, api) = sonarqube().await;
    let denied = (403, "Insufficient privileges".to_owned());
    assert_eq!(api.post(UPDATE, &to("private", "public")).await.refusal(), denied);
    sonarqube.world().grant("private", "guassp", "admin");
    assert_eq!(api.post(UPDATE, &to("private", "public")).await.status, 204);
    assert_eq!(api.post(UPDATE, &to("private", "public")).await.status, 204, "the same again");
}

#[tokio::test]
async fn unknown_managed_and_busy_projects_are_refused_each_in_its_way() {
    let (sonarqube, api) = sonarqube().await;
    let unknown = (400, "Component must be a project, a portfolio or an application".to_owned());
    assert_eq!(api.post(UPDATE, &to("gone", "public")).await.refusal(), unknown);
    sonarqube.world().grant("private", "guassp", "admin");
    sonarqube.world().projects.get_mut("private").unwrap().task_running = true;
    let busy = (500, "An error has occurred. Please contact your administrator".to_owned());
    assert_eq!(
        api.post(UPDATE, &to("private", "private")).await.refusal(),
        busy,
        "even when nothing would change"
    );
    sonarqube.world().projects.get_mut("private").unwrap().managed = true;
    let managed = (400, "Operation not allowed when the project is externally managed.".to_owned());
    assert_eq!(api.post(UPDATE, &to("private", "public")).await.refusal(), managed);
}
