//! A payload of every kind that GitLab documents: taken, stored as it is, and followed by what it means for access and by
//! nothing else.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Scene, Settings, wait};
use jiff::Timestamp;
use proto::{CatalogEntry, Cause, GitLabEvent, GitLabEventKind as Kind, GroupId, ProjectId, UserId, subject};
use sandbox::gitlab::{Place, Sample, level, samples};

use super::{Letter, door, fleet, until_healthy};
use crate::fleet::Role;

/// What an event leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// A task of its project.
    Project,
    /// A fan-out of its group, and so a task of the project in it.
    Group,
    /// A fan-out of the account, and so a task of the person's project.
    Account,
    Nothing,
}
use Leads::{Account, Group, Nothing, Project};

/// The samples by name: what they are about, and what they lead to.
const TABLE: [(&str, Kind, Leads); 62] = [
    ("push", Kind::Push, Nothing),
    ("tag_push", Kind::TagPush, Nothing),
    ("merge_request", Kind::MergeRequest, Nothing),
    ("issue", Kind::Issue, Nothing),
    ("confidential_issue", Kind::ConfidentialIssue, Nothing),
    ("work_item", Kind::Issue, Nothing),
    ("note_on_issue", Kind::Note, Nothing),
    ("note_on_merge_request", Kind::Note, Nothing),
    ("note_on_commit", Kind::Note, Nothing),
    ("note_on_snippet", Kind::Note, Nothing),
    ("confidential_note", Kind::ConfidentialNote, Nothing),
    ("wiki_page", Kind::WikiPage, Nothing),
    ("milestone", Kind::Milestone, Nothing),
    ("emoji", Kind::Emoji, Nothing),
    ("pipeline", Kind::Pipeline, Nothing),
    ("job", Kind::Job, Nothing),
    ("deployment", Kind::Deployment, Nothing),
    ("release", Kind::Release, Nothing),
    ("feature_flag", Kind::FeatureFlag, Nothing),
    ("vulnerability", Kind::Vulnerability, Nothing),
    ("project_access_token", Kind::AccessToken, Nothing),
    ("group_access_token", Kind::AccessToken, Nothing),
    ("user_add_to_group", Kind::GroupMember, Group),
    ("user_update_for_group", Kind::GroupMember, Group),
    ("user_remove_from_group", Kind::GroupMember, Group),
    ("user_access_request_to_group", Kind::GroupMember, Nothing),
    ("user_access_request_denied_for_group", Kind::GroupMember, Nothing),
    ("subgroup_create", Kind::Group, Group),
    ("subgroup_destroy", Kind::Group, Group),
    ("project_created_in_group", Kind::Project, Project),
    ("project_destroyed_in_group", Kind::Project, Nothing),
    ("project_create", Kind::Project, Project),
    ("project_destroy", Kind::Project, Nothing),
    ("project_update", Kind::Project, Project),
    ("project_rename", Kind::Project, Project),
    ("project_transfer", Kind::Project, Project),
    ("user_add_to_team", Kind::ProjectMember, Project),
    ("user_remove_from_team", Kind::ProjectMember, Project),
    ("user_update_for_team", Kind::ProjectMember, Project),
    ("user_access_request_to_project", Kind::ProjectMember, Nothing),
    ("user_access_request_revoked_for_project", Kind::ProjectMember, Nothing),
    ("group_create", Kind::Group, Group),
    ("group_destroy", Kind::Group, Group),
    ("group_rename", Kind::Group, Group),
    ("system_user_add_to_group", Kind::GroupMember, Group),
    ("system_user_remove_from_group", Kind::GroupMember, Group),
    ("system_user_update_for_group", Kind::GroupMember, Group),
    ("system_user_access_request_to_group", Kind::GroupMember, Nothing),
    ("user_access_request_revoked_for_group", Kind::GroupMember, Nothing),
    ("user_create", Kind::User, Nothing),
    ("user_destroy", Kind::User, Account),
    ("user_rename", Kind::User, Account),
    ("user_failed_login", Kind::User, Account),
    ("key_create", Kind::Key, Nothing),
    ("key_destroy", Kind::Key, Nothing),
    ("system_member_approval", Kind::MemberApproval, Nothing),
    ("system_member_approvals", Kind::MemberApproval, Nothing),
    ("system_without_event_name", Kind::Unknown, Nothing),
    ("repository_update", Kind::RepositoryUpdate, Nothing),
    ("system_push", Kind::Push, Nothing),
    ("system_tag_push", Kind::TagPush, Nothing),
    ("system_merge_request", Kind::MergeRequest, Nothing),
];

/// A sample, and the project, the group and the person of its own that it is about.
struct Told {
    sample: Sample,
    kind: Kind,
    leads: Leads,
    project: ProjectId,
    group: GroupId,
    user: UserId,
}

impl Told {
    /// The cause of the task that is to come of it.
    fn cause(&self) -> Option<Cause> {
        match self.leads {
            Project => Some(Cause::Hook { event: self.kind, delivery: self.sample.name.to_owned() }),
            Group => Some(Cause::Group { group: self.group, by: None }),
            Account => Some(Cause::User { user: self.user }),
            Nothing => None,
        }
    }

