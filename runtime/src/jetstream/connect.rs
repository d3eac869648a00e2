//! Reaching nats-server. Once reached, the connection is kept for ever; the latch tells whether it stands.

use std::{path::PathBuf, time::Duration};

use async_nats::{
    Client, ConnectOptions, Event,
    jetstream::{Context, context::ContextBuilder},
};
use serde::{Deserialize, Serialize};

use super::login::Login;
use crate::{readiness::Latch, secret::Secret};

/// Section `nats`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Nats {
    #[serde(serialize_with = "crate::config::masked_url")]
    /// `nats://host:4222`, or several separated by commas; `tls://` for TLS.
    pub url: Option<String>,
    /// A credentials file (JWT and seed); read anew at each connection, as the files of token and password are.
    pub creds: Option<PathBuf>,
    /// A token.
    #[serde(serialize_with = "crate::config::masked")]
    pub token: Option<Secret>,
    /// User name, with `password`.
    pub user: Option<String>,
    /// Password, with `user`.
    #[serde(serialize_with = "crate::config::masked")]
    pub password: Option<Secret>,
    /// A file with the certificates that the server's is checked against, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The program that is started where no server is named.
    pub server_bin: Option<PathBuf>,
    /// How long the first connection is tried before the process gives up.
    #[serde(with = "crate::config::duration")]
    pub connect_timeout: Duration,
    /// How long one answer of JetStream is waited for.
    #[serde(with = "crate::config::duration")]
    pub request_timeout: Duration,
}

/// nats-server was not reached.
#[derive(Debug, thiserror::Error)]
#[error("nats-server at {url} cannot be reached: {reason}")]
pub struct ConnectError {
    /// Where, without user and password.
    pub url: String,
    /// The transport's words.
    pub reason: String,
    /// What stands in the way.
    pub obstacle: Obstacle,
}

/// What stands between this process and nats-server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody answers there.
    Nobody,
    /// The server does not take the credentials.
    Credentials,
    /// There is no encrypted connection.
    Tls,
    /// The settings cannot be used.
    Settings,
}

/// Connects to `url` under `name`.
///
/// # Errors
/// When nobody answers within `connect_timeout`, or the server refuses the credentials.
pub async fn connect(nats: &Nats, url: &str, name: &str, latch: Latch) -> Result<Context, ConnectError> {
    let failed = |(obstacle, reason)| ConnectError { url: without_credentials(url), reason, obstacle };
    let options = options(nats).map_err(|reason| failed((Obstacle::Settings, reason)))?;
    let options = options.name(name).event_callback(move |event| {
        watch(&latch, &event);
        std::future::ready(())
    });
    let servers: Vec<String> = url.split(',').map(|server| server.trim().to_owned()).collect();
    let client = patient(nats.connect_timeout, servers, options).await.map_err(failed)?;
    Ok(ContextBuilder::new().timeout(nats.request_timeout).build(client))
}

async fn patient(
    patience: Duration,
    servers: Vec<String>,
    options: ConnectOptions,
) -> Result<Client, (Obstacle, String)> {
    let attempts = async {
        loop {
            match options.clone().connect(servers.clone()).await {
                Ok(client) => return Ok(client),
                Err(error) if is_transient(&error) => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(error) => return Err((obstacle(&error), error.to_string())),
            }
        }
    };
    tokio::time::timeout(patience, attempts)
        .await
        .unwrap_or_else(|_| Err((Obstacle::Nobody, format!("nobody answered for {patience:?}"))))
}

fn is_transient(error: &async_nats::ConnectError) -> bool {
    use async_nats::ConnectErrorKind as Kind;
    matches!(error.kind(), Kind::Io | Kind::TimedOut | Kind::Dns)
}

fn obstacle(error: &async_nats::ConnectError) -> Obstacle {
    use async_nats::ConnectErrorKind as Kind;
    match error.kind() {
        Kind::Authentication | Kind::AuthorizationViolation => Obstacle::Credentials,
        Kind::Tls => Obstacle::Tls,
        Kind::ServerParse => Obstacle::Settings,
        Kind::Dns | Kind::TimedOut | Kind::Io | Kind::MaxReconnects => Obstacle::Nobody,
    }
}

fn options(nats: &Nats) -> Result<ConnectOptions, String> {
    let options = Login::of(nats)?.map_or_else(ConnectOptions::new, Login::options);
    Ok(match &nats.ca_file {
        Some(file) => options.add_root_certificates(file.clone()),
        None => options,
    })
}

fn watch(latch: &Latch, event: &Event) {
    match event {
        Event::Connected => latch.set(true),
        Event::Disconnected | Event::Closed => latch.set(false),
        _ => {}
    }
    tracing::info!(%event, "nats connection");
}

fn without_credentials(url: &str) -> String {
    let hidden = |server: &str| match server.rsplit_once('@') {
        Some((_, host)) => host.to_owned(),
        None => server.to_owned(),
    };
    url.split(',').map(hidden).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_no_password() {
        assert_eq!(
            without_credentials("nats://guassp:secret@n1:4222,nats://n2:4222"),
            "n1:4222,nats://n2:4222"
        );
    }
}
