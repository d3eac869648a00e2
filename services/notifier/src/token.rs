//! What GitLab says of the token of issues.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use runtime::{
    http::{Call, Client, Failure},
    token::TokenFacts,
};
use serde::Deserialize;

use crate::gitlab::SYSTEM;

const OWN: &str = "/api/v4/personal_access_tokens/self";
const USER: &str = "/api/v4/user";

/// An access token, as it may ask for itself, whatever its scopes.
#[derive(Deserialize)]
pub(crate) struct OwnToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    expires_at: Option<Date>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

impl OwnToken {
    /// The token that the client signs in with.
    pub(crate) async fn read(client: &Client) -> Result<Self, Failure> {
        client.call(Call::get(OWN, OWN)).await?.json(SYSTEM, OWN)
    }

    /// The token is refused from the beginning of that day on, in UTC.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        Some(self.expires_at?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

/// Whose the token is, what it may do and when it ends.
pub(crate) async fn facts(client: &Client) -> Result<TokenFacts, Failure> {
    let token = OwnToken::read(client).await?;
    let user: User = client.call(Call::get(USER, USER)).await?.json(SYSTEM, USER)?;
    let expires_at = token.ends();
    Ok(TokenFacts { account: user.username, scopes: token.scopes, expires_at })
}
