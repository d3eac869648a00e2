//! Filling and applying templates, and the default exposure of a new project.

use sandbox::sonarqube::{ARCHITECTURE_ADMIN, SONAR_ADMINISTRATORS};
use serde_json::Value;

use crate::support::{Api, held, sonarqube};

const FILL_GROUP: &str = "/api/permissions/add_group_to_template";
const CLOSE: &str = "/api/permissions/remove_group_from_template";

/// Name and permissions of each row.
fn rows(page: &Value, list: &str) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row =
        |row: &Value| (text(&row["name"]), row["permissions"].as_array().unwrap().iter().map(text).collect());
    page[list].as_array().unwrap().iter().map(row).collect()
}

fn names(page: &Value, list: &str) -> Vec<String> {
    page[list].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

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
    let held: Vec<bool> = rows(&people, "users").iter().map(|(_, held)| !held.is_empty()).collect();
    assert_eq!(held, [true, true, false, false], "holders first, then everybody else");
    assert_eq!(api.post("/api/permissions/delete_template", &[("templateId", &id)]).await.status, 204);
    let gone = api.post("/api/permissions/delete_template", &[("templateId", &id)]).await;
    assert_eq!(gone.refusal(), (404, format!("Permission template with id '{id}' is not found")));
    let default = found["defaultTemplates"][0]["templateId"].as_str().unwrap();
    let refused = "It is not possible to delete the default permission template for projects";
    let reply = api.post("/api/permissions/delete_template", &[("templateId", default)]).await;
    assert_eq!(reply.refusal(), (400, refused.to_owned()));
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

#[tokio::test]
async fn a_search_takes_placeholders_and_tells_the_default_whatever_is_looked_for() {
    let (sonarqube, api) = sonarqube().await;
    for name in ["sync: O'Hara", "Sync 1", "resync", "a_b", "axb"] {
        sonarqube.world().add_template(name, "2026-11-22T11:07:09+0000");
    }
    let default = sonarqube.world().default_template.clone();
    for (text, found) in [
        ("", vec!["a_b", "axb", "Default template", "resync", "Sync 1", "sync: O'Hara"]),
        ("SYNC", vec!["resync", "Sync 1", "sync: O'Hara"]),
        ("sync:", vec!["sync: O'Hara"]),
        ("a_b", vec!["a_b", "axb"]),
        ("s%1", vec!["Sync 1"]),
        ("none", vec![]),
    ] {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let page = api.get(&format!("/api/permissions/search_templates?q={text}")).await.json();
        assert_eq!(names(&page, "permissionTemplates"), found, "{text}");
        assert_eq!(page["defaultTemplates"][0]["templateId"], default.as_str());
        assert!(page.get("paging").is_none());
    }
    let page = api.get("/api/permissions/search_templates?p=2&ps=4").await.json();
    assert_eq!(names(&page, "permissionTemplates"), ["Sync 1", "sync: O'Hara"]);
    assert_eq!(page["paging"]["total"], 6);
    assert_eq!(page["permissionTemplates"][0]["createdAt"], "2026-11-22T11:07:09+0000");
}

#[tokio::test]
async fn the_default_template_shows_a_key_that_can_neither_be_granted_nor_taken() {
    let (sonarqube, api) = sonarqube().await;
    let default = sonarqube.world().default_template.clone();
    let page = api.get(&format!("/api/permissions/template_groups?templateId={default}")).await.json();
    let held = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let expected = [
        ("Anyone".to_owned(), held(&[])),
        (SONAR_ADMINISTRATORS.to_owned(), held(&["admin", ARCHITECTURE_ADMIN])),
        ("sonar-users".to_owned(), held(&["codeviewer", "issueadmin", "securityhotspotadmin", "user"])),
        ("devs".to_owned(), held(&[])),
    ];
    assert_eq!(rows(&page, "groups"), expected);
    let text = "Value of parameter 'permission' (architectureadmin) must be one of: [admin, codeviewer, issueadmin, \
                securityhotspotadmin, scan, user]";
    for call in [FILL_GROUP, CLOSE] {
        let form = [
            ("templateId", default.as_str()),
            ("groupName", SONAR_ADMINISTRATORS),
            ("permission", ARCHITECTURE_ADMIN),
        ];
        assert_eq!(api.post(call, &form).await.refusal(), (400, text.to_owned()));
    }
    // A project that got it does not show it, and the group still stands among the holders.
    sonarqube.world().add_project("new", sandbox::sonarqube::Visibility::Private);
    let form = [("projectKey", "new"), ("groupName", SONAR_ADMINISTRATORS), ("permission", "admin")];
    assert_eq!(api.post("/api/permissions/remove_group", &form).await.status, 204);
    let page = api.get("/api/permissions/groups?projectKey=new").await.json();
    let order: Vec<_> = rows(&page, "groups").into_iter().map(|(name, held)| (name, held.len())).collect();
    let expected = [("Anyone", 0), (SONAR_ADMINISTRATORS, 0), ("sonar-users", 4), ("devs", 0)];
    assert_eq!(order, expected.map(|(name, held)| (name.to_owned(), held)));
}

#[tokio::test]
async fn anyone_is_listed_by_name_or_not_at_all_where_no_group_holds_anything() {
    let (sonarqube, api) = sonarqube().await;
    let empty = template(&api, &[]).await;
    let page = api.get(&format!("/api/permissions/template_groups?templateId={empty}")).await.json();
    assert_eq!(names(&page, "groups"), ["Anyone", "devs", "sonar-administrators", "sonar-users"]);
    sonarqube.world().add_group("aardvarks");
    let page = api.get(&format!("/api/permissions/template_groups?templateId={empty}&ps=1")).await.json();
    assert_eq!(names(&page, "groups"), ["aardvarks"]);
    let page = api.get("/api/permissions/groups?projectKey=public").await.json();
    assert_eq!(names(&page, "groups"), ["aardvarks", "devs", "sonar-administrators", "sonar-users"]);
    sonarqube.world().grant_group("public", "sonar-users", "scan");
    let page = api.get("/api/permissions/groups?projectKey=public").await.json();
    assert_eq!(
        names(&page, "groups"),
        ["Anyone", "sonar-users", "aardvarks", "devs", "sonar-administrators"]
    );
}

#[tokio::test]
async fn of_two_faults_each_call_names_its_own() {
    let (_sonarqube, api) = sonarqube().await;
    let template = (404, "Permission template with id 'gone' is not found".to_owned());
    let group = (404, "No group with name 'nobodies'".to_owned());
    let form = [("templateId", "gone"), ("groupName", "nobodies"), ("permission", "scan")];
    assert_eq!(api.post(FILL_GROUP, &form).await.refusal(), group);
    assert_eq!(api.post(CLOSE, &form).await.refusal(), template);
    let form = [("templateId", "gone"), ("login", "nobody"), ("permission", "scan")];
    assert_eq!(api.post("/api/permissions/add_user_to_template", &form).await.refusal(), template);
    let form = [("templateId", "gone"), ("projectKey", "gone")];
    assert_eq!(api.post("/api/permissions/apply_template", &form).await.refusal(), template);
    let form = [("projectKey", "gone"), ("groupName", "nobodies"), ("permission", "scan")];
    assert_eq!(api.post("/api/permissions/add_group", &form).await.refusal(), group);
    let removed = api.post("/api/permissions/remove_group", &form).await;
    assert_eq!(removed.refusal(), (404, "Entity not found".to_owned()));
}

#[tokio::test]
async fn filling_is_repeatable_and_written_down_and_anyone_gets_no_admin() {
    let (sonarqube, api) = sonarqube().await;
    let id = template(&api, &[]).await;
    let form =
        |group, permission| [("templateId", id.as_str()), ("groupName", group), ("permission", permission)];
    for (call, action) in [(FILL_GROUP, "add_group_to_template"), (CLOSE, "remove_group_from_template")] {
        for effective in [true, false] {
            assert_eq!(api.post(call, &form(" anyone ", "scan")).await.status, 204);
            let write = sonarqube.writes().pop().unwrap();
            assert_eq!((write.action, write.effective, write.project), (action, effective, None));
        }
    }
    let text = "It is not possible to add the 'admin' permission to the group 'Anyone'.";
    assert_eq!(api.post(FILL_GROUP, &form("Anyone", "admin")).await.refusal(), (400, text.to_owned()));
    assert_eq!(api.post(CLOSE, &form(SONAR_ADMINISTRATORS, "admin")).await.status, 204, "no guard");
}

#[tokio::test]
async fn names_are_trimmed_unique_in_any_case_and_too_long_is_an_error_inside() {
    let (_sonarqube, api) = sonarqube().await;
    let create = async |name: &str| api.post("/api/permissions/create_template", &[("name", name)]).await;
    assert_eq!(create(" Padded ").await.json()["permissionTemplate"]["name"], "Padded");
    let taken = "A template with the name 'padded' already exists (case insensitive).";
    assert_eq!(create("padded").await.refusal(), (400, taken.to_owned()));
    assert_eq!(create(&"x".repeat(100)).await.status, 200);
    for long in ["x".repeat(101), "😀".repeat(51)] {
        let internal = "An error has occurred. Please contact your administrator";
        assert_eq!(create(&long).await.refusal(), (500, internal.to_owned()));
    }
}

#[tokio::test]
async fn another_template_can_be_made_the_default() {
    let (sonarqube, api) = sonarqube().await;
    let old = sonarqube.world().default_template.clone();
    let id = template(&api, &[("jane", "scan")]).await;
    let set = "/api/permissions/set_default_template";
    assert_eq!(api.post(set, &[("templateId", id.as_str())]).await.status, 204);
    assert_eq!(
        api.post("/api/permissions/delete_template", &[("templateId", id.as_str())]).await.status,
        400
    );
    assert_eq!(
        api.post("/api/permissions/delete_template", &[("templateId", old.as_str())]).await.status,
        204
    );
    sonarqube.world().add_project("new", sandbox::sonarqube::Visibility::Private);
    assert_eq!(held(&sonarqube, "new", "jane"), ["scan"]);
}
