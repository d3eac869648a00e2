//! CI jobs by their ID token (`id_tokens:` in a pipeline): verified here, without a call to GitLab.
//!
//! GitLab signs with the published keys also the tokens of people who sign in, so a signature alone proves no job:
//! the audience must be ours, and the claims must name a job. An ID token outlives its job, up to the job's time limit.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Validation, dangerous::insecure_decode_claims, decode, decode_header};
use proto::{Cause, ProjectId, UserId};
use runtime::{clock::Clock, http::Limits, metrics::Metrics};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use url::Url;

use super::{
    IdTokenConfig, Job,
    count::{Kind, Outcome, Verdicts},
    keys::{Keys, NoKey, Source},
};
use crate::{StartError, problem::Problem};

/// Verifies ID tokens.
#[derive(Debug)]
pub(super) struct IdTokens {
    audience: String,
    issuer: String,
    clock_skew: i64,
    keys: Keys,
    clock: Clock,
    verdicts: Verdicts,
}

/// The claims that make a token the ID token of a job, whatever they say.
#[derive(Deserialize)]
struct Marks {
    job_id: Option<IgnoredAny>,
    pipeline_id: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    /// Seconds since 1970, as `nbf`.
    exp: i64,
    nbf: i64,
    job_id: Id,
    pipeline_id: Id,
    /// In the pipeline of a merge request from a fork this is the fork.
    project_id: Option<Id>,
    /// The project that runs the job (GitLab 18.4 and newer).
    job_project_id: Option<Id>,
    /// Empty when nobody caused the job.
    user_id: Option<Id>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// GitLab writes ids as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(u64),
    Text(String),
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unreadable,
    Algorithm,
    Issuer,
    Audience,
    Expired,
    NotYetValid,
    UnknownKey,
    Signature,
    NoJob,
}

/// Whether the token is one that names a job, and so is not GitLab's to judge. Nothing of it is believed by this.
pub(super) fn is_id_token(token: &str) -> bool {
    let marks = insecure_decode_claims::<Marks>(token);
    marks.is_ok_and(|marks| marks.job_id.is_some() && marks.pipeline_id.is_some())
}

/// What the ID token of a job is answered where ID tokens are not taken.
pub(super) fn switched_off() -> Problem {
    Problem::unauthorized(
        "ID tokens are switched off here: send $CI_JOB_TOKEN, or have the setting gateway.id_tokens.audience set",
    )
}

impl IdTokens {
    /// `None` when no audience is configured.
    pub(super) fn new(
        config: IdTokenConfig,
        gitlab: &Url,
        limits: &Limits,
        metrics: &Arc<Metrics>,
        clock: Clock,
        verdicts: Verdicts,
    ) -> Result<Option<Self>, StartError> {
        let IdTokenConfig { audience, issuer, clock_skew } = config;
        let Some(audience) = audience else { return Ok(None) };
        let issuer = issuer.unwrap_or_else(|| gitlab.as_str().trim_end_matches('/').to_owned());
        let url = issuer.parse().map_err(|error| StartError::Issuer { issuer: issuer.clone(), error })?;
        let keys = Keys::new(Source::new(url, limits, metrics.clone())?, clock.clone());
        let clock_skew = SignedDuration::try_from(clock_skew).unwrap_or(SignedDuration::MAX).as_secs();
        Ok(Some(Self { audience, issuer, clock_skew, keys, clock, verdicts }))
    }

    /// The job whose token it is.
    ///
    /// # Errors
    /// 401 when it is refused, 503 when its key is not known and GitLab cannot be asked.
    pub(super) async fn verify(&self, token: &SecretString) -> Result<Job, Problem> {
        let token = token.expose_secret();
        let result = match self.key_id(token) {
            Ok(id) => self.keys.find(&id).await.map(|key| verified(token, &key)),
            Err(refusal) => Ok(Err(refusal)),
        };
        let (outcome, result) = match result {
            Ok(Ok(job)) => (Outcome::Accepted, Ok(job)),
            Ok(Err(refusal)) => (Outcome::Refused, Err(self.problem(refusal))),
            Err(NoKey::Unknown) => (Outcome::Refused, Err(self.problem(Refusal::UnknownKey))),
            Err(NoKey::CannotAsk { retry_after }) => (Outcome::NoVerdict, Err(no_verdict(retry_after))),
        };
        self.verdicts.count(Kind::IdToken, outcome);
        result
    }

