//! What in a project an event is about: branch, tag, commit, issue, merge request, pipeline, job.

use proto::{EventRefs, GitLabEventKind as Kind};

use super::fields::Fields;

/// What the payload is about in its project.
pub(super) fn refs(kind: Kind, fields: &Fields<'_>) -> EventRefs {
    let about = fields.object("object_attributes");
    let refs = match kind {
        Kind::Push | Kind::TagPush => push(fields),
        Kind::Issue | Kind::ConfidentialIssue => {
            EventRefs { issue: about.number(&["iid"]), ..described(&about) }
        }
        Kind::MergeRequest => EventRefs { state: about.text(&["state"]), ..merge_request(&about) },
        Kind::Note | Kind::ConfidentialNote => note(fields, &about),
        Kind::Emoji => emoji(fields, &about),
        Kind::Pipeline => pipeline(fields, &about),
        Kind::Job => job(fields),
        Kind::Deployment => deployment(fields),
        Kind::Release => release(fields),
        Kind::FeatureFlag => flag(&about),
        Kind::WikiPage | Kind::Milestone | Kind::AccessToken | Kind::Vulnerability => described(&about),
        Kind::RepositoryUpdate
        | Kind::ProjectMember
        | Kind::GroupMember
        | Kind::MemberApproval
        | Kind::Project
        | Kind::Group
        | Kind::User
        | Kind::Key
        | Kind::Unknown => EventRefs::default(),
    };
    EventRefs { commit: refs.commit.or_else(|| fields.object("commit").text(&["id"])), ..refs }
}

/// State, title and address of a thing.
fn described(about: &Fields<'_>) -> EventRefs {
    EventRefs {
        state: about.text(&["state", "status"]),
        title: about.text(&["title", "name"]),
        url: about.text(&["url"]),
        ..EventRefs::default()
    }
}

fn push(fields: &Fields<'_>) -> EventRefs {
    let name = fields.text(&["ref"]).unwrap_or_default();
    EventRefs {
        branch: name.strip_prefix("refs/heads/").map(str::to_owned),
        tag: name.strip_prefix("refs/tags/").map(str::to_owned),
        before: fields.text(&["before"]),
        commit: fields.text(&["after"]),
        ..EventRefs::default()
    }
}

fn merge_request(about: &Fields<'_>) -> EventRefs {
    EventRefs {
        merge_request: about.number(&["iid"]),
        branch: about.text(&["target_branch"]),
        source_branch: about.text(&["source_branch"]),
        commit: about.object("last_commit").text(&["id"]),
        ..described(about)
    }
}

/// A comment, and what it is written on.
fn note(fields: &Fields<'_>, about: &Fields<'_>) -> EventRefs {
    EventRefs { url: about.text(&["url"]), ..target(fields) }
}

/// A reaction, and what it is given to.
fn emoji(fields: &Fields<'_>, about: &Fields<'_>) -> EventRefs {
    EventRefs { title: about.text(&["name"]), url: about.text(&["awarded_on_url"]), ..target(fields) }
}

fn target(fields: &Fields<'_>) -> EventRefs {
    let (issue, merge) = (fields.object("issue"), fields.object("merge_request"));
    if merge.is_empty() {
        return EventRefs { issue: issue.number(&["iid"]), ..described(&issue) };
    }
    merge_request(&merge)
}

/// A branch or a tag, by its name alone.
fn on(name: Option<String>, is_tag: Option<bool>) -> EventRefs {
    if is_tag == Some(true) {
        EventRefs { tag: name, ..EventRefs::default() }
    } else {
        EventRefs { branch: name, ..EventRefs::default() }
    }
}

fn pipeline(fields: &Fields<'_>, about: &Fields<'_>) -> EventRefs {
    let described = described(about);
    EventRefs {
        pipeline: about.id(&["id"]),
        merge_request: fields.object("merge_request").number(&["iid"]),
        before: about.text(&["before_sha"]),
        commit: about.text(&["sha"]),
        state: about.text(&["status"]),
        title: described.title,
        url: described.url,
        ..on(about.text(&["ref"]), about.is("tag"))
    }
}

fn job(fields: &Fields<'_>) -> EventRefs {
    EventRefs {
        job: fields.id(&["build_id"]),
        pipeline: fields.id(&["pipeline_id"]),
        before: fields.text(&["before_sha"]),
        commit: fields.text(&["sha"]),
        state: fields.text(&["build_status"]),
        title: fields.text(&["build_name"]),
        ..on(fields.text(&["ref"]), fields.is("tag"))
    }
}

fn deployment(fields: &Fields<'_>) -> EventRefs {
    EventRefs {
        job: fields.id(&["deployable_id"]),
        state: fields.text(&["status"]),
        title: fields.text(&["environment"]),
        url: fields.text(&["deployable_url"]),
        ..on(fields.text(&["ref"]), None)
    }
}

fn release(fields: &Fields<'_>) -> EventRefs {
    let (title, url) = (fields.text(&["name"]), fields.text(&["url"]));
    EventRefs { tag: fields.text(&["tag"]), title, url, ..EventRefs::default() }
}

fn flag(about: &Fields<'_>) -> EventRefs {
    let state = about.is("active").map(|active| if active { "active" } else { "inactive" });
    EventRefs { state: state.map(str::to_owned), ..described(about) }
}

/// What a push did to its branch or tag: `created` or `removed`; nothing where it moved.
pub(super) fn moved(kind: Kind, refs: &EventRefs) -> Option<String> {
    // Zeros alone name no commit, as many as the repository's kind of hash has.
    let is_none = |commit: &Option<String>| {
        commit.as_ref().is_some_and(|commit| commit.bytes().all(|byte| byte == b'0'))
    };
    let moved = match (is_none(&refs.before), is_none(&refs.commit)) {
        (_, true) => "removed",
        (true, false) => "created",
        (false, false) => return None,
    };
    matches!(kind, Kind::Push | Kind::TagPush).then(|| moved.to_owned())
}
