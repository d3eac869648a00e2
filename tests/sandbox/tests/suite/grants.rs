//! Every row of the table of permission writes.

use sandbox::SonarQube;
use sandbox::sonarqube::{Grantee, SONAR_ADMINISTRATORS, TokenKind};

use crate::support::{Api, held, sonarqube, user};

const ADD_USER: &str = "/api/permissions/add_user";
const REMOVE_USER: &str = "/api/permissions/remove_user";
const ADD_GROUP: &str = "/api/permissions/add_group";
const REMOVE_GROUP: &str = "/api/permissions/remove_group";

fn on<'a>(project: &'a str, login: &'a str, permission: &'a str) -> [(&'a str, &'a str); 3] {
    [("projectKey", project), ("login", login), ("permission", permission)]
}

fn on_group<'a>(project: &'a str, group: &'a str, permission: &'a str) -> [(&'a str, &'a str); 3] {
    [("projectKey", project), ("groupName", group), ("permission", permission)]
}

#[tokio::test]
async fn granting_and_revoking_answer_204_whether_or_not_anything_changes() {
    let (sonarqube, api) = sonarqube().await;
    for expected in [true, false] {
        assert_eq!(api.post(ADD_USER, &on("private", "jane", "scan")).await.status, 204);
        assert_eq!(sonarqube.writes().last().unwrap().effective, expected);
    }
    assert_eq!(held(&sonarqube, "private", "jane"), ["scan"]);
    for expected in [true, false] {
        assert_eq!(api.post(REMOVE_USER, &on("private", "jane", "scan")).await.status, 204);
        assert_eq!(sonarqube.writes().last().unwrap().effective, expected);
    }
    assert!(held(&sonarqube, "private", "jane").is_empty());
}

#[tokio::test]
async fn implied_permissions_of_a_public_project_are_dropped_when_granted_and_refused_when_revoked() {
    let (sonarqube, api) = sonarqube().await;
    for permission in ["user", "codeviewer"] {
        assert_eq!(api.post(ADD_USER, &on("public", "jane", permission)).await.status, 204);
        let text = format!("Permission {permission} can't be removed from a public component");
        assert_eq!(
            api.post(REMOVE_USER, &on("public", "jane", permission)).await.refusal(),
            (400, text.clone())
        );
        assert_eq!(
            api.post(REMOVE_GROUP, &on_group("public", "devs", permission)).await.refusal(),
            (400, text)
        );
    }
    assert!(held(&sonarqube, "public", "jane").is_empty());
}

#[tokio::test]
async fn refusals_have_their_exact_texts() {
    let (sonarqube, api) = sonarqube().await;
    let omar = sonarqube.world().user_by_login("omar").unwrap().id.clone();
    sonarqube.world().deactivate(&omar);
    let uuid = sonarqube.world().projects["private"].uuid.clone();
    let both =
        [("projectKey", "private"), ("projectId", uuid.as_str()), ("login", "jane"), ("permission", "scan")];
    let no_anyone = "No permission can be granted to Anyone on a private component";
    let no_admin_anyone = "It is not possible to add the 'admin' permission to group 'Anyone'.";
    let own_browse =
        "Permission 'Browse' cannot be removed from a private project for a project administrator.";
    for (call, form, status, text) in [
        (ADD_USER, on("private", "nobody", "scan").to_vec(), 404, "User with login 'nobody' is not found'"),
        (ADD_USER, on("private", "omar", "scan").to_vec(), 404, "User with login 'omar' is not found'"),
        (
            REMOVE_USER,
            on("private", "nobody", "scan").to_vec(),
            404,
            "User with login 'nobody' is not found'",
        ),
        (ADD_USER, on("gone", "jane", "scan").to_vec(), 404, "Entity not found"),
        (ADD_USER, on("gone", "nobody", "scan").to_vec(), 404, "Entity not found"),
        (REMOVE_USER, on("gone", "nobody", "scan").to_vec(), 404, "User with login 'nobody' is not found'"),
        (ADD_USER, both.to_vec(), 400, "Project id or project key can be provided, not both."),
        (
            REMOVE_USER,
            on("private", "guassp", "admin").to_vec(),
            400,
            "As an admin, you can't remove your own admin right",
        ),
        (
            REMOVE_USER,
            on("gone", "guassp", "admin").to_vec(),
            400,
            "As an admin, you can't remove your own admin right",
        ),
        (REMOVE_USER, on("private", "guassp", "user").to_vec(), 400, own_browse),
        (ADD_GROUP, on_group("private", "nobodies", "scan").to_vec(), 404, "No group with name 'nobodies'"),
        (ADD_GROUP, on_group("private", "anyone", "scan").to_vec(), 400, no_anyone),
        (ADD_GROUP, on_group("public", "ANYONE", "admin").to_vec(), 400, no_admin_anyone),
        (
            ADD_USER,
            vec![("projectKey", "private"), ("permission", "scan")],
            400,
            "The 'login' parameter is missing",
        ),
    ] {
        let reply = api.post(call, &form).await;
        assert_eq!(reply.refusal(), (status, text.to_owned()), "{call} {form:?}");
    }
    assert_eq!(api.post(REMOVE_GROUP, &on_group("private", "anyone", "scan")).await.status, 204);
}

