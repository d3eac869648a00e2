//! `GET /projects/{id}/plan`: for people, and for the jobs of the project itself; as JSON and as text.

use jiff::Timestamp;
use proto::{
    AccessLevel, AccessPath, AccessReport, AccessVerdict, Cause, Change, ChangeKind, Grantee, Incarnation,
    Member, Permission, PersonAccess, Place, Plan, PlanOrder, PlannedProject, ProjectId, TaskId,
    TaskPosition, UserId, Visibility,
    live::{Compare, Compared, ComparedHolder, ComparedProject, Look, Looked},
};
use reqwest::{Method, RequestBuilder};
use runtime::live::{Refusal, serve};
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    staff::Staffed,
    stage::{BLOG, Given, SHOP, roomy, until},
};

const PATH: &str = "/projects/7/plan";

/// Whether the resolver can read the memberships on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memberships {
    Readable,
    TooMany,
}

/// A resolver and an applier for whom alice is to be granted something.
async fn answering(memberships: Memberships) -> Staffed {
    let staffed = Staffed::start().await;
    let look = move |look: Look| async move {
        if look.paths.is_some() && memberships == Memberships::TooMany {
            return Err(Refusal::new(413, "the answer is too large"));
        }
        Ok(Looked { plan: plan(), skipped: None, access: look.paths.map(|_| report()) })
    };
    tokio::spawn(serve(look, staffed.stage.runtime.clone()));
    tokio::spawn(serve(|_: Compare| async { Ok(compared()) }, staffed.stage.runtime.clone()));
    until("a plan", async || (staffed.see(PATH).await.status == 200).then_some(())).await;
    staffed
}

fn plan() -> Plan {
    let task = TaskPosition { incarnation: Incarnation(Timestamp::UNIX_EPOCH), sequence: 1 };
    let (level, permissions) = (AccessLevel::Guest, [Permission::User].into());
    Plan {
        task: TaskId::new(),
        cause: Cause::Reconcile,
        order: PlanOrder { task, attempt: 1 },
        read_at: Timestamp::UNIX_EPOCH,
        project: PlannedProject { id: ProjectId(SHOP), path: "acme/shop".to_owned(), visibility: None },
        members: vec![Member { id: UserId(1), username: "alice".to_owned(), level, permissions }],
        left_out: Vec::new(),
        unseen: Vec::new(),
        restore: None,
    }
}

fn report() -> AccessReport {
    let level = AccessLevel::Guest;
    let path =
        AccessPath { level, of: Place::Project, own: level, through: Vec::new(), ends: None, void: None };
    let verdict = AccessVerdict::Access { level, permissions: [Permission::User].into() };
    let (username, paths) = ("alice".to_owned(), vec![path]);
    AccessReport {
        project: ProjectId(SHOP),
        path: "acme/shop".to_owned(),
        visibility: None,
        read_at: Timestamp::UNIX_EPOCH,
        people: vec![PersonAccess { id: UserId(1), username, verdict, paths, by_paths: None }],
        unseen: Vec::new(),
    }
}

fn compared() -> Compared {
    let (login, user) = ("alice17".to_owned(), Some(UserId(1)));
    let grantee = Grantee::Login(login.clone());
    let project = ComparedProject {
        key: "shop".to_owned(),
        visibility: Visibility::Private,
        becomes: None,
        holders: vec![ComparedHolder { login, user, permissions: [].into(), ours: true }],
        changes: vec![Change { kind: ChangeKind::Grant, grantee, permission: Permission::User }],
        kept: Vec::new(),
        drift: Vec::new(),
        exposure: Vec::new(),
    };
    Compared { skipped: None, projects: vec![project], pending: Vec::new(), held: Vec::new() }
}

async fn text(request: RequestBuilder) -> (u16, String) {
    let answer = request.header("accept", "text/plain").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn as_job(staffed: &Staffed, project: u64) -> RequestBuilder {
    staffed.stage.request(Method::GET, PATH).header("job-token", staffed.stage.job(project))
}

const TEXT: &str = "acme/shop (GitLab id 7)\n\nshop (private)\n  + alice: user (guest in the project)\n\n\
                    1 person with access in GitLab\n";

#[tokio::test]
async fn a_plan_says_why_somebody_would_be_granted_something() {
    let staffed = answering(Memberships::Readable).await;
    let shown = staffed.see(PATH).await.body;
    assert_eq!(shown["why"], json!([{ "id": 1, "username": "alice", "why": "guest in the project" }]));
    assert_eq!(text(staffed.viewer(PATH)).await, (200, TEXT.to_owned()));
}

#[tokio::test]
async fn where_the_memberships_cannot_be_read_the_plan_is_told_without_them() {
    let staffed = answering(Memberships::TooMany).await;
    let shown = staffed.see(PATH).await.body;
    assert_eq!((&shown["why"], &shown["members"][0]["username"]), (&json!([]), &"alice".into()));
    let without = TEXT.replace(" (guest in the project)", "");
    assert_eq!(text(staffed.viewer(PATH)).await, (200, without));
}

#[tokio::test]
async fn a_job_sees_the_plan_of_its_own_project_and_of_no_other() {
    let staffed = answering(Memberships::Readable).await;
    assert_eq!(text(as_job(&staffed, SHOP)).await, (200, TEXT.to_owned()));
    Answer::of(as_job(&staffed, BLOG)).await.is_problem(404, "project 7 is not this job's");
    Answer::of(staffed.stage.request(Method::GET, PATH))
        .await
        .is_problem(401, "no job token and no person's");
    let unknown = staffed.stage.request(Method::GET, PATH).header("job-token", "glcbt-of-nobody");
    assert_eq!(Answer::of(unknown).await.body["status"], Value::from(401));
}

/// GitLab and SonarQube are read for each.
#[tokio::test]
async fn a_jobs_looks_at_its_plan_are_counted_as_its_triggers_are() {
    let guard = gateway::guard::Limits { project_per_minute: 1, project_burst: 1, ..roomy() };
    let staffed = Staffed::with(Given { guard, ..Given::default() }).await;
    Answer::of(as_job(&staffed, SHOP)).await.is_problem(503, "no resolver or no applier runs");
    Answer::of(as_job(&staffed, SHOP)).await.is_problem(429, "the jobs of this project");
}
