//! What the commands tell: events as they come, the directory, many syncs at once, and how everything is.

use std::process::Stdio;

use e2e::{binary::guassp, wait};
use jiff::{SignedDuration, Timestamp};
use sandbox::{
    Fault, FaultKind,
    gitlab::{HookOwner, level},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::Site;

const SECRET: &str = "hook-secret";

impl Site {
    /// GitLab tells the gateway of everything.
    fn hook(&self) {
        let url = format!("{}/webhooks/gitlab", self.scene.stack.gateway);
        let mut world = self.scene.gitlab.world();
        world.add_hook(HookOwner::Instance, &url).token = Some(SECRET.to_owned());
    }

    /// `guassp events`, and what it says line by line.
    fn tail(&self, arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut command = Command::new(guassp());
        command.arg("events").args(arguments).env_clear().envs(self.environment.iter().cloned());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("guassp");
        let said = child.stdout.take().expect("its output");
        (child, BufReader::new(said).lines())
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = tokio::time::timeout(wait::PATIENCE, lines.next_line()).await.expect("a line in time");
    line.expect("text").expect("a line")
}

#[tokio::test]
async fn events_are_told_as_they_come_and_filtered() {
    let mut site = Site::with(&[("GUASSP_WEBHOOKS__SECRET", SECRET)]).await;
    site.start(&["gateway"]).await;
    site.hook();
    let (shop, blog) = (site.scene.gitlab_project("shop"), site.scene.gitlab_project("blog"));
    let person = site.scene.stranger("jane");
    // From the beginning, so that nothing hangs on which of both was first.
    let id = blog.id.to_string();
    let (_one, mut of_blog) = site.tail(&["--since", "1h", "--project", &id, "--output", "json"]);
    let (_two, mut members) = site.tail(&["--since", "1h", "--kind", "project_member"]);
    site.scene.join(&shop, &person, level::DEVELOPER);
    site.scene.join(&blog, &person, level::REPORTER);

    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(serde_json::from_str::<Value>(&line(&mut of_blog).await).expect("JSON"));
    }
    // Deliveries overtake each other.
    told.sort_by_key(|event| event["kind"] != "project");
    let (created, joined) = (&told[0], &told[1]);
    assert_eq!(
        (&created["kind"], &created["project"]["path"]),
        (&"project".into(), &blog.path.clone().into())
    );
    assert_eq!(
        (&joined["kind"], &joined["action"], &joined["user"]["username"]),
        (&"project_member".into(), &"added".into(), &person.username.clone().into())
    );
    assert!(joined.get("original").is_none_or(Value::is_null), "{joined}");
    let mut told = [line(&mut members).await, line(&mut members).await];
    told.sort_by_key(|line| line.contains(&blog.path));
    for (line, project, role) in [(&told[0], &shop, "Developer"), (&told[1], &blog, "Reporter")] {
        let words = format!("project_member added {} {} {role}", project.path, person.username);
        assert!(line.contains(&words), "{words}: {line}");
    }

    // Without a beginning: what comes from now on.
    let wrong = site.say(&["events", "--kind", "push.>"]).await;
    assert!(wrong.code == Some(2) && wrong.error.contains("a kind is one of push"), "{wrong:?}");
}

#[tokio::test]
async fn the_directory_finds_a_project_by_every_name_that_it_has_or_had() {
    let mut site = Site::with(&[("GUASSP_WEBHOOKS__SECRET", SECRET)]).await;
    site.start(&["gateway", "resolver"]).await;
    site.hook();
    let project = site.scene.gitlab_project("shop");
    let (id, old) = (project.id.to_string(), project.path.clone());
    let group = old.split('/').next().expect("a group").to_owned();
    let new = format!("{group}/store");
    let found = async |name: &str| {
        let said = site.say(&["directory", name, "--output", "json"]).await;
        (said.code == Some(0)).then(|| serde_json::from_str::<Value>(&said.text).expect("JSON"))
    };
    wait::until("the project", async || found(&id).await).await;
    site.scene.gitlab.world().move_project(project.id, &new);
    let moved = async || found(&id).await.filter(|found| found["path"] == new.as_str());
    assert_eq!(wait::until("its new path", moved).await["found_by"], "id");
    for (name, by) in [(&new, "path"), (&old, "previous_path")] {
        let found = found(name).await.expect("a project");
        assert_eq!((&found["id"], &found["found_by"]), (&project.id.into(), &by.into()), "{name}");
        assert_eq!(found["group_path"], group.as_str());
    }
    let text = site.say(&["directory", &old]).await.text;
    assert!(text.contains(&new) && text.contains(&old), "{text}");
    let below = site.json(&["directory", "--group", &group]).await;
    assert_eq!((below["items"].as_array().map(Vec::len), &below["items"][0]["path"]), (Some(1), &new.into()));
    let nobody = site.say(&["directory", "acme/nothing"]).await;
    assert!(nobody.code == Some(1) && nobody.error.contains("nothing is known"), "{nobody:?}");
}

#[tokio::test]
async fn all_projects_are_synchronised_and_each_is_a_line() {
    let mut site = Site::with(&[("GUASSP_APPLIER__CATALOG_REFRESH", "1s")]).await;
    site.start(&["gateway", "resolver", "applier"]).await;
    let mut projects = Vec::new();
    for nth in 0..4 {
        projects.push(site.inhabited(&format!("p{nth}")).await);
    }
    for project in &projects {
        site.until_listed(project).await;
    }
    let said = site.say(&["sync", "--all", "--wait"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.text.ends_with("4 of 4 projects are in line\n"), "{said:?}");
    for project in &projects {
        let ended = format!("project {}: ", project.id);
        assert_eq!(said.text.lines().filter(|line| line.starts_with(&ended)).count(), 1, "{said:?}");
        assert_eq!(site.scene.grants(project).await.len(), 1);
    }
    assert!(
        !said.text.contains('\r') && !said.text.contains('\u{1b}') && !said.error.contains('\u{1b}'),
        "{said:?}"
    );

    // One that cannot be synchronised is named, and the program says so.
    let path = format!("/projects/{}/members/all", projects[0].id);
    site.scene.gitlab.faults().add(Fault::on("GET", &path).always().then(FaultKind::Status(500)));
    let said = site.say(&["sync", "--all", "--wait"]).await;
    assert!(said.code == Some(1) && said.text.ends_with("3 of 4 projects are in line\n"), "{said:?}");

    // Nor is one waited for that stands still.
    site.scene.gitlab.faults().clear();
    assert_eq!(site.say(&["pause", &projects[1].id.to_string()]).await.code, Some(0));
    let said = site.say(&["sync", "--all", "--wait"]).await;
    let paused = format!("project {}: paused by ", projects[1].id);
    assert!(said.code == Some(1) && said.text.contains(&paused), "{said:?}");
    assert!(said.text.ends_with("3 of 4 projects are in line\n"), "{said:?}");
}

#[tokio::test]
async fn a_token_that_ends_soon_and_a_stale_project_are_told() {
    let mut site = Site::with(&[("GUASSP_APPLIER__CATALOG_REFRESH", "1s")]).await;
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 5);
    let end = end.strftime("%Y-%m-%d").to_string();
    site.scene.gitlab.world().set_token_end("glpat-scene", Some(&end));
    site.start(&["gateway", "resolver", "applier"]).await;
    let (good, broken) = (site.inhabited("good").await, site.inhabited("broken").await);
    let path = format!("/projects/{}/members/all", broken.id);
    site.scene.gitlab.faults().add(Fault::on("GET", &path).always().then(FaultKind::Status(500)));
    site.scene.sync(&good).await;
    site.scene.sync(&broken).await;
    for project in [&good, &broken] {
        site.until_listed(project).await;
    }
    let told = async || {
        let status = site.json(&["status"]).await["service"].clone();
        let is_told = status["tokens"].as_array().is_some_and(|tokens| tokens.len() == 2);
        is_told.then_some(status)
    };
    let status = wait::until("both tokens", told).await;
    assert_eq!(
        (&status["projects"]["known"], &status["projects"]["stale"]),
        (&2.into(), &1.into()),
        "{status}"
    );
    let gitlab = &status["tokens"][0];
    assert_eq!(gitlab["system"], "gitlab", "{status}");
    assert!((4..=5).contains(&gitlab["days_left"].as_u64().expect("days")), "{gitlab}");
    let text = site.say(&["status"]).await.text;
    let line = format!(" days ({end}T00:00:00Z): make a new one\n");
    assert!(text.contains("  token for gitlab, of ") && text.contains(&line), "{text}");
    assert!(text.contains("  projects: 2 known, 0 held, 1 stale\n"), "{text}");
    assert!(text.contains(&format!("project {}: no sync has ended yet\n", broken.id)), "{text}");
    assert!(!text.contains("glpat-"), "{text}");
}
