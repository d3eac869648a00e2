//! Finds the credential of a request: in the header `JOB-TOKEN`, in `Authorization`, or in the body.
//!
//! A person's token begins with `guassp_`, so it never goes to GitLab, and a job's token is never compared with those
//! of people. Whether a credential is worth anything is not decided here.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::people::PREFIX;
use crate::problem::Problem;

/// What the header `Authorization` says.
#[derive(Debug)]
pub(super) enum Authorization {
    Nothing,
    /// Basic, or a scheme without a token: perhaps for a proxy in front, nothing for us.
    NoBearer,
    /// The token of a person.
    Person(SecretString),
    /// Any other token.
    Job(SecretString),
}

/// # Errors
/// 400 when it cannot be read, or is there more than once.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Authorization, Problem> {
    let Some(value) = only(headers, AUTHORIZATION.as_str())? else { return Ok(Authorization::Nothing) };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            let token = token.trim();
            let secret = readable(token)?;
            Ok(if is_persons(token) { Authorization::Person(secret) } else { Authorization::Job(secret) })
        }
        _ => Ok(Authorization::NoBearer),
    }
}

/// The header `JOB-TOKEN`.
///
/// # Errors
/// 400 when it cannot be read, or is there more than once; 401 when it holds a person's token.
pub(super) fn job_token(headers: &HeaderMap) -> Result<Option<SecretString>, Problem> {
    only(headers, "job-token")?.map(of_job).transpose()
}

/// `job_token` of a JSON body.
///
/// # Errors
/// 400 when the body or its token cannot be read; 401 when it holds a person's token.
pub(super) fn in_body(body: &[u8]) -> Result<Option<SecretString>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let Ok(Body { job_token }) = serde_json::from_slice(body) else {
        return Err(Problem::bad_request("the body is not JSON of the form {\"job_token\": \"...\"}"));
    };
    job_token.as_deref().map(str::trim).map(of_job).transpose()
}

#[derive(Deserialize)]
struct Body {
    job_token: Option<String>,
}

/// The SHA-256 of a token: all that is kept of it.
pub(super) type Fingerprint = [u8; SHA256_OUTPUT_LEN];

pub(super) fn fingerprint(token: &SecretString) -> Fingerprint {
    let mut fingerprint = [0; SHA256_OUTPUT_LEN];
    fingerprint.copy_from_slice(digest(&SHA256, token.expose_secret().as_bytes()).as_ref());
    fingerprint
}

/// A header that says two things may be read in one way by a proxy and in the other here.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::bad_request(format!("the header {name} is there more than once")));
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| unreadable())
}

fn of_job(token: &str) -> Result<SecretString, Problem> {
    if is_persons(token) { Err(misplaced()) } else { readable(token) }
}

fn is_persons(token: &str) -> bool {
    token.starts_with(PREFIX)
}

fn readable(token: &str) -> Result<SecretString, Problem> {
    if token.is_empty() {
        Err(Problem::bad_request("the token is empty"))
    } else if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(token))
    } else {
        Err(unreadable())
    }
}

fn unreadable() -> Problem {
    Problem::bad_request("the token has characters that no token has")
}

fn misplaced() -> Problem {
    Problem::unauthorized(
        "this is a person's token: it belongs into Authorization: Bearer, and is no job token",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    fn bearer(value: &str) -> Result<Authorization, u16> {
        authorization(&headers(&[("authorization", value)])).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_token_comes_by_header_by_bearer_or_by_body() {
        let job = job_token(&headers(&[("job-token", " t1 ")])).unwrap().unwrap();
        assert_eq!(job.expose_secret(), "t1");
        assert!(
            matches!(bearer("bearer  t2"), Ok(Authorization::Job(token)) if token.expose_secret() == "t2")
        );
        assert_eq!(in_body(br#"{"job_token":" t3 "}"#).unwrap().unwrap().expose_secret(), "t3");
    }

    #[test]
    fn a_persons_token_is_known_by_its_form_and_comes_as_bearer_only() {
        assert!(matches!(bearer("Bearer guassp_x"), Ok(Authorization::Person(_))));
        let status = |refused: Result<Option<SecretString>, Problem>| refused.unwrap_err().status().as_u16();
        assert_eq!(status(job_token(&headers(&[("job-token", "guassp_x")]))), 401);
        assert_eq!(status(in_body(br#"{"job_token":" guassp_x"}"#)), 401);
    }

    #[test]
    fn what_is_no_bearer_token_is_nothing_and_what_cannot_be_read_is_400() {
        assert!(matches!(authorization(&HeaderMap::new()), Ok(Authorization::Nothing)));
        assert!(matches!(bearer("Basic eDp5"), Ok(Authorization::NoBearer)));
        assert!(matches!(bearer("Bearer "), Ok(Authorization::NoBearer)));
        assert_eq!(bearer("Bearer two words").unwrap_err(), 400);
        assert!(in_body(b"").unwrap().is_none() && in_body(b"{}").unwrap().is_none());
        for body in [&b"job_token=x"[..], b"{\"job_token\":\"\"}", b"{\"job_token\":\"a\\u0000b\"}"] {
            assert_eq!(in_body(body).unwrap_err().status().as_u16(), 400, "{body:?}");
        }
        assert_eq!(job_token(&headers(&[("job-token", "")])).unwrap_err().status().as_u16(), 400);
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        let twice: HeaderMap = headers(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]);
        assert_eq!(twice.len(), 2);
        assert_eq!(authorization(&twice).unwrap_err().status().as_u16(), 400);
        let twice = headers(&[("job-token", "a"), ("job-token", "a")]);
        assert_eq!(job_token(&twice).unwrap_err().status().as_u16(), 400);
    }
}