    /// The key that the token says it is signed with, if the token's own words are right otherwise: a token that
    /// would be refused anyway makes nobody look for a key.
    fn key_id(&self, token: &str) -> Result<String, Refusal> {
        // An algorithm that is not known, such as none, makes the header unreadable.
        let header = decode_header(token).map_err(|_| Refusal::Algorithm)?;
        if header.alg != Algorithm::RS256 {
            return Err(Refusal::Algorithm);
        }
        self.check(&insecure_decode_claims(token).map_err(|_| Refusal::Unreadable)?)?;
        header.kid.ok_or(Refusal::UnknownKey)
    }

    fn check(&self, claims: &Claims) -> Result<(), Refusal> {
        let Claims { iss, aud, exp, nbf, .. } = claims;
        let now = self.clock.now().as_second();
        if *iss != self.issuer {
            Err(Refusal::Issuer)
        } else if !aud.contains(&self.audience) {
            Err(Refusal::Audience)
        } else if exp.saturating_add(self.clock_skew) <= now {
            Err(Refusal::Expired)
        } else if nbf.saturating_sub(self.clock_skew) > now {
            Err(Refusal::NotYetValid)
        } else {
            Ok(())
        }
    }

    /// What a caller is told. It shows what is expected, and never what the token says.
    fn problem(&self, refusal: Refusal) -> Problem {
        let Self { audience, issuer, .. } = self;
        Problem::unauthorized(match refusal {
            Refusal::Unreadable => {
                "this ID token lacks iss, aud, exp or nbf, or has them in a form of its own".to_owned()
            }
            Refusal::Algorithm => "this ID token is not signed with RS256".to_owned(),
            Refusal::Issuer => format!("this ID token was not issued by {issuer}"),
            Refusal::Audience => {
                format!(
                    "this ID token is for another audience: write aud: {audience} under id_tokens in the pipeline"
                )
            }
            Refusal::Expired => {
                "this ID token has expired: it is good until the time limit of its job".to_owned()
            }
            Refusal::NotYetValid => {
                "this ID token is not valid yet: compare the clock of GitLab with ours".to_owned()
            }
            Refusal::UnknownKey => format!(
                "this ID token is signed with a key that {issuer} does not publish; if GitLab's keys have just changed, post again"
            ),
            Refusal::Signature => "the signature of this ID token is wrong".to_owned(),
            Refusal::NoJob => {
                "this is not the ID token of a CI job: its ids of job, pipeline and project are no numbers"
                    .to_owned()
            }
        })
    }
}

/// The job of a token whose words were found right, if the key has signed them.
fn verified(token: &str, key: &jsonwebtoken::DecodingKey) -> Result<Job, Refusal> {
    let mut signature = Validation::new(Algorithm::RS256);
    // Times are checked by our own clock, and the issuer letter by letter.
    signature.validate_exp = false;
    signature.validate_aud = false;
    signature.required_spec_claims.clear();
    let token = decode::<Claims>(token, key, &signature).map_err(|_| Refusal::Signature)?;
    token.claims.job().ok_or(Refusal::NoJob)
}

impl Claims {
    fn job(&self) -> Option<Job> {
        let project = self.job_project_id.as_ref().or(self.project_id.as_ref())?.number()?;
        let user = match &self.user_id {
            Some(Id::Text(nobody)) if nobody.is_empty() => None,
            Some(id) => Some(UserId(id.number()?)),
            None => None,
        };
        let cause =
            Cause::Job { job: self.job_id.number()?, pipeline: Some(self.pipeline_id.number()?), user };
        Some(Job { project: ProjectId(project), cause })
    }
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl Id {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

fn no_verdict(retry_after: Duration) -> Problem {
    Problem::no_verdict("GitLab cannot be asked for the key of this ID token", retry_after)
}
