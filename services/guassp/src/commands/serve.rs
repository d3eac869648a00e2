//! The roles: what a process starts, in which order, and how it stops.

use std::sync::Arc;

use runtime::{
    Runtime,
    admin::Admin,
    clock::Clock,
    config::ConfigError,
    jetstream::{
        JetStream,
        connect::connect,
        server::{Server, program},
        topology,
    },
    lifecycle::Lifecycle,
    live,
    metrics::Metrics,
    readiness::Readiness,
    secret,
};

use crate::{exit::Failed, open_files, settings::Settings};

/// What a process can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Gateway,
    Resolver,
    Applier,
    Notifier,
}

impl Role {
    pub(super) const ALL: [Self; 4] = [Self::Gateway, Self::Resolver, Self::Applier, Self::Notifier];

    const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Resolver => "resolver",
            Self::Applier => "applier",
            Self::Notifier => "notifier",
        }
    }
}

/// Runs `roles` in this process until a signal stops it.
pub(super) async fn run(settings: &Settings, roles: &[Role]) -> Result<(), Failed> {
    check(settings, roles)?;
    let name = match roles {
        [role] => format!("guassp-{}", role.name()),
        _ => "guassp".to_owned(),
    };
    // Dropped last: what is traced while everything stops is exported, too.
    let _telemetry = settings.telemetry(&name, &settings.log)?;
    for variable in settings.without_effect() {
        tracing::warn!(variable, "this variable of the older tool has no effect");
    }
    let life = Lifecycle::default();
    life.stop_on_signals().map_err(Failed::because)?;
    let mut server = own_server(settings, roles).await?;
    let url =
        server.as_ref().map(Server::url).or(settings.nats.url.as_deref()).unwrap_or_default().to_owned();
    let result = tokio::select! {
        result = serve(settings, roles, &life, &url, &name) => result,
        () = end_of(server.as_mut()) => Err(Failed::unavailable("nats-server has ended by itself; its log is in GUASSP_DATA_DIR")),
    };
    // First the services, then the server that holds what they confirmed.
    let in_time = life.end(settings.stop_grace).await;
    if !in_time {
        tracing::warn!("not everything was finished in time; it goes on where it was at the next start");
    }
    if let Some(server) = server {
        server.stop().await;
    }
    tracing::info!("stopped");
    result
}

/// Everything a role needs is asked for before anything is started.
fn check(settings: &Settings, roles: &[Role]) -> Result<(), ConfigError> {
    for role in roles {
        match role {
            Role::Gateway => drop(settings.gateway()?),
            Role::Resolver => drop(settings.resolver()?),
            Role::Applier => drop(settings.applier()?),
            // All in one goes without where it is switched off.
            Role::Notifier if settings.notifier()?.is_none() && roles != Role::ALL => {
                return Err(ConfigError::missing("GUASSP_ISSUES__PROJECT", "acme/guassp"));
            }
            Role::Notifier => {}
        }
    }
    if settings.nats.url.is_none() && roles != Role::ALL {
        return Err(ConfigError::missing("NATS_URL", "nats://nats:4222"));
    }
    Ok(())
}

async fn own_server(settings: &Settings, roles: &[Role]) -> Result<Option<Server>, Failed> {
    if settings.nats.url.is_some() || roles != Role::ALL {
        return Ok(None);
    }
    let folder = settings.data_dir.join("nats");
    let server = Server::start(&program(settings.nats.server_bin.clone()), &folder, None).await?;
    tracing::info!(url = server.url(), folder = %folder.display(), "started a nats-server of its own");
    Ok(Some(server))
}

/// Resolves when the own server has ended by itself; never where there is none.
async fn end_of(server: Option<&mut Server>) {
    match server {
        Some(server) => server.ended().await,
        None => std::future::pending().await,
    }
}

async fn serve(
    settings: &Settings,
    roles: &[Role],
    life: &Lifecycle,
    url: &str,
    name: &str,
) -> Result<(), Failed> {
    let readiness = Readiness::default();
    let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
    let admin = Admin { metrics: metrics.clone(), readiness: readiness.clone() };
    let address = settings.admin_address();
    admin.serve(address, life).await.map_err(|error| {
        Failed::config(format!("EXPORTER_LISTEN_ADDRESS, EXPORTER_LISTEN_PORT: {address} cannot be listened on ({error}): choose another"))
    })?;

    let context = connect(&settings.nats, url, name, readiness.latch("nats")).await?;
    if roles == Role::ALL {
        topology::apply(&context, &settings.queue).await?;
    }
    let clock = Clock::system();
    let jetstream = JetStream::bind(context, clock.clone(), metrics.clone()).await?;
    let runtime = Runtime { lifecycle: life.clone(), clock, readiness, metrics, jetstream };
    life.spawn(live::announce(name.to_owned(), runtime.clone()));
    for role in roles {
        start(settings, *role, &runtime).await?;
    }
    life.spawn(secret::watch(settings.secrets(), life.clone()));
    tracing::info!(role = name, version = env!("CARGO_PKG_VERSION"), "started");
    life.stopping().await;
    Ok(())
}

async fn start(settings: &Settings, role: Role, runtime: &Runtime) -> Result<(), Failed> {
    match role {
        Role::Gateway => drop(gateway::start(within_reach(settings.gateway()?), runtime.clone()).await?),
        Role::Resolver => resolver::start(settings.resolver()?, runtime)?,
        Role::Applier => applier::start(settings.applier()?, runtime)?,
        Role::Notifier => match settings.notifier()? {
            Some(config) => notifier::start(&config, runtime)?,
            None => tracing::debug!("issues for people are switched off: issues.project is not set"),
        },
    }
    Ok(())
}

/// Lowers the number of connections to what the system lets this process open: at a connection too many it could not
/// ask GitLab any more.
fn within_reach(mut config: gateway::Config) -> gateway::Config {
    let files = open_files::raise();
    let wanted = config.guard.connections;
    config.guard.fit_into(usize::try_from(files).unwrap_or(usize::MAX));
    if config.guard.connections < wanted {
        tracing::warn!(
            open_files = files,
            connections = config.guard.connections,
            "gateway.limits.connections is lowered to what this process may have open: raise the hard limit (ulimit -Hn)"
        );
    }
    config
}
