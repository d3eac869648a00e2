//! `guassp events`: what GitLab's webhooks tell, as it comes; one line an event.

use std::{fmt, io::Write};

use clap::Args;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use proto::{EventRefs, GitLabEvent, GitLabEventKind, GroupId, ProjectId};
use runtime::{
    clock::Clock,
    jetstream::{GitLabFilter, follow_gitlab},
};

use super::ask::{Output, nats};
use crate::{exit::Failed, settings::Settings};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only events of this kind, such as push or `project_member`; may be given several times.
    #[arg(long = "kind", value_parser = kind)]
    kinds: Vec<String>,
    /// Only events about this project, by GitLab's id.
    #[arg(long)]
    project: Option<u64>,
    /// Only events about this group, by GitLab's id; beside those about the project.
    #[arg(long)]
    group: Option<u64>,
    /// Begin with the events of this time, such as 90s, 1h, 2d; otherwise with the next one.
    #[arg(long, value_name = "TIME")]
    since: Option<jiff::Span>,
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// With the payload as GitLab sent it, in json.
    #[arg(long)]
    original: bool,
}

/// A kind as subjects spell it: of one that is none nothing would ever come.
fn kind(text: &str) -> Result<String, String> {
    let keys = GitLabEventKind::ALL.map(GitLabEventKind::key);
    if keys.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("a kind is one of {}", keys.join(", ")))
    }
}

pub(super) async fn run(settings: &Settings, arguments: &Arguments) -> Result<(), Failed> {
    let filter = GitLabFilter {
        kinds: arguments.kinds.clone(),
        project: arguments.project.map(ProjectId),
        group: arguments.group.map(GroupId),
    };
    let since = arguments.since.map(|ago| moment(&ago)).transpose()?;
    let context = nats(settings).await?;
    let events = follow_gitlab(&context, &filter, since).await?;
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.try_next().await? {
        if !print(event, arguments)? {
            break;
        }
    }
    Ok(())
}

/// So long ago. A day has 24 hours.
fn moment(ago: &jiff::Span) -> Result<Timestamp, Failed> {
    let ago: Result<SignedDuration, _> = ago.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
    let moment = ago.and_then(|ago| Clock::system().now().checked_sub(ago.abs()));
    moment.map_err(|error| Failed::config(format!("--since: {error}")))
}

/// Prints the event; false where nobody reads any more.
fn print(event: GitLabEvent, arguments: &Arguments) -> Result<bool, Failed> {
    let line = match (arguments.output, arguments.original) {
        (Output::Text, _) => Line(&event).to_string(),
        (Output::Json, true) => serde_json::to_string(&event).map_err(Failed::because)?,
        (Output::Json, false) => serde_json::to_string(&event.without_original()).map_err(Failed::because)?,
    };
    Ok(writeln!(std::io::stdout().lock(), "{line}").is_ok())
}

/// An event in one line.
struct Line<'a>(&'a GitLabEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.0;
        write!(
            f,
            "{} {}",
            event.received_at.round(jiff::Unit::Second).unwrap_or(event.received_at),
            event.kind.key()
        )?;
        let action = event.action.clone();
        let by =
            event.actor.as_ref().and_then(|actor| actor.username.clone()).map(|name| format!("by {name}"));
        let words = [action, place(event), person(event), event.role.clone(), by, about(&event.refs)];
        words.into_iter().flatten().try_for_each(|word| write!(f, " {}", on_one_line(&word)))
    }
}

/// What GitLab sends is anybody's text: no part of it moves the cursor.
fn on_one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn place(event: &GitLabEvent) -> Option<String> {
    let project = || {
        let project = event.project.as_ref()?;
        project.path.clone().or_else(|| Some(format!("project {}", project.id?)))
    };
    let group = || {
        let group = event.group.as_ref()?;
        group.path.clone().or_else(|| Some(format!("group {}", group.id?)))
    };
    project().or_else(group)
}

fn person(event: &GitLabEvent) -> Option<String> {
    let user = event.user.as_ref()?;
    user.username.clone().or_else(|| Some(format!("user {}", user.id?)))
}

fn about(refs: &EventRefs) -> Option<String> {
    let words = [
        refs.merge_request.map(|number| format!("!{number}")),
        refs.issue.map(|number| format!("#{number}")),
        refs.pipeline.map(|id| format!("pipeline {id}")),
        refs.job.map(|id| format!("job {id}")),
        refs.tag.clone().or_else(|| refs.branch.clone()),
        refs.state.clone(),
        refs.title.clone(),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use proto::{EventProject, EventUser, HookSource, UserId};

    use super::*;

    fn event(kind: GitLabEventKind, action: &str) -> GitLabEvent {
        GitLabEvent {
            id: "a".into(),
            kind,
            action: Some(action.into()),
            source: HookSource::System,
            instance: None,
            project: Some(EventProject { id: Some(ProjectId(7)), ..EventProject::default() }),
            group: None,
            user: None,
            role: None,
            actor: None,
            refs: EventRefs::default(),
            happened_at: None,
            received_at: "2026-11-22T10:00:00.123456Z".parse().unwrap(),
            original_bytes: 2,
            original: None,
        }
    }

    fn named(name: &str) -> Option<EventUser> {
        Some(EventUser { id: Some(UserId(12)), username: Some(name.into()), ..EventUser::default() })
    }

    #[test]
    fn an_event_is_one_line() {
        let member = GitLabEvent {
            user: named("ada"),
            role: Some("Maintainer".into()),
            ..event(GitLabEventKind::ProjectMember, "added")
        };
        assert_eq!(
            Line(&member).to_string(),
            "2026-11-22T10:00:00Z project_member added project 7 ada Maintainer"
        );
        let refs = EventRefs {
            merge_request: Some(3),
            branch: Some("main".into()),
            title: Some("Fix\n\u{1b}[31m the shop".into()),
            ..EventRefs::default()
        };
        let path = Some("acme/shop".to_owned());
        let project = Some(EventProject { path, ..EventProject::default() });
        let merge = GitLabEvent {
            project,
            refs,
            actor: named("bob"),
            ..event(GitLabEventKind::MergeRequest, "open")
        };
        let line = "2026-11-22T10:00:00Z merge_request open acme/shop by bob !3 main Fix  [31m the shop";
        assert_eq!(Line(&merge).to_string(), line);
    }

    #[test]
    fn a_kind_is_one_that_there_is() {
        assert_eq!(kind("project_member").unwrap(), "project_member");
        for text in ["", "*", ">", "push.project", "Push", "pushs"] {
            let error = kind(text).unwrap_err();
            assert!(error.contains("one of push, tag_push, ") && error.ends_with(", unknown"), "{error}");
        }
    }
}
