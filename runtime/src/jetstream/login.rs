//! What a process shows nats-server at each connection: its secrets as they are by then. One that was given as a file may
//! have changed since the last connection; nats-server itself sends away whom it does not know any more.

use std::{future::ready, path::Path};

use async_nats::{Auth, AuthError, ConnectOptions};
use nkeys::KeyPair;
use secrecy::ExposeSecret;

use super::connect::Nats;
use crate::secret::Secret;

/// The secrets that settings name.
#[derive(Debug)]
pub(super) struct Login {
    creds: Option<Secret>,
    token: Option<Secret>,
    user: Option<(String, Secret)>,
}

impl Login {
    /// Nothing where the settings name no secret: the address may hold one.
    ///
    /// # Errors
    /// Why the credentials file cannot be used.
    pub(super) fn of(nats: &Nats) -> Result<Option<Self>, String> {
        let creds = nats.creds.as_deref().map(credentials).transpose()?;
        let user = nats.user.clone().zip(nats.password.clone());
        let login = Self { creds, token: nats.token.clone(), user };
        let is_one = login.creds.is_some() || login.token.is_some() || login.user.is_some();
        Ok(is_one.then_some(login))
    }

    pub(super) fn options(self) -> ConnectOptions {
        ConnectOptions::with_auth_callback(move |nonce| ready(self.auth(&nonce)))
    }

    fn auth(&self, nonce: &[u8]) -> Result<Auth, AuthError> {
        let mut auth = Auth::new();
        if let Some(creds) = &self.creds {
            let (jwt, key) = parse(&now(creds)).map_err(AuthError::new)?;
            auth.signature = Some(key.sign(nonce).map_err(AuthError::new)?);
            auth.jwt = Some(jwt);
        }
        auth.token = self.token.as_ref().map(now);
        if let Some((user, password)) = &self.user {
            (auth.username, auth.password) = (Some(user.clone()), Some(now(password)));
        }
        Ok(auth)
    }
}

fn now(secret: &Secret) -> String {
    secret.reload();
    secret.current().expose_secret().to_owned()
}

fn credentials(file: &Path) -> Result<Secret, String> {
    let problem =
        |error: &dyn std::fmt::Display| format!("NATS_CREDS {} cannot be used: {error}", file.display());
    let creds = Secret::of_file(file).map_err(|error| problem(&error))?;
    parse(creds.current().expose_secret()).map_err(|error| problem(&error))?;
    Ok(creds)
}

/// The JWT and the key of a credentials file: each is the line after one of dashes that names it.
/// <https://docs.nats.io/using-nats/developer/connecting/creds>
fn parse(creds: &str) -> Result<(String, KeyPair), String> {
    let block = |name: &str| {
        let mut lines = creds.lines().map(str::trim);
        lines.find(|line| line.starts_with("---") && line.contains(name))?;
        lines.find(|line| !line.is_empty())
    };
    let jwt = block("BEGIN NATS USER JWT").ok_or("it holds no user JWT")?;
    let seed = block("BEGIN USER NKEY SEED").ok_or("it holds no seed of a user's key")?;
    let key = KeyPair::from_seed(seed).map_err(|error| format!("its seed is none: {error}"))?;
    Ok((jwt.to_owned(), key))
}
