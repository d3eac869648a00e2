//! Filling and applying templates, and the default exposure of a new project.

use crate::support::{Api, held, sonarqube};

async fn template(api: &Api, people: &[(&str, &str)]) -> String {
    let reply = api.post("/api/permissions/create_template", &[("name", "tmp")]).await.json();
    let id = reply["permissionTemplate"]["id"].as_str().unwrap().to_owned();
    for (login, permission) in people {
        let form = [("templateId", id.as_str()), ("login", login), ("permission", permission)];
        assert_eq!(api.post("/api/permissions/add_user_to_template", &form).await.status, 204);
    }
    id
}

#[tokio::test]
async fn applying_replaces_every_grant_the_callers_own_included() {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.world().grant("private", "guassp", "admin");
    sonarqube.world().grant_group("private", "devs", "scan");
    let id = template(&api, &[("jane", "user"), ("jane", "scan")]).await;
    let form = [("templateId", id.as_str()), ("projectKey", "private")];
    assert_eq!(api.post("/api/permissions/apply_template", &form).await.status, 204);
    assert_eq!(held(&sonarqube, "private", "jane"), ["scan", "user"]);
    assert!(held(&sonarqube, "private", "guassp").is_empty());
    assert!(sonarqube.world().granted_groups("private").is_empty());
    let again = [("projectKey", "private"), ("login", "omar"), ("permission", "scan")];
    assert_eq!(
        api.post("/api/permissions/add_user", &again).await.status,
        204,
        "still a system administrator"
    );
}

#[tokio::test]
async fn implied_entries_are_dropped_on_a_public_project() {
    let (sonarqube, api) = sonarqube().await;
    let id = template(&api, &[("jane", "user"), ("jane", "scan")]).await;
    let form = [("templateId", id.as_str()), ("projectKey", "public")];
    assert_eq!(api.post("/api/permissions/apply_template", &form).await.status, 204);
    assert_eq!(held(&sonarqube, "public", "jane"), ["scan"]);
    let gone = [("templateId", id.as_str()), ("projectKey", "gone")];
    assert_eq!(
        api.post("/api/permissions/apply_template", &gone).await.refusal(),
        (404, "Entity not found".into())
    );
}

#[tokio::test]
async fn templates_are_listed_with_counts_and_deleted_except_the_default() {
    let (_sonarqube, api) = sonarqube().await;
    let id = template(&api, &[("jane", "user"), ("omar", "user")]).await;
    let found = api.get("/api/permissions/search_templates?q=tmp").await.json();
    let user = found["permissionTemplates"][0]["permissions"].as_array().unwrap();
    assert_eq!(user.iter().find(|row| row["key"] == "user").unwrap()["usersCount"], 2);
    let people = api.get(&format!("/api/permissions/template_users?templateId={id}&ps=100")).await.json();
    assert_eq!(people["paging"]["total"], 2);
    assert_eq!(api.post("/api/permissions/delete_template", &[("templateId", &id)]).await.status, 204);
    let default = [("templateId", "default_template")];
    assert_eq!(api.post("/api/permissions/delete_template", &default).await.status, 400);
}

#[tokio::test]
async fn a_new_project_opens_to_everybody_who_can_sign_in() {
    let (sonarqube, api) = sonarqube().await;
    let form = [("project", "new"), ("name", "New"), ("visibility", "private")];
    assert_eq!(api.post("/api/projects/create", &form).await.status, 200);
    let groups = sonarqube.world().granted_groups("new");
    let everybody: Vec<&str> = groups["sonar-users"].iter().map(String::as_str).collect();
    assert_eq!(everybody, ["codeviewer", "issueadmin", "securityhotspotadmin", "user"]);
    assert!(groups["sonar-administrators"].contains("admin"));
}