    async fn deliver(&self, http: &reqwest::Client, url: &str) {
        let Sample { name, header, body, .. } = &self.sample;
        let status = Letter::of_hook(name, header, body.to_string()).send(http, url).await;
        assert_eq!(status, Some(202), "{name}");
    }

    fn is_stored_whole(&self, event: &GitLabEvent) {
        let Sample { name, body, .. } = &self.sample;
        assert_eq!(event.kind, self.kind, "{name}");
        assert_eq!(event.original.as_ref().expect("a payload").text(), body.to_string(), "{name}");
        let told = |place: &str| body.get(place).is_some_and(|id| !id.is_null());
        let project = event.project.as_ref().and_then(|project| project.id);
        assert!(
            !(told("project") || told("project_id")) || project == Some(self.project),
            "{name}: {event:?}"
        );
        let group = event.group.as_ref().and_then(|group| group.id);
        assert!(!told("group_id") || group == Some(self.group), "{name}: {event:?}");
    }
}

/// Each sample about a project of its own, in a group of its own below another, with a person who is a member.
fn tell(scene: &Scene) -> Vec<Told> {
    let (top, mut world) = (scene.id(), scene.gitlab.world());
    world.add_group(top, "top");
    let mut told = Vec::new();
    for (name, kind, leads) in TABLE {
        let (project, group, user) = (scene.id(), scene.id(), scene.id());
        world.add_group(group, &format!("top/group-{group}"));
        world.add_project(project, &format!("top/group-{group}/project"));
        world.add_user(user, &format!("person-{user}"));
        world.add_member(Place::Project(project), user, level::DEVELOPER);
        let found = samples(&world, project, user).into_iter().find(|sample| sample.name == name);
        let sample = found.unwrap_or_else(|| panic!("there is no sample {name}"));
        told.push(Told {
            sample,
            kind,
            leads,
            project: ProjectId(project),
            group: GroupId(group),
            user: UserId(user),
        });
    }
    let all: BTreeSet<_> =
        samples(&world, told[0].project.0, told[0].user.0).iter().map(|s| s.name).collect();
    assert_eq!(all, TABLE.map(|(name, ..)| name).into(), "what each sample leads to");
    told
}

/// SonarQube has all of these projects.
async fn fill_catalog(scene: &Scene, told: &[Told]) {
    let (catalog, at) = (&scene.stack.runtime.jetstream.catalog, Timestamp::now());
    let entry = |key: String| CatalogEntry { keys: vec![key], path: None, by_name: false, at };
    let listed: BTreeMap<_, _> =
        told.iter().map(|told| (told.project, entry(told.project.to_string()))).collect();
    catalog.fill(&catalog.known().await.expect("nats"), &listed, at).await.expect("nats");
}

#[tokio::test]
async fn every_documented_payload_is_taken_and_leads_to_what_it_may_have_changed() {
    // What an event is about is looked at once, so that what comes of it is known when that is over.
    let (scene, mut fleet) = fleet(Settings::default(), &[("GUASSP_WEBHOOKS__LOOK_AGAIN", "")]).await;
    let told = tell(&scene);
    fill_catalog(&scene, &told).await;
    // No applier: plans stay where they are.
    fleet.start(&[Role::Gateway, Role::Resolver]);
    until_healthy(&scene.stack.gateway).await;
    let (http, url) = (reqwest::Client::new(), door(&scene));
    for told in &told {
        told.deliver(&http, &url).await;
    }
    let stored = scene.gitlab_events().await;
    for told in &told {
        told.deliver(&http, &url).await;
    }
    let names: Vec<&str> = told.iter().map(|told| told.sample.name).collect();
    assert_eq!(stored.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(scene.gitlab_events().await, stored, "what comes again adds nothing");
    for (told, event) in told.iter().zip(&stored) {
        told.is_stored_whole(event);
    }

    scene.drained(subject::GITLAB, subject::GATEWAY_HOOKS).await;
    scene.drained(subject::FAN_OUTS, subject::RESOLVER_FAN_OUT).await;
    scene.drained(subject::TASKS, subject::RESOLVER).await;
    let plans = scene.waiting_plans().await;
    let causes: BTreeMap<_, _> = plans.into_iter().map(|plan| (plan.project.id, plan.cause)).collect();
    for told in &told {
        assert_eq!(causes.get(&told.project), told.cause().as_ref(), "{}", told.sample.name);
    }
    are_in_the_directory(&scene, &stored).await;
}

/// Whatever an event names, the directory has, also where it means nothing for access.
async fn are_in_the_directory(scene: &Scene, stored: &[GitLabEvent]) {
    let directory = &scene.stack.runtime.jetstream.directory;
    for event in stored {
        if let Some(id) = event.project.as_ref().and_then(|project| project.id) {
            let known = async || directory.project(id).await.ok()?;
            let known = wait::until(&format!("the project of {} in the directory", event.id), known).await;
            assert!(known.path.starts_with("top/"), "{}: {known:?}", event.id);
        }
        if let Some(id) = event.group.as_ref().and_then(|group| group.id) {
            let known = async || directory.group(id).await.ok()?;
            wait::until(&format!("the group of {} in the directory", event.id), known).await;
        }
    }
}
