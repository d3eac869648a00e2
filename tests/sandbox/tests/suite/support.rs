//! A plain HTTP client and the worlds that several tests start from.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use sandbox::sonarqube::{Grantee, TokenKind, Visibility};
use sandbox::{GitLab, SonarQube};
use serde_json::Value;

pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and first error text.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let text = |value: Value| value["errors"][0]["msg"].as_str().unwrap_or_default().to_owned();
        (self.status, serde_json::from_str(&self.text).map(text).unwrap_or_default())
    }
}

impl Api {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: base.to_owned(), token: token.to_owned() }
    }

    pub(crate) async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.bearer_auth(&self.token).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply { status, headers, text: response.text().await? })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.try_send(self.request(Method::GET, path)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.try_send(self.request(Method::POST, path).form(form)).await.unwrap()
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Reply {
        self.try_send(self.request(method, path).json(body)).await.unwrap()
    }
}

/// A GitLab with an administrator's token.
pub(crate) async fn gitlab() -> (GitLab, Api) {
    let gitlab = GitLab::start().await.unwrap();
    gitlab.world().add_admin_token("glpat-admin");
    let api = Api::new(gitlab.url(), "glpat-admin");
    (gitlab, api)
}

/// A SonarQube with the integration `guassp`, the people `jane` and `omar`, and the empty projects `private` and
/// `public`.
pub(crate) async fn sonarqube() -> (SonarQube, Api) {
    let sonarqube = SonarQube::start().await.unwrap();
    sonarqube.change(|world| {
        world.add_integration("guassp", "squ_guassp");
        let jane = world.add_gitlab_user("jane", "Jane", 11, "jane.gitlab");
        world.add_token("squ_jane", &jane, TokenKind::User);
        world.add_gitlab_user("omar", "Omar", 12, "omar.gitlab");
        world.add_group("devs");
        for (key, visibility) in [("private", Visibility::Private), ("public", Visibility::Public)] {
            world.add_project(key, visibility);
            world.clear_grants(key);
        }
    });
    let api = Api::new(sonarqube.url(), "squ_guassp");
    (sonarqube, api)
}

pub(crate) fn user(sonarqube: &SonarQube, login: &str) -> Grantee {
    Grantee::User(sonarqube.world().user_by_login(login).unwrap().id.clone())
}

pub(crate) fn held(sonarqube: &SonarQube, project: &str, login: &str) -> Vec<String> {
    sonarqube.world().granted(project).remove(login).unwrap_or_default().into_iter().collect()
}
