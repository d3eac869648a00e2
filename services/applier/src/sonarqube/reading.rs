//! GET and nothing else, with every failure explained.

use http::HeaderMap;
use runtime::http::{Answer, Call, Client, Failure};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    SYSTEM, SonarQubeError,
    endpoint::{self, Endpoint},
    version,
};

/// Parameters of a call.
pub(super) type Query = Vec<(&'static str, String)>;

/// A client that cannot write.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    client: Client,
}

/// What `system/status` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Status {
    pub(super) version: String,
    pub(super) status: String,
}

impl Reading {
    pub(super) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// The answer as JSON.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        endpoint: &'static Endpoint,
        query: Query,
    ) -> Result<T, SonarQubeError> {
        Ok(self.get_whole(endpoint, query).await?.0)
    }

    /// The answer as JSON, and its headers.
    pub(super) async fn get_whole<T: DeserializeOwned>(
        &self,
        endpoint: &'static Endpoint,
        query: Query,
    ) -> Result<(T, HeaderMap), SonarQubeError> {
        match self.fetch(endpoint, query).await {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.explain(endpoint, failure).await),
        }
    }

    /// The version of a SonarQube that is up and new enough. Only `UP` is: in every other state half of the API is
    /// missing.
    pub(super) async fn status(&self) -> Result<Status, SonarQubeError> {
        let read = self.fetch::<Status>(&endpoint::STATUS, Query::new()).await;
        let (status, _) = read.map_err(|failure| match SonarQubeError::of(&endpoint::STATUS, failure) {
            SonarQubeError::Rejected { failure } => SonarQubeError::Strange { failure },
            error => error,
        })?;
        if status.status != "UP" {
            let found = format!("its status is {}", status.status);
            return Err(SonarQubeError::NotReady { found, retry_after: None });
        }
        version::check(&status.version)?;
        Ok(status)
    }

    /// What `failure` means. A 404 that does not say what is missing is looked into: while SonarQube migrates its
    /// database, calls that it has otherwise answer 404 `Unknown url`, and nothing may be concluded from that.
    pub(super) async fn explain(&self, endpoint: &Endpoint, failure: Failure) -> SonarQubeError {
        match SonarQubeError::of(endpoint, failure) {
            SonarQubeError::Rejected { failure } if is_missing(&failure) => match self.status().await {
                Ok(status) => SonarQubeError::UnknownCall { failure, version: status.version },
                Err(error) => error,
            },
            error => error,
        }
    }

    async fn fetch<T: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        query: Query,
    ) -> Result<(T, HeaderMap), Failure> {
        let call = Call::get(endpoint.route, endpoint.route);
        let name = call.name();
        let call = query.into_iter().fold(call, |call, (parameter, value)| call.query(parameter, value));
        let answer: Answer = self.client.call(call).await?;
        Ok((answer.json(SYSTEM, &name)?, answer.headers))
    }
}

const fn is_missing(failure: &Failure) -> bool {
    matches!(failure.kind, runtime::http::FailureKind::Missing { .. })
}
