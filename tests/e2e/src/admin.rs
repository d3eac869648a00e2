//! An administrator of SonarQube, who sets the stage and looks at the result over the same HTTP calls on the model and
//! on the real server.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, Response};
use serde_json::{Value, json};

/// An administrator with a token.
#[derive(Debug, Clone)]
pub struct Admin {
    http: reqwest::Client,
    url: String,
    token: String,
}

const NONE: &[(&str, &str)] = &[];

impl Admin {
    #[must_use]
    pub fn new(url: &str, token: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        }
    }

    /// Lets accounts be GitLab's, and projects be bound to the GitLab at `gitlab`; again for another GitLab.
    pub async fn integrate(&self, gitlab: &str, token: &str) {
        let api = format!("{gitlab}/api/v4");
        let login = json!({"enabled": true, "applicationId": "app", "url": gitlab, "secret": "secret",
            "synchronizeGroups": false, "allowedGroups": [], "allowUsersToSignUp": true, "provisioningType": "JIT"});
        // 400 where it is set up already: which GitLab signs people in does not matter here.
        let _ = self.send(Method::POST, "/api/v2/dop-translation/gitlab-configurations", &login).await;
        let form = [("key", "gitlab"), ("url", &api), ("personalAccessToken", token)];
        if !self.form("/api/alm_settings/create_gitlab", &form).await.status().is_success() {
            self.done(self.form("/api/alm_settings/update_gitlab", &form).await).await;
        }
        self.done(
            self.form("/api/alm_integrations/set_pat", &[("almSetting", "gitlab"), ("pat", token)]).await,
        )
        .await;
    }

    /// A person who has signed in through GitLab.
    pub async fn person(&self, login: &str, id: u64, username: &str) {
        let identity =
            json!({"externalProvider": "gitlab", "externalLogin": username, "externalId": id.to_string()});
        self.identified(login, &identity).await;
    }

    /// A person of GitLab whose account tells neither GitLab's id nor the username.
    pub async fn person_without_id(&self, login: &str, mail: &str) {
        let identity = json!({"email": mail, "externalProvider": "gitlab", "externalLogin": login,
            "externalId": login});
        self.identified(login, &identity).await;
    }

    /// A new account with this identity.
    async fn identified(&self, login: &str, identity: &Value) {
        let user = self.user(login, false).await;
        let path = format!("/api/v2/users-management/users/{user}");
        let request =
            self.request(Method::PATCH, &path).header("content-type", "application/merge-patch+json");
        self.done(request.body(identity.to_string()).send().await.unwrap()).await;
    }

    /// A person with a password of SonarQube's own.
    pub async fn local_person(&self, login: &str) {
        self.user(login, true).await;
    }

    async fn user(&self, login: &str, local: bool) -> String {
        let mut user = json!({"login": login, "name": login, "local": local});
        if local {
            user["password"] = json!("Very-secret-1234");
        }
        let answer = self.done(self.send(Method::POST, "/api/v2/users-management/users", &user).await).await;
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// A project that is bound to a GitLab project.
    pub async fn bound_project(&self, key: &str, repository: u64, monorepo: bool) {
        let settings = self.get("/api/v2/dop-translation/dop-settings", NONE).await;
        let setting = settings["dopSettings"][0]["id"].clone();
        let project = json!({"projectKey": key, "projectName": key, "devOpsPlatformSettingId": setting,
            "repositoryIdentifier": repository.to_string(), "monorepo": monorepo});
        self.done(self.send(Method::POST, "/api/v2/dop-translation/bound-projects", &project).await).await;
    }

    /// A project that is bound to nothing.
    pub async fn project(&self, key: &str, name: &str) {
        self.done(self.form("/api/projects/create", &[("project", key), ("name", name)]).await).await;
    }

    /// Changes who may see a project, as its administrator does by hand.
    pub async fn set_visibility(&self, key: &str, visibility: &str) {
        self.grant(key, &self.login().await, "admin").await;
        let form = [("project", key), ("visibility", visibility)];
        self.done(self.form("/api/projects/update_visibility", &form).await).await;
    }

    pub async fn grant(&self, key: &str, login: &str, permission: &str) {
        let form = [("projectKey", key), ("login", login), ("permission", permission)];
        self.done(self.form("/api/permissions/add_user", &form).await).await;
    }

    pub async fn revoke(&self, key: &str, login: &str, permission: &str) {
        let form = [("projectKey", key), ("login", login), ("permission", permission)];
        self.done(self.form("/api/permissions/remove_user", &form).await).await;
    }

    pub async fn grant_group(&self, key: &str, group: &str, permission: &str) {
        let form = [("projectKey", key), ("groupName", group), ("permission", permission)];
        self.done(self.form("/api/permissions/add_group", &form).await).await;
    }

    pub async fn revoke_group(&self, key: &str, group: &str, permission: &str) {
        let form = [("projectKey", key), ("groupName", group), ("permission", permission)];
        self.done(self.form("/api/permissions/remove_group", &form).await).await;
    }

    /// A group with these members.
    pub async fn group(&self, name: &str, members: &[&str]) {
        self.done(self.form("/api/user_groups/create", &[("name", name)]).await).await;
        for login in members {
            self.done(self.form("/api/user_groups/add_user", &[("name", name), ("login", login)]).await)
                .await;
        }
    }

    /// A permission template with nothing in it.
    pub async fn template(&self, name: &str) {
        self.done(self.form("/api/permissions/create_template", &[("name", name)]).await).await;
    }

    pub async fn delete_template(&self, name: &str) {
        self.done(self.form("/api/permissions/delete_template", &[("templateName", name)]).await).await;
    }

    /// The names of the permission templates that contain `text`.
    pub async fn templates_about(&self, text: &str) -> Vec<String> {
        let answer = self.get("/api/permissions/search_templates", &[("q", text)]).await;
        let templates = answer["permissionTemplates"].as_array().expect("a list").iter();
        templates.map(|template| template["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// What people hold on a project: login to permissions. The administrator's own account is not told.
    pub async fn grants(&self, key: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut held = self.all_grants(key).await;
        held.remove(&self.login().await);
        held
    }

    /// What accounts hold on a project, the administrator's own among them.
    pub async fn all_grants(&self, key: &str) -> BTreeMap<String, BTreeSet<String>> {
        self.holders("/api/permissions/users", "users", "login", key).await
    }

    /// What groups hold on a project.
    pub async fn group_grants(&self, key: &str) -> BTreeMap<String, BTreeSet<String>> {
        self.holders("/api/permissions/groups", "groups", "name", key).await
    }

    async fn holders(
        &self,
        path: &str,
        list: &str,
        name: &str,
        key: &str,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut held = BTreeMap::new();
        // Holders come first: behind a page without any there are none.
        for page in 1.. {
            let page = page.to_string();
            let answer = self.get(path, &[("projectKey", key), ("ps", "100"), ("p", &page)]).await;
            let rows = answer[list].as_array().expect("a list");
            let known = held.len();
            for row in rows {
                let permissions: BTreeSet<String> =
                    serde_json::from_value(row["permissions"].clone()).unwrap();
                if !permissions.is_empty() {
                    held.insert(row[name].as_str().unwrap().to_owned(), permissions);
                }
            }
            if rows.len() < 100 || held.len() == known {
                break;
            }
        }
        held
    }

    pub async fn visibility(&self, key: &str) -> String {
        let answer = self.get("/api/projects/search", &[("projects", key)]).await;
        answer["components"][0]["visibility"].as_str().expect("a visibility").to_owned()
    }

    /// The administrator's own login.
    pub async fn login(&self) -> String {
        self.get("/api/users/current", NONE).await["login"].as_str().expect("signed in").to_owned()
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        self.done(self.request(Method::GET, path).query(query).send().await.unwrap()).await
    }

    async fn form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(form).send().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.request(method, path).json(body).send().await.unwrap()
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn done(&self, response: Response) -> Value {
        let (status, url) = (response.status(), response.url().clone());
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{url} answered {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}
