//! Callers as handlers take them: a handler names who may call it, and gets nobody else.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header::ORIGIN, request::Parts},
};
use secrecy::SecretString;

use super::{
    Caller, Callers, Job, Person, Role,
    credential::{self, Authorization},
    network::Client,
};
use crate::problem::Problem;

/// A CI job, by a header or by the body.
#[derive(Debug)]
pub(crate) struct JobCaller(pub(crate) Job);

/// Somebody who may look at everything.
#[derive(Debug)]
pub(crate) struct Viewer(pub(crate) Person);

/// Somebody who may do everything.
#[derive(Debug)]
pub(crate) struct Operator(pub(crate) Person);

/// Somebody who may look at everything, or a CI job, which may look at what is its own project's.
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) Caller);

impl<S: Send + Sync> FromRequest<S> for JobCaller
where
    Arc<Callers>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let header = job_in_headers(request.headers())?;
        // Also where the token is in a header: a body that is too large is refused, whoever sends it.
        let body = Bytes::from_request(request, state).await.map_err(|error| unreadable(error.status()))?;
        let token = match header {
            Some(token) => token,
            None => credential::in_body(&body)?.ok_or_else(no_job_token)?,
        };
        Arc::<Callers>::from_ref(state).job(&token).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader
where
    Arc<Callers>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let callers = Arc::<Callers>::from_ref(state);
        if let Some(token) = credential::job_token(&parts.headers)? {
            return callers.job(&token).await.map(|job| Self(Caller::Job(job)));
        }
        // A token counts before the network does: a job sees its own project, wherever it runs.
        let person = match credential::authorization(&parts.headers)? {
            Authorization::Job(token) => return callers.job(&token).await.map(|job| Self(Caller::Job(job))),
            Authorization::Person(token) => callers.person(&token)?,
            Authorization::NoBearer => neighbour(&callers, parts).ok_or_else(no_bearer)?,
            Authorization::Nothing => neighbour(&callers, parts).ok_or_else(no_token)?,
        };
        Ok(Self(Caller::Person(person)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer
where
    Arc<Callers>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        person(&Arc::from_ref(state), parts).and_then(|person| with_role(Role::Viewer, person)).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator
where
    Arc<Callers>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        person(&Arc::from_ref(state), parts).and_then(|person| with_role(Role::Operator, person)).map(Self)
    }
}

fn job_in_headers(headers: &HeaderMap) -> Result<Option<SecretString>, Problem> {
    if let Some(token) = credential::job_token(headers)? {
        return Ok(Some(token));
    }
    match credential::authorization(headers)? {
        Authorization::Job(token) => Ok(Some(token)),
        Authorization::Person(_) => Err(no_job()),
        Authorization::NoBearer => Err(no_bearer()),
        Authorization::Nothing => Ok(None),
    }
}

fn person(callers: &Callers, parts: &Parts) -> Result<Person, Problem> {
    match credential::authorization(&parts.headers)? {
        Authorization::Person(token) => callers.person(&token),
        Authorization::Job(_) => neighbour(callers, parts).ok_or_else(no_person),
        Authorization::NoBearer => neighbour(callers, parts).ok_or_else(no_bearer),
        Authorization::Nothing => neighbour(callers, parts).ok_or_else(no_person),
    }
}

/// A web page that is open in a trusted network is no neighbour: it would act with the rights of whoever looks at it.
fn neighbour(callers: &Callers, parts: &Parts) -> Option<Person> {
    if is_sent_by_a_page(&parts.headers) {
        return None;
    }
    callers.neighbour(parts.extensions.get::<Client>().copied())
}

/// Browsers say so; `none` is an address that a person typed.
fn is_sent_by_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.get("sec-fetch-site").is_some_and(|site| site != "none")
}

fn with_role(needed: Role, person: Person) -> Result<Person, Problem> {
    if person.role >= needed {
        return Ok(person);
    }
    let Person { name, role } = person;
    Err(Problem::forbidden(format!("this takes the role {needed}; {name} has the role {role}")))
}

fn unreadable(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large("the body is larger than 64 KiB")
    } else {
        Problem::bad_request("the body could not be read to its end")
    }
}

fn no_bearer() -> Problem {
    Problem::unauthorized("the Authorization header must be \"Bearer\" and a token")
}

fn no_job_token() -> Problem {
    Problem::unauthorized(
        "no job token: send $CI_JOB_TOKEN in the header JOB-TOKEN, as Authorization: Bearer, or as JSON job_token",
    )
}

fn no_job() -> Problem {
    Problem::unauthorized("this takes the token of a CI job, not a person's: send $CI_JOB_TOKEN")
}

fn no_person() -> Problem {
    Problem::unauthorized("this takes a person's token (guassp_...), as Authorization: Bearer")
}

fn no_token() -> Problem {
    Problem::unauthorized(
        "no job token and no person's: send $CI_JOB_TOKEN in the header JOB-TOKEN, or a token as Authorization: Bearer",
    )
}

#[cfg(test)]
mod tests;
