//! What single operations answer: what they are for, and the refusals of their own.

use std::fmt::Display;

use proto::{ProjectId, TaskId};
use reqwest::{Method, header::ACCEPT};
use serde_json::{Value, json};

use super::{
    document::{Document, Heard, Said},
    operations::fill,
};
use crate::{
    analyses::signed,
    directory::place,
    holds::hold,
    letters::{give_up, give_up_group},
    restores::puts_back,
    staff::Staffed,
    stage::{ACME, BLOG, HOOK_SECRET, SHOP},
};

/// Nobody's project, and nobody's letter.
const NONE: u64 = 999;

/// An operator who goes through everything.
struct Round<'a> {
    staffed: Staffed,
    document: &'a Document,
    form: &'a str,
    said: Vec<Said>,
}

/// Provokes 2xx, 404 and 409 of every operation that has them.
pub(super) async fn provoke(document: &Document, form: &str) -> Vec<Said> {
    let mut round = Round { staffed: Staffed::start().await, document, form, said: Vec::new() };
    round.look_around().await;
    round.pause_and_resume().await;
    round.cancel().await;
    round.decide().await;
    round.restore().await;
    round.webhooks().await;
    round.find().await;
    round.work().await;
    round.said
}

impl Round<'_> {
    async fn look_around(&mut self) {
        for path in ["/health", "/status", "/openapi.json", "/events", "/projects", "/dead"] {
            self.ask(200, "GET", path, &"").await;
        }
        // Its rows are read after the start.
        self.staffed.until_seen("/tasks", |body| body["tasks"].is_array()).await;
        self.ask(200, "GET", "/tasks", &"").await;
        self.ask(404, "GET", "/task/{id}", &TaskId::new()).await;
        self.ask(404, "GET", "/projects/{id}", &NONE).await;
    }

    async fn pause_and_resume(&mut self) {
        for path in ["/pause", "/projects/{id}/pause"] {
            self.ask(200, "POST", path, &SHOP).await;
        }
        for path in ["/health", "/projects", "/projects/{id}"] {
            self.ask(200, "GET", path, &SHOP).await;
        }
        for path in ["/resume", "/projects/{id}/resume"] {
            self.ask(200, "POST", path, &SHOP).await;
        }
    }

    async fn cancel(&mut self) {
        let task = self.accepted("POST", "/task_manual/{project}", &BLOG).await;
        self.ask(200, "GET", "/task/{id}", &task).await;
        self.ask(200, "DELETE", "/task/{id}", &task).await;
        self.ask(404, "DELETE", "/task/{id}", &TaskId::new()).await;
    }

    async fn decide(&mut self) {
        for path in ["/projects/{id}/approve", "/projects/{id}/reject"] {
            let seen = json!({ "digest": "0f" });
            self.order(404, path, BLOG, &seen).await;
            hold(&self.staffed, BLOG, "0f").await;
            self.order(409, path, BLOG, &json!({ "digest": "a0" })).await;
            self.ask(200, "GET", "/projects/{id}", &BLOG).await;
            self.order(if path.ends_with("approve") { 202 } else { 200 }, path, BLOG, &seen).await;
            self.staffed.stage.runtime.jetstream.projects.set_hold(ProjectId(BLOG), None).await.unwrap();
        }
    }

    async fn restore(&mut self) {
        let path = "/projects/{id}/restore";
        let known = TaskId::new();
        let _applier = puts_back(&self.staffed, known).await;
        self.order(202, path, SHOP, &json!({ "before": known })).await;
        self.order(404, path, SHOP, &json!({ "before": TaskId::new() })).await;
        self.order(409, path, BLOG, &json!({ "before": known })).await;
        for project in [SHOP, BLOG] {
            self.ask(200, "POST", "/projects/{id}/resume", &project).await;
        }
    }

    async fn webhooks(&mut self) {
        let path = "/webhooks/gitlab";
        let request = self.staffed.stage.request(Method::POST, path).header("x-gitlab-token", HOOK_SECRET);
        let heard = Heard::of(request.header(ACCEPT, self.form).body("{}")).await;
        self.note(202, "POST", path, &heard);
        let payload = json!({ "event_name": "user_add_to_team", "project_id": SHOP });
        self.order(200, "/webhooks/gitlab/test", SHOP, &payload).await;
    }

    async fn find(&mut self) {
        for path in ["/directory/projects/{id}", "/directory/groups/{id}/projects"] {
            self.ask(404, "GET", path, &NONE).await;
        }
        place(&self.staffed.stage).await;
        self.staffed.until_seen(&format!("/directory/projects/{SHOP}"), |body| body["id"] == SHOP).await;
        self.ask(200, "GET", "/directory/projects/{id}", &SHOP).await;
        self.ask(200, "GET", "/directory/groups/{id}/projects", &ACME).await;
        let request = signed(&self.staffed.stage, "{}").header(ACCEPT, self.form);
        let heard = Heard::of(request).await;
        self.note(202, "POST", "/webhooks/sonarqube", &heard);
    }

    async fn work(&mut self) {
        let task = self.triggered().await;
        self.ask(202, "POST", "/groups/{id}/sync", &ACME).await;
        let _sonarqube = self.staffed.stage.work().await;
        let of_group = give_up_group(&self.staffed).await;
        self.ask(204, "POST", "/dead/{number}/replay", &of_group["number"]).await;
        let letters = give_up(&self.staffed, &["guassp.tasks.8", "guassp.tasks.x"]).await;
        let (of_blog, of_nothing): (Vec<_>, _) = letters.iter().partition(|letter| letter["project"] == BLOG);
        let [of_blog, of_nothing] = [of_blog, of_nothing].map(|letters| letters[0]["number"].clone());
        self.ask(200, "GET", "/dead", &"").await;
        self.ask(409, "POST", "/dead/{number}/replay", &of_nothing).await;
        self.accepted("POST", "/dead/{number}/replay", &of_blog).await;
        self.ask(404, "POST", "/dead/{number}/replay", &of_blog).await;
        self.ask(204, "DELETE", "/dead/{number}", &of_nothing).await;
        self.ask(404, "DELETE", "/dead/{number}", &of_nothing).await;
        self.staffed.stage.ended(task.parse().unwrap(), &self.staffed.stage.job(SHOP)).await;
        self.ask(200, "GET", "/task/{id}", &task).await;
        self.ask(409, "DELETE", "/task/{id}", &task).await;
        self.ask(200, "GET", "/tasks", &"").await;
        self.ask(200, "GET", "/projects/{id}", &SHOP).await;
        self.look().await;
    }

    /// What a resolver and an applier are asked at once.
    async fn look(&mut self) {
        for path in ["/projects/{id}/access", "/projects/{id}/plan"] {
            self.ask(200, "GET", path, &SHOP).await;
            self.ask(404, "GET", path, &NONE).await;
        }
    }

    async fn triggered(&mut self) -> String {
        let job = self.staffed.stage.job(SHOP);
        let request = self.staffed.stage.request(Method::POST, "/task").header("job-token", &job);
        let heard = Heard::of(request.header(ACCEPT, self.form)).await;
        self.note(202, "POST", "/task", &heard);
        task(&heard)
    }

    async fn accepted(&mut self, method: &str, path: &str, what: &dyn Display) -> String {
        task(&self.ask(202, method, path, what).await)
    }

    async fn order(&mut self, status: u16, path: &str, project: u64, body: &Value) {
        let request = self.staffed.operator(Method::POST, &fill(path, &project)).body(body.to_string());
        let heard = Heard::of(request.header(ACCEPT, self.form)).await;
        self.note(status, "POST", path, &heard);
    }

    async fn ask(&mut self, status: u16, method: &str, path: &str, what: &dyn Display) -> Heard {
        let name = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.staffed.operator(name, &fill(path, what)).header(ACCEPT, self.form);
        let heard = Heard::of(request).await;
        self.note(status, method, path, &heard);
        heard
    }

    #[track_caller]
    fn note(&mut self, status: u16, method: &str, path: &str, heard: &Heard) {
        assert_eq!(heard.status, status, "{method} {path}: {heard:?}");
        self.said.push(self.document.judge(method, path, heard));
    }
}

/// The task that an answer leads to.
fn task(heard: &Heard) -> String {
    heard.header("location").unwrap().trim_start_matches("/task/").to_owned()
}