#[tokio::test]
async fn without_a_project_key_the_permission_is_a_global_one() {
    let (sonarqube, api) = sonarqube().await;
    let jane = user(&sonarqube, "jane");
    for form in [vec![("login", "jane"), ("permission", "admin")], on("", "omar", "admin").to_vec()] {
        assert_eq!(api.post(ADD_USER, &form).await.status, 204);
    }
    assert!(sonarqube.world().global.has(&jane, "admin"));
    let omar = user(&sonarqube, "omar");
    assert!(sonarqube.world().global.has(&omar, "admin"));
    assert_eq!(sonarqube.writes().last().unwrap().project, None);
    assert!(held(&sonarqube, "private", "jane").is_empty());
}

#[tokio::test]
async fn the_last_global_administrator_stays_and_the_last_of_a_project_does_not() {
    let (sonarqube, api) = sonarqube().await;
    let administrators = sonarqube.world().group_by_name(SONAR_ADMINISTRATORS).unwrap().id.clone();
    let guassp = user(&sonarqube, "guassp");
    sonarqube.world().global.remove(&guassp, "admin");
    let admin = sonarqube.world().user_by_login("admin").unwrap().id.clone();
    sonarqube.world().add_token("squ_admin", &admin, TokenKind::User);
    let by_admin = Api::new(sonarqube.url(), "squ_admin");
    let form = [("groupName", SONAR_ADMINISTRATORS), ("permission", "admin")];
    let text = "Last group with permission 'admin'. Permission cannot be removed.";
    assert_eq!(by_admin.post(REMOVE_GROUP, &form).await.refusal(), (400, text.to_owned()));
    assert!(sonarqube.world().global.has(&Grantee::Group(administrators), "admin"));

    sonarqube.world().grant("private", "jane", "admin");
    assert_eq!(by_admin.post(REMOVE_USER, &on("private", "jane", "admin")).await.status, 204);
    assert_eq!(api.post(ADD_USER, &on("private", "jane", "scan")).await.refusal().0, 403);
}

#[tokio::test]
async fn a_global_administrator_held_by_one_user_stays() {
    let (sonarqube, _) = sonarqube().await;
    sonarqube.world().memberships.clear();
    let guassp = sonarqube.world().user_by_login("guassp").unwrap().id.clone();
    let other = sonarqube.world().add_local_user("second", "Second", None);
    sonarqube.world().global.insert(Grantee::User(other.clone()), "admin");
    sonarqube.world().add_token("squ_second", &other, TokenKind::User);
    let second = Api::new(sonarqube.url(), "squ_second");
    let form = [("login", "guassp"), ("permission", "admin")];
    assert_eq!(second.post(REMOVE_USER, &form).await.status, 204);
    assert!(!sonarqube.world().global.has(&Grantee::User(guassp), "admin"));
    assert_eq!(second.post(REMOVE_USER, &[("login", "second"), ("permission", "admin")]).await.status, 400);
}

async fn managed() -> (SonarQube, Api) {
    let (sonarqube, api) = sonarqube().await;
    sonarqube.world().projects.get_mut("private").unwrap().managed = true;
    sonarqube.world().grant("private", "jane", "admin");
    sonarqube.world().grant("private", "omar", "scan");
    (sonarqube, api)
}

