//! Issues for people: one for each thing that needs one, and none when it is mended.

use e2e::{
    Person, Project, wait,
    wire::{Moment, Wire},
};
use jiff::{SignedDuration, Timestamp};
use proto::{Verdict, subject};
use sandbox::{
    Fault, FaultKind,
    gitlab::{Issue, Place, level},
};

use super::Site;

const TOKEN: &str = "glpat-issues";
const ISSUES: u64 = 61;
const BOT: u64 = 62;

const SETTINGS: [(&str, &str); 4] = [
    ("GUASSP_ISSUES__PROJECT", "ops/issues"),
    ("GUASSP_ISSUES__TOKEN", TOKEN),
    ("GUASSP_ISSUES__RETRY__FIRST_PAUSE", "50ms"),
    ("GUASSP_QUEUE__ACK_WAIT", "2s"),
];

/// A project of issues, and a token for it with this scope.
async fn site(scope: &str) -> Site {
    let site = Site::with(&SETTINGS).await;
    let mut world = site.scene.gitlab.world();
    world.add_group(60, "ops");
    world.add_project(ISSUES, "ops/issues");
    world.add_user(BOT, "issues-bot");
    world.add_member(Place::Project(ISSUES), BOT, level::REPORTER);
    world.add_token(TOKEN, BOT, &[scope]);
    drop(world);
    // The streams as these settings want them.
    let said = site.say(&["topology"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    site
}

impl Site {
    /// The issues whose titles contain this.
    fn issues(&self, about: &str) -> Vec<Issue> {
        let world = self.scene.gitlab.world();
        world.issues.iter().filter(|issue| issue.title.contains(about)).cloned().collect()
    }

    /// The only issue about it, as soon as it is open, or closed.
    async fn issue(&self, about: &str, open: bool) -> Issue {
        let only = async || match &self.issues(about)[..] {
            [issue] if issue.open == open => Some(issue.clone()),
            issues if issues.len() > 1 => panic!("{issues:?}"),
            _ => None,
        };
        wait::until(&format!("an issue about {about}, open: {open}"), only).await
    }

    /// Waits until the notifier has worked on everything so far.
    async fn told_all(&self) {
        let context = self.scene.stack.runtime.jetstream.context();
        let quiet = async || broker::is_idle(context, subject::EVENTS, subject::NOTIFIER).await.then_some(());
        wait::until("a notifier with nothing to do", quiet).await;
    }

    /// From now on the project's members cannot be read.
    fn break_down(&self, project: &Project) {
        let path = format!("/projects/{}/members/all", project.id);
        self.scene.gitlab.faults().add(Fault::on("GET", &path).always().then(FaultKind::Status(500)));
    }

    async fn fails(&self, project: &Project) {
        let task = self.scene.sync(project).await;
        assert_eq!(task.verdict(), Verdict::Failed, "{task:?}");
    }
}

#[tokio::test]
async fn what_fails_what_is_held_and_what_ends_has_one_issue_each_until_it_is_mended() {
    let mut site = site("api").await;
    let soon = (Timestamp::now() + SignedDuration::from_hours(24 * 5)).strftime("%Y-%m-%d").to_string();
    site.scene.gitlab.world().set_token_end("glpat-scene", Some(&soon));
    // GitLab is busy at first.
    for (nth, kind) in [(1, FaultKind::TooManyRequests { retry_after: Some(0) }), (2, FaultKind::Status(503))]
    {
        site.scene.gitlab.faults().add(Fault::on("GET", "/issues").nth(nth).then(kind));
    }
    site.start(&["gateway", "resolver", "applier", "notifier"]).await;
    let (failing, held) = (site.inhabited("failing").await, site.scene.project("held").await);
    let people = eight(&site, &held).await;
    site.break_down(&failing);
    site.fails(&failing).await;
    people.iter().take(5).for_each(|person| site.scene.leave(&held, person));
    assert_eq!(site.scene.sync(&held).await.verdict(), Verdict::Held);

    let failed = site.issue("cannot be synchronised", true).await;
    assert!(failed.title.contains(&failing.id.to_string()), "{failed:?}");
    assert_eq!(failed.labels, ["guassp"]);
    site.issue("wait for approval", true).await;
    let token = site.issue("the token for gitlab", true).await;
    assert!(token.title.ends_with(&format!("ends on {soon}")), "{token:?}");

    // The same once more is nothing new.
    site.fails(&failing).await;
    assert_eq!(site.scene.sync(&held).await.verdict(), Verdict::Held);
    site.told_all().await;
    assert_eq!(site.scene.gitlab.world().issues.len(), 3);
    assert_eq!(site.issue("cannot be synchronised", true).await, failed);

    site.scene.gitlab.faults().clear();
    assert_eq!(site.scene.sync(&failing).await.verdict(), Verdict::Done);
    site.issue("cannot be synchronised", false).await;
    let id = held.id.to_string();
    let hold = site.scene.hold(&held).await.expect("a hold");
    let said = site.say(&["approve", &id, "--digest", &hold.digest]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    site.issue("wait for approval", false).await;
    site.scene.gitlab.world().set_token_end("glpat-scene", None);
    site.kill("resolver").await;
    site.start(&["resolver"]).await;
    site.issue("the token for gitlab", false).await;
    assert_eq!(site.scene.gitlab.world().issues.len(), 3);
}

async fn eight(site: &Site, project: &Project) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..8 {
        let person = site.scene.person("member").await;
        site.scene.join(project, &person, level::MAINTAINER);
        people.push(person);
    }
    assert_eq!(site.scene.sync(project).await.verdict(), Verdict::Done);
    people
}

#[tokio::test]
async fn a_notifier_that_is_killed_between_the_call_and_the_ack_leaves_no_second_issue() {
    let mut site = site("api").await;
    let wire = Wire::start(site.scene.nats.url()).await;
    site.start(&["gateway", "resolver", "applier"]).await;
    site.start_with("notifier", &[("NATS_URL", wire.url())]);
    let project = site.inhabited("failing").await;
    site.told_all().await;
    let token = async || site.scene.stack.runtime.jetstream.projects.token("issues").await.ok()?;
    wait::until("a look at its own token", token).await;
    // That it begins, that it has opened it, and then the ack.
    let mut stop = wire.stop_at(3, Moment::Before);
    site.break_down(&project);
    site.fails(&project).await;
    stop.arrived().await;
    let issue = site.issue("cannot be synchronised", true).await;
    site.kill("notifier").await;
    site.start(&["notifier"]).await;
    site.told_all().await;
    assert_eq!(site.issue("cannot be synchronised", true).await, issue, "it is not said twice either");
    site.scene.gitlab.faults().clear();
    assert_eq!(site.scene.sync(&project).await.verdict(), Verdict::Done);
    site.issue("cannot be synchronised", false).await;
}

#[tokio::test]
async fn a_token_that_may_not_write_issues_is_told_once_and_not_tried_again_and_again() {
    let mut site = site("read_api").await;
    site.start(&["gateway", "resolver", "applier", "notifier"]).await;
    let projects = [site.inhabited("one").await, site.inhabited("two").await];
    let asked = || {
        let requests = site.scene.gitlab.requests();
        requests.iter().filter(|request| request.method == "POST" && request.path.contains("/issues")).count()
    };
    let told = || {
        let log = site.log("notifier");
        let lines = log.into_iter().filter(|line| line["level"] == "ERROR");
        lines.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    for project in &projects {
        site.break_down(project);
        site.fails(project).await;
    }
    wait::until("a word about it", async || (!told().is_empty()).then_some(())).await;
    let lines = told();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.contains("GUASSP_ISSUES__TOKEN needs the scope api"), "{line}");
    site.fails(&projects[0]).await;
    assert_eq!((asked(), told().len()), (1, 1), "the others wait, and ask nothing");
    assert!(site.scene.gitlab.world().issues.is_empty());

    // A token that may, and a restart: what had waited is told now, and what was in hand when it comes back.
    site.scene.gitlab.world().add_token(TOKEN, BOT, &["api"]);
    site.kill("notifier").await;
    site.start(&["notifier"]).await;
    let open = async || (site.issues("cannot be synchronised").len() == 2).then_some(());
    wait::until("an issue of each project", open).await;
}
