//! A GitLab as far as hooks go: who asks, groups, and the hooks of each place, with GitLab's rights.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header::HeaderMap},
};
use serde_json::{Map, Value, json};

/// What it knows.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) is_admin: bool,
    pub(crate) scopes: Vec<&'static str>,
    /// Whether groups may have hooks.
    pub(crate) premium: bool,
    /// By the path of their list.
    pub(crate) hooks: BTreeMap<String, Vec<Map<String, Value>>>,
    /// The fields that were sent, secrets among them.
    pub(crate) written: Vec<(Method, Value)>,
    pub(crate) lists: usize,
    next: u64,
}

#[derive(Clone, Default)]
pub(crate) struct HookHost(Arc<Mutex<Known>>);

type Answer = (StatusCode, HeaderMap, Json<Value>);

impl HookHost {
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }

    /// Serves it and returns its address.
    pub(crate) async fn open(&self) -> String {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }
}

impl Known {
    /// A hook that is there already.
    pub(crate) fn add(&mut self, list: &str, fields: &Value) -> u64 {
        self.next += 1;
        let mut hook = fields.as_object().unwrap().clone();
        hook.insert("id".to_owned(), self.next.into());
        self.hooks.entry(list.to_owned()).or_default().push(hook);
        self.next
    }

    fn write(&mut self, method: &Method, path: &str, body: &Bytes) -> Answer {
        if !self.scopes.contains(&"api") {
            return said(
                403,
                json!({ "error": "insufficient_scope", "error_description": "more than this token has" }),
            );
        }
        if *method == Method::DELETE {
            let (list, id) = path.rsplit_once('/').unwrap();
            let id: u64 = id.parse().unwrap();
            self.written.push((method.clone(), id.into()));
            self.hooks.entry(list.to_owned()).or_default().retain(|hook| hook["id"] != id);
            return said(204, Value::Null);
        }
        let sent: Value = serde_json::from_slice(body).unwrap();
        self.written.push((method.clone(), sent.clone()));
        let mut shown = sent.as_object().unwrap().clone();
        for (secret, present) in [("token", "token_present"), ("signing_token", "signing_token_present")] {
            let is_set = shown.remove(secret).is_some();
            shown.insert(present.to_owned(), is_set.into());
        }
        if *method == Method::POST {
            let id = self.add(path, &Value::Object(shown.clone()));
            shown.insert("id".to_owned(), id.into());
            return said(201, shown.into());
        }
        let (list, id) = path.rsplit_once('/').unwrap();
        let id: u64 = id.parse().unwrap();
        let hook = self.hooks.get_mut(list).and_then(|hooks| hooks.iter_mut().find(|hook| hook["id"] == id));
        let hook = hook.unwrap();
        hook.extend(shown);
        said(200, hook.clone().into())
    }

    fn list(&mut self, path: &str, query: &str) -> Answer {
        self.lists += 1;
        let page = query
            .split('&')
            .find_map(|part| part.strip_prefix("page="))
            .map_or(1, |page| page.parse().unwrap());
        let hooks = self.hooks.get(path).cloned().unwrap_or_default();
        let rows: Vec<_> = hooks.iter().skip((page - 1) * 100).take(100).cloned().collect();
        let next = if hooks.len() > page * 100 { (page + 1).to_string() } else { String::new() };
        let (status, mut headers, body) = said(200, json!(rows));
        headers.insert("x-next-page", next.parse().unwrap());
        (status, headers, body)
    }
}

fn said(status: u16, body: Value) -> Answer {
    (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), Json(body))
}

async fn answer(State(host): State<HookHost>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().strip_prefix("/api/v4").unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let mut known = host.known();
    match path {
        "/user" => said(200, json!({ "id": 1, "username": "bot", "is_admin": known.is_admin })),
        "/personal_access_tokens/self" => {
            said(200, json!({ "name": "guassp", "scopes": known.scopes, "expires_at": null }))
        }
        "/groups" => said(
            200,
            json!([
                { "id": 10, "full_path": "acme", "parent_id": null },
                { "id": 11, "full_path": "acme/backend", "parent_id": 10 },
            ]),
        ),
        "/groups/acme" => said(200, json!({ "id": 10, "full_path": "acme", "parent_id": null })),
        "/projects/acme%2Fshop" => said(200, json!({ "id": 7, "path_with_namespace": "acme/shop" })),
        _ if path.starts_with("/hooks") && !known.is_admin => {
            said(403, json!({ "message": "403 Forbidden" }))
        }
        _ if path.starts_with("/groups") && !known.premium => said(404, json!({ "error": "404 Not Found" })),
        _ if parts.method == Method::GET => known.list(path, query),
        _ => known.write(&parts.method, path, &body),
    }
}
