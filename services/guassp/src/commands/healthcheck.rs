//! `guassp healthcheck`: whether the process on this machine is ready, for `HEALTHCHECK` of a container.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use reqwest::header::HeaderMap;
use runtime::{
    http::{Call, Client, Limits},
    metrics::Metrics,
};
use url::Url;

use crate::{exit::Failed, settings::Settings};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(settings: &Settings) -> Result<(), Failed> {
    let address = settings.admin_address();
    let host = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    let url: Url = format!("http://{}", std::net::SocketAddr::new(host, address.port()))
        .parse()
        .map_err(Failed::because)?;
    let limits = Limits { connect_timeout: PATIENCE, timeout: PATIENCE, max_answer_bytes: 64 << 10 };
    let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
    let client = Client::new("guassp", &url, HeaderMap::new(), &limits, metrics).map_err(Failed::because)?;
    client
        .call(Call::get("/ready", "/ready"))
        .await
        .map_err(|failure| Failed::because(format!("not ready: {failure}")))?;
    println!("ready");
    Ok(())
}
