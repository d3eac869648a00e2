//! The calls that seed a real server seed the model as well.

use reqwest::Method;
use sandbox::SonarQube;
use serde_json::{Value, json};

use crate::support::{Api, sonarqube};

const USERS: &str = "/api/v2/users-management/users";

async fn person(api: &Api, login: &str, gitlab_id: u64, username: &str) -> (u16, Value) {
    let body =
        json!({ "login": login, "name": login, "email": format!("{login}@example.com"), "local": false });
    let made = api.json(Method::POST, USERS, &body).await.json();
    assert_eq!(made["externalProvider"], "sonarqube");
    let patch = json!({ "externalProvider": "gitlab", "externalLogin": username, "externalId": gitlab_id.to_string() });
    let request = api
        .request(Method::PATCH, &format!("{USERS}/{}", made["id"].as_str().unwrap()))
        .header("content-type", "application/merge-patch+json")
        .body(patch.to_string());
    let reply = api.try_send(request).await.unwrap();
    (reply.status, reply.json())
}

#[tokio::test]
async fn people_are_made_and_then_given_to_gitlab() {
    let (_sonarqube, api) = sonarqube().await;
    assert_eq!(person(&api, "early", 49, "early").await.0, 400, "the provider must be enabled first");
    let mut config = json!({ "enabled": true, "url": "https://gitlab.example.com", "provisioningType": "JIT",
        "applicationId": "app", "secret": "secret", "synchronizeGroups": false });
    let incomplete = api.json(Method::POST, "/api/v2/dop-translation/gitlab-configurations", &config).await;
    assert_eq!(
        incomplete.json()["message"],
        "Value {} for field allowedGroups was rejected. Error: must not be null."
    );
    config["allowedGroups"] = json!([]);
    let configured = api.json(Method::POST, "/api/v2/dop-translation/gitlab-configurations", &config).await;
    assert_eq!(configured.json()["id"], "gitlab-configuration");
    let (status, ada) = person(&api, "ada-a1", 50, "ada").await;
    assert_eq!((status, &ada["externalId"], &ada["externalLogin"]), (200, &json!("50"), &json!("ada")));
    let (status, refusal) = person(&api, "ada-a2", 50, "ada2").await;
    let text = "A user with provider id '50' and identity provider 'gitlab' already exists";
    assert_eq!((status, refusal), (400, json!({ "message": text })));
    let found = api.get(&format!("{USERS}?externalIdentity=ada")).await.json();
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("{USERS}?pageSize=0")).await.json()["users"], json!([]));
    assert_eq!(api.get(&format!("{USERS}?pageSize=501")).await.status, 400);
}

#[tokio::test]
async fn a_patch_of_another_content_type_is_refused() {
    let (sonarqube, api) = sonarqube().await;
    let id = sonarqube.world().user_by_login("jane").unwrap().id.clone();
    let reply = api.json(Method::PATCH, &format!("{USERS}/{id}"), &json!({ "name": "J" })).await;
    assert_eq!(reply.status, 415);
}

async fn bind(api: &Api, setting: &str, key: &str) -> u16 {
    let body = json!({ "projectKey": key, "projectName": key, "devOpsPlatformSettingId": setting,
        "repositoryIdentifier": "7", "monorepo": true });
    api.json(Method::POST, "/api/v2/dop-translation/bound-projects", &body).await.status
}

async fn setting(api: &Api) -> String {
    let form =
        [("key", "gl"), ("url", "https://gitlab.example.com/api/v4"), ("personalAccessToken", "glpat-x")];
    assert_eq!(api.post("/api/alm_settings/create_gitlab", &form).await.status, 204);
    let settings = api.get("/api/v2/dop-translation/dop-settings").await.json();
    settings["dopSettings"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn several_projects_of_a_monorepo_are_found_by_one_repository() {
    let (_sonarqube, api) = sonarqube().await;
    let setting = setting(&api).await;
    assert_eq!(bind(&api, &setting, "mono_a").await, 400, "no personal access token stored yet");
    let pat = [("almSetting", "gl"), ("pat", "glpat-x")];
    assert_eq!(api.post("/api/alm_integrations/set_pat", &pat).await.status, 204);
    assert_eq!(bind(&api, &setting, "mono_a").await, 201);
    assert_eq!(bind(&api, &setting, "mono_b").await, 201);
    assert_eq!(bind(&api, &setting, "mono_b").await, 400, "the key is taken");
    let found = api.get("/api/v2/dop-translation/project-bindings?repository=7&pageSize=500").await.json();
    let keys: Vec<&str> = found["projectBindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["projectKey"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["mono_a", "mono_b"]);
    let other = api.get("/api/v2/dop-translation/project-bindings?repository=8").await.json();
    assert_eq!(other["page"]["total"], 0);
}

#[tokio::test]
async fn memberships_of_a_group_come_and_go_by_their_own_id() {
    let (sonarqube, api) = sonarqube().await;
    let (user, group) = ids(&sonarqube);
    let body = json!({ "userId": user, "groupId": group });
    let made = api.json(Method::POST, "/api/v2/authorizations/group-memberships", &body).await.json();
    let rows = api.get(&format!("/api/v2/authorizations/group-memberships?groupId={group}")).await.json();
    assert_eq!(rows["groupMemberships"][0]["userId"], json!(user));
    let path = format!("/api/v2/authorizations/group-memberships/{}", made["id"].as_str().unwrap());
    assert_eq!(api.json(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(api.json(Method::DELETE, &path, &Value::Null).await.status, 404);
}

fn ids(sonarqube: &SonarQube) -> (String, String) {
    let world = sonarqube.world();
    (world.user_by_login("jane").unwrap().id.clone(), world.group_by_name("devs").unwrap().id.clone())
}
