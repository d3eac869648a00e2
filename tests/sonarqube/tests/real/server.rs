//! Calls to the real server beyond those that a scene's administrator makes.

use std::collections::BTreeSet;

use e2e::{Grants, Scene};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

/// The server that `SONARQUBE_URL` and `SONARQUBE_TOKEN` name.
#[derive(Debug)]
pub(crate) struct Server {
    http: Client,
    url: String,
    token: String,
    /// Whose token it is.
    pub(crate) login: String,
}

/// Everything that is held on a project.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) people: Grants,
    pub(crate) groups: Grants,
    /// What the token's own account holds, which is not among the people.
    pub(crate) own: BTreeSet<String>,
}

impl Server {
    pub(crate) async fn named() -> Self {
        let [url, token] = ["SONARQUBE_URL", "SONARQUBE_TOKEN"]
            .map(|name| std::env::var(name).expect("run `cargo xtask test --sonarqube VERSION`"));
        let mut server = Self { http: Client::new(), url, token, login: String::new() };
        let current = server.get("/api/users/current", &[]).await;
        server.login = current["login"].as_str().expect("signed in").to_owned();
        server
    }

    /// Everything that is held on a project.
    pub(crate) async fn held(&self, scene: &Scene, key: &str) -> Held {
        let mut own = self.matching(key, &self.login).await;
        Held {
            people: scene.admin.grants(key).await,
            groups: scene.admin.group_grants(key).await,
            own: own.remove(&self.login).expect("the token's own account"),
        }
    }

    /// What people hold on a project whose login, name or e-mail address contains `text`, also those who hold nothing:
    /// a hundred of them at most, whose grants the server reads in one statement.
    pub(crate) async fn matching(&self, key: &str, text: &str) -> Grants {
        let query = [("projectKey", key), ("q", text), ("ps", "100")];
        let answer = self.get("/api/permissions/users", &query).await;
        let people = answer["users"].as_array().expect("a list").iter();
        let login = |person: &Value| person["login"].as_str().expect("a login").to_owned();
        let held =
            |person: &Value| serde_json::from_value(person["permissions"].clone()).expect("permissions");
        people.map(|person| (login(person), held(person))).collect()
    }

    /// Does something that takes a form.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) {
        self.answer(self.http.post(format!("{}{path}", self.url)).form(form)).await;
    }

    /// A token of somebody else's account.
    pub(crate) async fn token_of(&self, login: &str) -> String {
        let form = [("name", "theirs"), ("login", login)];
        let generate = self.http.post(format!("{}/api/user_tokens/generate", self.url)).form(&form);
        let answer: Value = serde_json::from_str(&self.answer(generate).await).expect("JSON");
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// What the server answers to whoever has this token and wants to see a project.
    pub(crate) async fn shown(&self, key: &str, token: &str) -> StatusCode {
        let url = format!("{}/api/components/show", self.url);
        let show = self.http.get(url).query(&[("component", key)]).bearer_auth(token);
        show.send().await.unwrap().status()
    }

    /// Whether its data is in PostgreSQL, and not in the embedded H2.
    pub(crate) async fn uses_postgresql(&self) -> bool {
        let info = self.get("/api/system/info", &[]).await;
        info["Database"]["Database"] == "PostgreSQL"
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let answer = self.answer(self.http.get(format!("{}{path}", self.url)).query(query)).await;
        serde_json::from_str(&answer).expect("JSON")
    }

    async fn answer(&self, request: RequestBuilder) -> String {
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        let (status, url) = (response.status(), response.url().clone());
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{url} answered {status}: {body}");
        body
    }
}
