//! A stateful SonarQube (Community Build 26.8): people, groups, projects, permissions, templates, bindings.

mod alm_api;
mod app;
mod auth;
mod change;
mod dop_api;
mod front;
mod group_v1;
mod group_v2;
mod model;
mod page;
mod params;
mod permission_read;
mod permission_write;
mod project_api;
mod rights;
mod seed;
mod settings_api;
mod system_api;
mod template_api;
mod template_fill;
mod template_read;
mod token_api;
mod user_change;
mod user_v1;
mod user_v2;
mod visibility;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, MutexGuard};

use axum::{Router, middleware};

pub use model::{
    ANYONE, ARCHITECTURE_ADMIN, Binding, DopSetting, Grantee, Grants, Group, Mode, PROJECT_PERMISSIONS,
    Project, SONAR_ADMINISTRATORS, SONAR_USERS, Template, Token, TokenKind, User, Visibility,
};
pub use world::World;

use crate::fault::Faults;
use crate::journal::{RecordedRequest, Write};
use crate::probe::{Probe, observe};
use crate::server::{Server, listen};
use app::App;

/// A running SonarQube; stops on drop.
#[derive(Debug)]
pub struct SonarQube {
    app: Arc<App>,
    url: String,
    server: Server,
}

impl SonarQube {
    /// Starts a fresh installation on a free port of the loopback address: `admin`/`admin`, no projects.
    pub async fn start() -> std::io::Result<Self> {
        Self::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Self::serve(address, World::default()).await
    }

    /// Starts with this world; give it the world of a stopped one to model a restart.
    pub async fn serve(address: SocketAddr, world: World) -> std::io::Result<Self> {
        let (listener, url) = listen(address).await?;
        let probe = Arc::new(Probe::default());
        let app = Arc::new(App::new(world, Arc::clone(&probe)));
        let router = routes(&app).layer(middleware::from_fn_with_state(Arc::clone(&probe), observe));
        let server = Server::start(listener, router, probe.stop.clone());
        Ok(Self { app, url, server })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The state, locked: let go of the guard before the next call, and never take two at once.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.app.world()
    }

    /// Several changes at once; nobody sees them half done.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world())
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.app.probe.journal.all()
    }

    /// Every change asked for over HTTP and accepted, in the order in which they took effect.
    pub fn writes(&self) -> Vec<Write> {
        let writes = self.world().writes.clone();
        self.app.probe.journal.timed(&writes)
    }

    pub fn faults(&self) -> &Faults {
        &self.app.probe.faults
    }

    /// Stops, and gives the world back.
    pub async fn stop(self) -> World {
        let Self { app, server, .. } = self;
        server.stop().await;
        app.take_world()
    }
}

fn routes(app: &Arc<App>) -> Router {
    let first = Router::new()
        .merge(system_api::routes())
        .merge(permission_read::routes())
        .merge(permission_write::routes())
        .merge(template_api::routes())
        .merge(template_fill::routes())
        .merge(template_read::routes())
        .merge(project_api::routes())
        .merge(settings_api::routes())
        .merge(visibility::routes())
        .merge(user_v1::routes())
        .merge(group_v1::routes())
        .merge(token_api::routes())
        .merge(alm_api::routes());
    let second = Router::new()
        .merge(user_v2::routes())
        .merge(user_change::routes())
        .merge(group_v2::routes())
        .merge(dop_api::routes())
        .layer(middleware::map_response(front::second_version_errors));
    first
        .merge(second)
        .fallback(front::unknown_url)
        .method_not_allowed_fallback(front::wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(app), front::gatekeeper))
        .with_state(Arc::clone(app))
}
