//! nginx in front of guassp: that it takes the example, and what passes through it.

mod addresses;
mod config;
mod limits;
mod passing;

use std::net::SocketAddr;

use e2e::Scene;

use crate::nginx::{Nginx, Site};

/// Where a server of the sandbox or of a stack listens.
fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("an address")
}

/// nginx in front of a scene's gateway and of its SonarQube.
async fn nginx(scene: &Scene) -> Nginx {
    let gateway = address(&scene.stack.gateway);
    Site::new([gateway, gateway], address(scene.model().url())).start().await
}
