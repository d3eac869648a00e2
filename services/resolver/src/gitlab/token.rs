//! What GitLab says of the token itself.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use runtime::{http::Call, token::TokenFacts};
use serde::Deserialize;

use super::{GitLab, ReadError};

pub(crate) const OWN_TOKEN: &str = "/api/v4/personal_access_tokens/self";

/// An access token, as it may ask for itself, whatever its scopes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OwnToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    expires_at: Option<Date>,
}

impl OwnToken {
    /// The token is refused from the beginning of that day on, in UTC.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        Some(self.expires_at?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

impl GitLab {
    /// Whose the token is, what it may do and when it ends.
    ///
    /// # Errors
    /// When GitLab does not say.
    pub(crate) async fn token(&self) -> Result<TokenFacts, ReadError> {
        let (_, token) = self.get::<OwnToken>(Call::get(OWN_TOKEN, OWN_TOKEN)).await?;
        let account = self.account().await?.username;
        let expires_at = token.ends();
        Ok(TokenFacts { account, scopes: token.scopes, expires_at })
    }
}
