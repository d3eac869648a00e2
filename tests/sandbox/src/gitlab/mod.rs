//! A stateful GitLab: people, groups, projects, jobs, tokens, and the API calls that a synchroniser makes.

mod app;
mod auth;
mod clock;
mod effective;
mod etag;
mod events;
mod fields;
mod group_api;
mod group_change;
mod group_write;
mod hook_api;
mod hook_test_api;
mod hooks;
mod id_token;
mod issue;
mod issue_api;
mod job_api;
mod jobs;
mod json;
mod limit;
mod listing;
mod member_change;
mod member_read;
mod member_write;
mod membership_list;
mod model;
mod oidc_api;
mod opened;
mod page;
mod project_api;
mod project_change;
mod project_write;
mod samples;
mod seed;
mod share_api;
mod signing;
mod token_api;
mod tokens;
mod user_change;
mod user_write;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tokio_util::task::TaskTracker;

pub use events::Ref;
pub use hooks::{AlertStatus, Attempt, Delivery, Hook, HookOwner, Hooks, Weather, sign};
pub use id_token::IdToken;
pub use issue::Issue;
pub use limit::{LimitStyle, RateLimit};
pub use model::{
    Group, Job, JobStatus, Link, Membership, MembershipState, Place, Project, Token, TokenState, User,
    UserState, Visibility, level,
};
pub use opened::Opened;
pub use samples::{Sample, samples};
pub use signing::{SignedBy, Signer};
pub use world::World;

use crate::fault::Faults;
use crate::journal::{RecordedRequest, Write};
use crate::probe::{Probe, observe};
use crate::server::{Server, listen};
use app::App;
use hooks::Courier;

/// A running GitLab; stops on drop.
#[derive(Debug)]
pub struct GitLab {
    app: Arc<App>,
    url: String,
    server: Server,
}

impl GitLab {
    /// Starts an empty GitLab on a free port of the loopback address.
    pub async fn start() -> std::io::Result<Self> {
        Self::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Self::serve(address, World::default()).await
    }

    /// Starts with this world; give it the world of a stopped one to model a restart.
    pub async fn serve(address: SocketAddr, mut world: World) -> std::io::Result<Self> {
        let (listener, url) = listen(address).await?;
        let probe = Arc::new(Probe::default());
        let shown = world.external_url.clone().unwrap_or_else(|| url.clone());
        world.url.clone_from(&shown);
        // Nobody is told of what was before there was a server.
        world.hooks.outbox.clear();
        let (courier, deliveries) = Courier::new()?;
        let app = Arc::new(App::new(world, shown, Arc::clone(&probe), courier));
        TaskTracker::new().spawn(hooks::run(Arc::clone(&app), deliveries, probe.stop.clone()));
        let router = routes(Arc::clone(&app))
            .layer(middleware::from_fn(etag::tag))
            .layer(middleware::from_fn_with_state(Arc::clone(&probe), observe))
            .layer(middleware::from_fn_with_state(Arc::clone(&app), clock::date));
        let server = Server::start(listener, router, probe.stop.clone());
        Ok(Self { app, url, server })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The state, locked: let go of the guard before the next call, and never take two at once.
    pub fn world(&self) -> Opened<'_> {
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

    /// Every change made over HTTP so far, in the order in which they took effect.
    pub fn writes(&self) -> Vec<Write> {
        let writes = self.world().writes.clone();
        self.app.probe.journal.timed(&writes)
    }

    /// Every delivery to a hook so far, in the order in which the world changed.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.app.courier.deliveries()
    }

    /// Waits until every delivery is through, however often and late it is sent; `false` when that takes longer.
    pub async fn delivered(&self, limit: Duration) -> bool {
        self.app.courier.all_through(limit).await
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

fn routes(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/version", get(token_api::version))
        .merge(token_api::routes())
        .merge(job_api::routes())
        .merge(project_api::routes())
        .merge(group_api::routes())
        .merge(member_read::routes())
        .merge(member_write::routes())
        .merge(share_api::routes())
        .merge(issue_api::routes())
        .merge(project_write::routes())
        .merge(group_write::routes())
        .merge(user_write::routes())
        .merge(membership_list::routes())
        .merge(hook_api::routes())
        .merge(hook_test_api::routes())
        .fallback(app::not_found)
        .method_not_allowed_fallback(app::method_not_allowed);
    Router::new().nest("/api/v4", api).merge(oidc_api::routes()).with_state(app)
}
