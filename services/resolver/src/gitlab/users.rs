//! People whom no list of members shows.

use proto::UserId;
use runtime::http::{Call, FailureKind};
use serde::Deserialize;

use super::{GitLab, ReadError};

const USERS: &str = "/api/v4/users";
const USER: &str = "/api/v4/users/:id";

#[derive(Deserialize)]
struct User {
    id: UserId,
    username: String,
}

impl GitLab {
    /// The person of this username, or of this id where it is a number and nobody's username.
    ///
    /// # Errors
    /// When GitLab gives no whole answer.
    pub(crate) async fn user(&self, name: &str) -> Result<Option<(UserId, String)>, ReadError> {
        let (_, named): (_, Vec<User>) = self.get(Call::get(USERS, USERS).query("username", name)).await?;
        // A proxy may lose the query.
        let named = named.into_iter().find(|user| user.username.eq_ignore_ascii_case(name));
        let found = match (named, name.parse::<u64>()) {
            (Some(user), _) => Some(user),
            (None, Ok(id)) => self.user_of_id(id).await?,
            (None, Err(_)) => None,
        };
        Ok(found.map(|user| (user.id, user.username)))
    }

    async fn user_of_id(&self, id: u64) -> Result<Option<User>, ReadError> {
        match self.get(Call::get(USER, format!("{USERS}/{id}"))).await {
            Ok((_, user)) => Ok(Some(user)),
            Err(ReadError::Call(failure)) if matches!(failure.kind, FailureKind::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
