//! Dead letters: messages that were given up. Looking at them, asking for them once more, throwing them away.
//!
//! A letter is never put back into its queue as it is: what it asked for is a sync of its project, and a plan in it
//! is what GitLab said at a time long gone. So a replay is a fresh trigger. A step of a group's fan-out says nothing
//! that grows old: it is published once more, in a fan-out of its own. So is an event of GitLab, which is a hint.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use proto::{Action, Cause, FanOut, GitLabEvent, GroupId, ProjectId, subject};
use runtime::jetstream::{BindError, DeadLetter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    caller::{
        Person,
        extract::{Operator, Viewer},
    },
    groups,
    paging::{Limit, Page},
    problem::Problem,
    state::Gateway,
    tasks::{not_stored, told},
};

/// Which letters are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// How many at most: 1 to 100, 50 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Go on after this letter: `next` of the page before.
    after: Option<u64>,
}

/// One page of dead letters.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetters")]
pub(crate) struct LettersBody {
    /// The letters, the oldest first.
    items: Vec<LetterBody>,
    /// What to give as `after` for the next page; null on the last one.
    next: Option<u64>,
}

/// A message that was given up, without what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub(crate) struct LetterBody {
    /// Its number.
    number: u64,
    /// Who gave it up.
    stage: String,
    /// The GitLab project that it was about, where it named one.
    project: Option<ProjectId>,
    /// The GitLab group whose fan-out it was a step of, where it was one.
    group: Option<GroupId>,
    /// The subject that it had.
    subject: String,
    /// Why it was given up.
    reason: String,
    /// How often it had been delivered.
    deliveries: u64,
    /// When it was given up.
    at: Timestamp,
    /// Its size in bytes.
    size: usize,
}

impl From<DeadLetter> for LetterBody {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { number, stage, project, group, subject, reason, deliveries, at, size } = letter;
        Self { number, stage, project, group, subject, reason, deliveries, at, size }
    }
}

/// Lists the dead letters
#[utoipa::path(
    get, path = "/dead", operation_id = "list_dead_letters", tag = "dead letters", params(Filter), security(("person" = [])),
    responses((status = 200, description = "The letters", body = ref("#/components/schemas/DeadLetters"))),
)]
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    _: Viewer,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<LettersBody>, Problem> {
    let Query(filter) = filter.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let limit = Limit::of(filter.limit)?;
    let after = filter.after.unwrap_or_default();
    let letters = gateway.jetstream.dead_letters(after, limit.get() + 1).await.map_err(|e| unread(&e))?;
    let Page { items, next } = limit.page(letters.iter());
    let items = items.into_iter().cloned().map(LetterBody::from).collect();
    Ok(Json(LettersBody { items, next: next.map(|letter| letter.number) }))
}

/// Asks once more for what a dead letter asked for, and takes it away
#[utoipa::path(
    post, path = "/dead/{number}/replay", operation_id = "replay_dead_letter", tag = "dead letters",
    params(("number" = u64, Path, minimum = 1, description = "The letter's number")),
    security(("person" = ["operator"])),
    responses(
        (status = 202, description = "Accepted; Location names the task", content((ref("#/components/schemas/Accepted") = "application/json"), (String = "text/plain")), headers(("Location" = String))),
        (status = 204, description = "The letter was a step of a group's fan-out or an event of GitLab, and is in its queue again"),
        (status = 404, description = "There is no such letter"),
        (status = 409, description = "The letter names neither project nor group"),
    ),
)]
pub(crate) async fn replay(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    headers: HeaderMap,
    number: Result<Path<u64>, PathRejection>,
) -> Result<Response, Problem> {
    let letter = letter(&gateway, number).await?;
    match letter.stage.as_str() {
        subject::RESOLVER_FAN_OUT => return replay_fan_out(&gateway, &person, &letter).await,
        subject::GATEWAY_HOOKS | subject::RESOLVER_DIRECTORY => {
            return replay_event(&gateway, &person, &letter).await;
        }
        _ => {}
    }
    let project = letter.project.ok_or_else(|| nothing_to_ask("names no project"))?;
    gateway.orders.tell(&person, Some(project), Action::Replay { letter: letter.number }).await?;
    let cause = Cause::Manual { by: person.name };
    let accepted = gateway.intake.trigger(project, cause).await.map_err(|error| not_stored(&error))?;
    gateway.jetstream.remove_dead_letter(letter.number).await.map_err(|error| unread(&error))?;
    Ok(told(&headers, project, accepted))
}

async fn replay_fan_out(
    gateway: &Gateway,
    person: &Person,
    letter: &DeadLetter,
) -> Result<Response, Problem> {
    let held =
        gateway.jetstream.dead_message::<FanOut>(letter.number).await.map_err(|error| unread(&error))?;
    let step = held.ok_or_else(|| nothing_to_ask("cannot be read"))?.afresh();
    gateway.orders.tell(person, None, Action::Replay { letter: letter.number }).await?;
    gateway.jetstream.publish_fan_out(&step).await.map_err(|error| groups::not_stored(&error))?;
    gateway.jetstream.remove_dead_letter(letter.number).await.map_err(|error| unread(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An event of GitLab comes into its stream once more, under its own id: whoever does a thing once for each id does
/// nothing twice.
async fn replay_event(gateway: &Gateway, person: &Person, letter: &DeadLetter) -> Result<Response, Problem> {
    let held = gateway.jetstream.dead_message::<GitLabEvent>(letter.number).await;
    let event = held.map_err(|error| unread(&error))?.ok_or_else(|| nothing_to_ask("cannot be read"))?;
    gateway.orders.tell(person, letter.project, Action::Replay { letter: letter.number }).await?;
    let message = format!("{}.replay.{}", event.id, letter.number);
    gateway.jetstream.tell_again(&event, message).await.map_err(|error| groups::not_stored(&error))?;
    gateway.jetstream.remove_dead_letter(letter.number).await.map_err(|error| unread(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn nothing_to_ask(why: &str) -> Problem {
    Problem::conflict(format!("the letter {why}, so nothing can be asked for: drop it"))
}

/// Throws a dead letter away
#[utoipa::path(
    delete, path = "/dead/{number}", operation_id = "drop_dead_letter", tag = "dead letters",
    params(("number" = u64, Path, minimum = 1, description = "The letter's number")),
    security(("person" = ["operator"])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is no such letter"),
    ),
)]
pub(crate) async fn discard(
    State(gateway): State<Gateway>,
    Operator(person): Operator,
    number: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let DeadLetter { number, stage, project, reason, .. } = letter(&gateway, number).await?;
    gateway.orders.tell(&person, project, Action::Drop { letter: number, stage, reason }).await?;
    gateway.jetstream.remove_dead_letter(number).await.map_err(|error| unread(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn letter(gateway: &Gateway, number: Result<Path<u64>, PathRejection>) -> Result<DeadLetter, Problem> {
    let number = match number {
        Ok(Path(number)) if number > 0 => number,
        _ => return Err(Problem::bad_request("a letter is named by its number, from 1 on")),
    };
    let found = gateway.jetstream.dead_letter(number).await.map_err(|error| unread(&error))?;
    found.ok_or_else(|| Problem::not_found(format!("there is no dead letter {number}")))
}

fn unread(error: &BindError) -> Problem {
    tracing::warn!(%error, "dead letters not reached");
    Problem::unavailable("the dead letters cannot be reached; ask again", Duration::from_secs(5))
}
