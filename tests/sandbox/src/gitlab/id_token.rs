//! The ID tokens that GitLab gives to CI jobs (`id_tokens:` in a pipeline), and those of OIDC sign-ins.
//!
//! Every claim can be bent before the token is signed. A token stays good when its job has ended, as the real ones do.

use serde_json::{Map, Value, json};

use super::model::{Job, Project, level};
use super::signing::SignedBy;
use super::world::World;

const HOUR: i64 = 3600;
/// Clocks differ: GitLab dates its tokens back by this much, in seconds.
const BACKDATED: i64 = 5;

/// An ID token before it is signed; give it to [`World::sign`].
#[derive(Debug, Clone)]
pub struct IdToken {
    pub claims: Map<String, Value>,
    by: SignedBy,
}

impl IdToken {
    /// With another value of this claim.
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    /// Ended this many seconds before it was issued.
    #[must_use]
    pub fn expired(self, seconds: i64) -> Self {
        let end = self.issued_at() - seconds;
        self.with("iat", end - HOUR).with("nbf", end - HOUR - BACKDATED).with("exp", end)
    }

    /// Begins this many seconds after it was issued.
    #[must_use]
    pub fn not_yet_valid(self, seconds: i64) -> Self {
        let begin = self.issued_at() + seconds;
        self.with("iat", begin).with("nbf", begin).with("exp", begin + HOUR)
    }

    /// Seconds since 1970; `iat` as GitLab has set it.
    fn issued_at(&self) -> i64 {
        self.claims.get("iat").and_then(Value::as_i64).unwrap_or_default()
    }

    #[must_use]
    pub fn signed_by(self, by: SignedBy) -> Self {
        Self { by, ..self }
    }

    /// As in a merge request's pipeline from a fork: the plain claims name the fork, `job_…` the project that runs the
    /// job.
    #[must_use]
    pub fn from_fork(self, fork: u64, path: &str) -> Self {
        self.with("project_id", fork.to_string()).with("project_path", path)
    }

    /// As GitLab before 18.4 wrote it.
    #[must_use]
    pub fn without_job_project(self) -> Self {
        ["job_project_id", "job_project_path", "job_namespace_id", "job_namespace_path"]
            .into_iter()
            .fold(self, Self::without)
    }
}

impl World {
    /// Starts a job and gives its ID token.
    ///
    /// # Panics
    /// When there is no such project.
    pub fn id_token(&mut self, project: u64, user: u64, audience: &str) -> String {
        let token = self.start_job(project, user);
        self.sign(&self.id_token_of(&token, audience).expect("a project"))
    }

    /// What the running job with this job token would get as ID token.
    pub fn id_token_of(&self, job_token: &str, audience: &str) -> Option<IdToken> {
        let job = self.job_of(job_token)?;
        let project = self.projects.get(&job.project)?;
        let parts = [
            self.issued(audience, HOUR, job.id),
            self.user_claims(job),
            self.project_claims(project),
            pipeline_claims(job),
        ];
        let mut claims: Map<String, Value> = parts.into_iter().filter_map(object).flatten().collect();
        let path = &project.path_with_namespace;
        claims.insert("sub".to_owned(), format!("project_path:{path}:ref_type:branch:ref:main").into());
        Some(IdToken { claims, by: SignedBy::Ci })
    }

    /// What a person who signs in somewhere by OIDC gets: no job is named in it.
    pub fn login_token(&self, user: u64, audience: &str) -> IdToken {
        let mut claims = object(self.issued(audience, 120, user)).unwrap_or_default();
        claims.insert("sub".to_owned(), user.to_string().into());
        claims.insert("nickname".to_owned(), self.username(user).into());
        IdToken { claims, by: SignedBy::Login }
    }

    pub fn sign(&self, token: &IdToken) -> String {
        self.signer(token.by).sign(&token.claims)
    }

    /// Valid for so many seconds from now; `serial` tells the tokens of a moment apart.
    fn issued(&self, audience: &str, seconds: i64, serial: u64) -> Value {
        let now = self.now().as_second();
        json!({
            "iss": self.url, "aud": audience, "iat": now, "nbf": now - BACKDATED, "exp": now + seconds,
            "jti": format!("{now:08x}-3b8e-4c55-9a3f-{serial:012x}"),
        })
    }

    fn user_claims(&self, job: &Job) -> Value {
        let user = self.users.get(&job.user);
        let level = self.effective(job.project).get(&job.user).copied().unwrap_or_default();
        json!({
            "user_id": user.map(|user| user.id.to_string()).unwrap_or_default(),
            "user_login": user.map(|user| &user.username), "user_email": user.map(|user| &user.email),
            "user_access_level": role(level), "groups_direct": self.direct_groups(job.user),
        })
    }

    fn direct_groups(&self, user: u64) -> Vec<&str> {
        let rows = self.memberships.iter().filter(|row| row.user == Some(user));
        let group = |place: &_| match place {
            super::Place::Group(group) => self.groups.get(group),
            super::Place::Project(_) => None,
        };
        rows.filter_map(|row| group(&row.place)).map(|group| group.full_path.as_str()).collect()
    }

    fn project_claims(&self, project: &Project) -> Value {
        let path = &project.path_with_namespace;
        let namespace = path.rsplit_once('/').map_or("", |(namespace, _)| namespace);
        let (id, namespace_id) = (project.id.to_string(), self.namespace_id(project).to_string());
        json!({
            "project_id": id, "project_path": path,
            "namespace_id": namespace_id, "namespace_path": namespace,
            "job_project_id": id, "job_project_path": path,
            "job_namespace_id": namespace_id, "job_namespace_path": namespace,
            "project_visibility": project.visibility.to_string(),
            "ci_config_ref_uri": format!("{path}//.gitlab-ci.yml@refs/heads/main"),
        })
    }
}

fn pipeline_claims(job: &Job) -> Value {
    let sha = "0ff3ae198f8601a285adcf5c0fff204ee6fba5fd";
    json!({
        "pipeline_id": job.pipeline().to_string(), "pipeline_source": "push", "job_id": job.id.to_string(),
        "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true", "sha": sha,
        "runner_id": 1, "runner_environment": "self-hosted", "ci_config_sha": sha,
    })
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// GitLab's word for an access level.
fn role(level: u16) -> Option<&'static str> {
    match level {
        level::GUEST => Some("guest"),
        level::PLANNER => Some("planner"),
        level::REPORTER => Some("reporter"),
        level::DEVELOPER => Some("developer"),
        level::MAINTAINER => Some("maintainer"),
        level::OWNER => Some("owner"),
        _ => None,
    }
}