#[tokio::test]
async fn a_managed_project_takes_users_from_system_administrators_only_and_groups_from_nobody() {
    let (sonarqube, api) = managed().await;
    let refused = (400, "Operation not allowed when the project is externally managed.".to_owned());
    let jane = Api::new(sonarqube.url(), "squ_jane");
    assert_eq!(api.post(ADD_USER, &on("private", "omar", "user")).await.status, 204);
    assert_eq!(jane.post(ADD_USER, &on("private", "omar", "user")).await.refusal(), refused);
    assert_eq!(api.post(ADD_GROUP, &on_group("private", "devs", "user")).await.refusal(), refused);
    assert_eq!(api.post(REMOVE_USER, &on("private", "omar", "user")).await.status, 204);
    let omar = sonarqube.world().user_by_login("omar").unwrap().id.clone();
    sonarqube.world().users.get_mut(&omar).unwrap().managed = true;
    assert_eq!(api.post(REMOVE_USER, &on("private", "omar", "scan")).await.refusal(), refused);
}

#[tokio::test]
async fn project_administrators_manage_permissions_while_the_setting_allows_it() {
    let (sonarqube, _) = sonarqube().await;
    let jane = Api::new(sonarqube.url(), "squ_jane");
    let denied = (403, "Insufficient privileges".to_owned());
    assert_eq!(jane.post(ADD_USER, &on("private", "omar", "scan")).await.refusal(), denied);
    sonarqube.world().grant("private", "jane", "admin");
    assert_eq!(jane.post(ADD_USER, &on("private", "omar", "scan")).await.status, 204);
    sonarqube.world().project_admins_manage_permissions = false;
    assert_eq!(jane.post(ADD_USER, &on("private", "omar", "scan")).await.refusal(), denied);
}

#[tokio::test]
async fn a_project_administrator_cannot_take_browse_from_his_only_group() {
    let (sonarqube, _) = sonarqube().await;
    sonarqube.change(|world| {
        let jane = world.user_by_login("jane").unwrap().id.clone();
        let devs = world.group_by_name("devs").unwrap().id.clone();
        world.add_membership(&jane, &devs);
        world.grant("private", "jane", "admin");
        world.grant_group("private", "devs", "user");
    });
    let api = Api::new(sonarqube.url(), "squ_jane");
    assert_eq!(api.post(REMOVE_GROUP, &on_group("private", "devs", "user")).await.refusal().0, 400);
    sonarqube.world().grant_group("private", "sonar-users", "user");
    assert_eq!(api.post(REMOVE_GROUP, &on_group("private", "devs", "user")).await.status, 204);
}

#[tokio::test]
async fn the_list_has_holders_first_then_everybody_by_name_in_pages_of_at_most_100() {
    let (sonarqube, api) = sonarqube().await;
    for n in 0..150 {
        sonarqube.world().add_gitlab_user(
            &format!("u{n:03}"),
            &format!("Person {n:03}"),
            1000 + n,
            &format!("p{n}"),
        );
    }
    sonarqube.world().grant("private", "u149", "scan");
    sonarqube.world().grant("private", "omar", "user");
    let first = api.get("/api/permissions/users?projectKey=private&ps=100").await.json();
    let total = sonarqube.world().users.len();
    assert_eq!(first["paging"], serde_json::json!({ "pageIndex": 1, "pageSize": 100, "total": total }));
    let logins = |page: &serde_json::Value| -> Vec<String> {
        page["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["login"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(logins(&first)[..3], ["omar", "u149", "admin"]);
    let second = api.get("/api/permissions/users?projectKey=private&ps=100&p=2").await.json();
    assert_eq!(logins(&second).len(), total - 100);
    let filtered = api.get("/api/permissions/users?projectKey=private&permission=user").await.json();
    assert_eq!(logins(&filtered), ["omar"]);
    let too_long = api.get("/api/permissions/users?projectKey=private&ps=101").await;
    assert_eq!(too_long.refusal(), (400, "'ps' value (101) must be less than 100".to_owned()));
    assert_eq!(api.get("/api/permissions/users?projectKey=private&q=om").await.status, 400);
}
