//! Credentials, safe mode, deactivation, the inventory of projects.

use reqwest::Method;
use sandbox::sonarqube::{Mode, TokenKind};
use serde_json::{Value, json};

use crate::support::{Api, held, sonarqube};

#[tokio::test]
async fn a_wrong_token_is_a_401_without_a_body() {
    let (sonarqube, _) = sonarqube().await;
    let api = Api::new(sonarqube.url(), "squ_wrong");
    let reply = api.get("/api/permissions/users?projectKey=private").await;
    assert_eq!((reply.status, reply.text.as_str()), (401, ""));
    assert_eq!(api.get("/api/authentication/validate").await.json(), json!({ "valid": false }));
    assert_eq!(api.get("/api/system/status").await.json()["status"], "UP");
}

#[tokio::test]
async fn basic_takes_a_token_as_name_or_login_and_password() {
    let (sonarqube, api) = sonarqube().await;
    for (name, password, status) in
        [("squ_guassp", "", 200), ("admin", "admin", 200), ("admin", "wrong", 401)]
    {
        let url = format!("{}/api/projects/search", sonarqube.url());
        let request = reqwest::Client::new().get(url).basic_auth(name, Some(password));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{name}");
    }
    drop(api);
}

#[tokio::test]
async fn an_analysis_token_has_no_right_on_permissions() {
    let (sonarqube, _) = sonarqube().await;
    let id = sonarqube.world().user_by_login("guassp").unwrap().id.clone();
    sonarqube.world().add_token("sqa_scan", &id, TokenKind::GlobalAnalysis);
    let api = Api::new(sonarqube.url(), "sqa_scan");
    let denied = (403, "Insufficient privileges".to_owned());
    assert_eq!(api.get("/api/permissions/users?projectKey=private").await.refusal(), denied);
}

#[tokio::test]
async fn in_safe_mode_the_api_is_not_there() {
    let (sonarqube, api) = sonarqube().await;
    for (mode, status) in [(Mode::Starting, "STARTING"), (Mode::MigrationNeeded, "DB_MIGRATION_NEEDED")] {
        sonarqube.world().mode = mode;
        assert_eq!(api.get("/api/system/status").await.json()["status"], status);
        let form = [("projectKey", "private"), ("login", "jane"), ("permission", "scan")];
        let gone = (404, "Unknown url : /api/permissions/add_user".to_owned());
        assert_eq!(api.post("/api/permissions/add_user", &form).await.refusal(), gone);
    }
    sonarqube.world().mode = Mode::Down;
    assert_eq!(api.get("/api/system/status").await.status, 503);
    sonarqube.world().mode = Mode::Up;
    assert_eq!(api.get("/api/permissions/nothing").await.refusal().0, 404);
    assert!(held(&sonarqube, "private", "jane").is_empty());
}

#[tokio::test]
async fn deactivating_takes_every_grant_for_good() {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.world().grant("private", "jane", "scan");
    let id = sonarqube.world().user_by_login("jane").unwrap().id.clone();
    let path = format!("/api/v2/users-management/users/{id}");
    assert_eq!(api.json(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert!(held(&sonarqube, "private", "jane").is_empty());
    let listed = api.get("/api/permissions/users?projectKey=private&q=jane").await.json();
    assert_eq!(listed["paging"]["total"], 0);
    let own = sonarqube.world().user_by_login("guassp").unwrap().id.clone();
    let own = api.json(Method::DELETE, &format!("/api/v2/users-management/users/{own}"), &Value::Null).await;
    assert_eq!(own.json()["message"], "Self-deactivation is not possible");
}

#[tokio::test]
async fn everybody_is_a_member_of_the_default_group_and_an_unknown_group_has_none() {
    let (sonarqube, api) = sonarqube().await;
    let group = sonarqube.world().group_by_name("sonar-users").unwrap().id.clone();
    let path = "/api/v2/authorizations/group-memberships";
    let everybody = api.get(&format!("{path}?groupId={group}")).await.json();
    assert_eq!(everybody["page"]["total"], sonarqube.world().users.len());
    assert_eq!(api.get(&format!("{path}?groupId=gone")).await.json()["page"]["total"], 0);
    let jane = sonarqube.world().user_by_login("jane").unwrap().id.clone();
    let reply = api.json(Method::POST, path, &json!({ "userId": jane, "groupId": group })).await;
    let text = "Default group 'sonar-users' cannot be used to perform this action";
    assert_eq!((reply.status, &reply.json()["message"]), (400, &json!(text)));
}

#[tokio::test]
async fn addresses_and_ids_are_shown_to_administrators_and_to_oneself() {
    let (sonarqube, api) = sonarqube().await;
    let path = "/api/v2/users-management/users?q=a";
    let row = |page: &Value, login: &str| {
        page["users"].as_array().unwrap().iter().find(|row| row["login"] == login).unwrap().clone()
    };
    let page = api.get(path).await.json();
    assert_eq!(row(&page, "omar")["email"], "omar@example.com");
    let page = Api::new(sonarqube.url(), "squ_jane").get(path).await.json();
    let expected = json!({ "login": "omar", "name": "Omar", "active": true, "avatar": null });
    assert_eq!(row(&page, "omar"), expected);
    assert_eq!(row(&page, "jane")["email"], "jane@example.com");
}

#[tokio::test]
async fn the_inventory_names_visibility_and_keys_can_change() {
    let (sonarqube, api) = sonarqube().await;
    let found = api.get("/api/projects/search?ps=500").await.json();
    assert_eq!(found["paging"]["total"], 2);
    assert_eq!(found["components"][0]["visibility"], "private");
    let one = api.get("/api/projects/search?projects=public,gone").await.json();
    assert_eq!(one["paging"]["total"], 1);
    let uuid = found["components"][0]["projectUuid"].clone();
    sonarqube.world().grant("private", "guassp", "admin");
    let form = [("from", "private"), ("to", "renamed")];
    assert_eq!(api.post("/api/projects/update_key", &form).await.status, 204);
    assert_eq!(json!(sonarqube.world().projects["renamed"].uuid), uuid);
    assert_eq!(Api::new(sonarqube.url(), "squ_jane").get("/api/projects/search").await.status, 403);
}

#[tokio::test]
async fn a_generated_token_works_and_names_its_expiry() {
    let (sonarqube, api) = sonarqube().await;
    let form = [("name", "ci"), ("login", "jane"), ("type", "USER_TOKEN"), ("expirationDate", "2027-01-01")];
    let made = api.post("/api/user_tokens/generate", &form).await.json();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("squ_"));
    let reply = Api::new(sonarqube.url(), token).get("/api/users/current").await;
    assert_eq!(reply.json()["login"], "jane");
    assert_eq!(reply.header("sonarqube-authentication-token-expiration"), Some("2027-01-01T00:00:00+0000"));
    assert_eq!(api.post("/api/user_tokens/generate", &form).await.status, 400);
}
