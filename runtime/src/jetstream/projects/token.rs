//! What is known of the tokens that this system signs in with. Each is written by whoever holds it.

use proto::{TokenState, subject};

use super::Projects;
use crate::jetstream::KvError;

impl Projects {
    /// What is known of the token for `system`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn token(&self, system: &str) -> Result<Option<TokenState>, KvError> {
        self.bucket.load_readable(&subject::token_key(system)).await
    }

    /// What is known of every token.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn tokens(&self) -> Result<Vec<TokenState>, KvError> {
        let mut found = self.bucket.all::<TokenState>(subject::TOKEN).await?;
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found.into_iter().map(|(_, state)| state).collect())
    }

    /// Writes what is known now, and tells whether nobody else has told people of more than `told_before` meanwhile.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn note_token(&self, state: &TokenState, told_before: Option<u16>) -> Result<bool, KvError> {
        let mut first = true;
        let note = |found: Option<&TokenState>| {
            first = found.and_then(|found| found.told) == told_before;
            Some(state.clone())
        };
        self.bucket.change(&subject::token_key(&state.system), note).await?;
        Ok(first)
    }
}
