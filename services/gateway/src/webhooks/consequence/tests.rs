use jiff::Timestamp;
use proto::{EventGroup, EventProject, EventRefs, HookSource};

use super::*;

const PROJECT: ProjectId = ProjectId(7);
const GROUP: GroupId = GroupId(10);
const USER: UserId = UserId(12);

/// An event that names a project, a group and a person.
fn event(kind: Kind, action: Option<&str>) -> GitLabEvent {
    GitLabEvent {
        id: "a".into(),
        kind,
        action: action.map(str::to_owned),
        source: HookSource::System,
        instance: None,
        project: Some(EventProject { id: Some(PROJECT), ..EventProject::default() }),
        group: Some(EventGroup { id: Some(GROUP), ..EventGroup::default() }),
        user: Some(EventUser { id: Some(USER), ..EventUser::default() }),
        role: None,
        actor: None,
        refs: EventRefs::default(),
        happened_at: None,
        received_at: Timestamp::UNIX_EPOCH,
        original_bytes: 0,
        original: None,
    }
}

fn of(kind: Kind, action: &str) -> Option<Consequence> {
    Consequence::of(&event(kind, Some(action))).ok()
}

#[test]
fn what_happens_to_a_project_and_its_members_concerns_the_project() {
    for action in ["created", "renamed", "transferred", "updated"] {
        assert_eq!(of(Kind::Project, action), Some(Consequence::Project(PROJECT)), "{action}");
    }
    for action in ["added", "updated", "removed", "something_new"] {
        assert_eq!(of(Kind::ProjectMember, action), Some(Consequence::Project(PROJECT)), "{action}");
    }
}

#[test]
fn what_happens_to_a_group_and_its_members_concerns_all_that_it_reaches() {
    for action in ["created", "destroyed", "renamed", "something_new"] {
        assert_eq!(of(Kind::Group, action), Some(Consequence::Group(GROUP)), "{action}");
    }
    for action in ["added", "updated", "removed"] {
        assert_eq!(of(Kind::GroupMember, action), Some(Consequence::Group(GROUP)), "{action}");
    }
}

#[test]
fn asking_for_access_gives_none() {
    for action in REQUESTS {
        assert_eq!(of(Kind::ProjectMember, action), None, "{action}");
        assert_eq!(of(Kind::GroupMember, action), None, "{action}");
    }
}

#[test]
fn an_account_that_is_renamed_gone_or_blocked_concerns_its_projects() {
    for (action, concerns) in
        [("renamed", true), ("destroyed", true), ("created", false), ("failed_login", false)]
    {
        assert_eq!(of(Kind::User, action), concerns.then_some(Consequence::User(USER)), "{action}");
    }
    let user = |state: &str| EventUser { id: Some(USER), state: Some(state.into()), ..EventUser::default() };
    let failed = |state| GitLabEvent { user: Some(user(state)), ..event(Kind::User, Some("failed_login")) };
    // Every state of an account (`access::Account`), and one that nobody knows yet.
    for state in
        ["blocked", "ldap_blocked", "banned", "deactivated", "blocked_pending_approval", "something_new"]
    {
        assert_eq!(Consequence::of(&failed(state)), Ok(Consequence::User(USER)), "{state}");
    }
    assert_eq!(Consequence::of(&failed("active")), Err(NoConsequence::Harmless));
}

/// Its members cannot be read any more: the task could only fail.
#[test]
fn a_project_that_is_gone_is_not_looked_at() {
    assert_eq!(Consequence::of(&event(Kind::Project, Some("destroyed"))), Err(NoConsequence::Harmless));
}

#[test]
fn everything_else_changes_no_access() {
    for kind in [
        Kind::Push,
        Kind::TagPush,
        Kind::RepositoryUpdate,
        Kind::Issue,
        Kind::ConfidentialIssue,
        Kind::Note,
        Kind::ConfidentialNote,
        Kind::MergeRequest,
        Kind::WikiPage,
        Kind::Pipeline,
        Kind::Job,
        Kind::Deployment,
        Kind::FeatureFlag,
        Kind::Release,
        Kind::Milestone,
        Kind::Emoji,
        Kind::AccessToken,
        Kind::Vulnerability,
        Kind::MemberApproval,
        Kind::Key,
        Kind::Unknown,
    ] {
        assert!(!Kind::ABOUT_ACCESS.contains(&kind), "{kind:?} is delivered in vain");
        for action in [None, Some("created"), Some("removed"), Some("updated")] {
            assert_eq!(
                Consequence::of(&event(kind, action)),
                Err(NoConsequence::Harmless),
                "{kind:?} {action:?}"
            );
        }
    }
}

/// Only these are delivered to who looks at consequences.
#[test]
fn every_kind_about_access_has_a_consequence() {
    for kind in Kind::ABOUT_ACCESS {
        assert!(of(kind, "something_new").is_some(), "{kind:?}");
    }
}

#[test]
fn an_event_that_names_nothing_leads_to_nothing_and_is_told_apart() {
    for kind in Kind::ABOUT_ACCESS {
        let nameless = GitLabEvent { project: None, group: None, user: None, ..event(kind, Some("removed")) };
        assert_eq!(Consequence::of(&nameless), Err(NoConsequence::Nameless), "{kind:?}");
    }
}

#[test]
fn each_consequence_is_a_sentence() {
    for (consequence, says) in [
        (Consequence::Project(PROJECT), "project 7 is synchronised"),
        (Consequence::Group(GROUP), "every project that group 10 reaches is synchronised"),
        (Consequence::User(USER), "every project that user 12 is a member of is synchronised"),
    ] {
        assert_eq!(consequence.to_string(), says);
    }
}
