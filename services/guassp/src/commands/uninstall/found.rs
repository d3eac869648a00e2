//! What this installation has put anywhere: hooks in GitLab, temporary templates in SonarQube, streams and buckets on
//! nats-server. Only what this machine has settings for can be looked at.

use std::{collections::BTreeMap, fmt::Display, sync::Arc};

use applier::uninstall::Templates;
use async_nats::jetstream::Context;
use proto::subject;
use resolver::hooks::{Choice, Done, Hooks, Mode, Outcome, Places, Wanted};
use runtime::{
    jetstream::{connect::connect, topology},
    live,
    metrics::Metrics,
    readiness::Readiness,
};

use super::{
    Arguments,
    told::{Item, Told},
};
use crate::{commands::ask::nats_url, exit::Failed, settings::Settings};

/// Why streams stay: GitLab goes on calling, and what it sends has to be taken.
const HOOKS_FIRST: &str =
    "the streams stay while hooks cannot be looked at; --without-hooks takes them all the same";

/// What was found.
pub(super) struct Found {
    hooks: Option<OwnHooks>,
    templates: Option<Templates>,
    streams: Option<(Context, Vec<String>)>,
    /// How many processes of each name run.
    running: BTreeMap<String, usize>,
    not_looked_at: Vec<String>,
    out_of_reach: usize,
}

struct OwnHooks {
    hooks: Hooks,
    wanted: Wanted,
    places: Places,
    looked: Vec<Done>,
}

impl OwnHooks {
    fn found(&self) -> impl Iterator<Item = &Done> {
        self.looked.iter().filter(|done| done.result != Outcome::Failed)
    }

    /// The places that could not be looked at.
    fn failed(&self) -> impl Iterator<Item = String> {
        let failed = self.looked.iter().filter(|done| done.result == Outcome::Failed);
        failed.map(|done| format!("{}: {}", done.place, done.details.join("; ")))
    }
}

/// What was not looked at, and of how much of it something may be left.
#[derive(Default)]
struct Missed {
    not_looked_at: Vec<String>,
    out_of_reach: usize,
}

impl Missed {
    fn unless<T>(&mut self, what: &str, result: Result<T, Failed>) -> Option<T> {
        match result {
            Ok(found) => Some(found),
            // What this machine has no settings for is another's.
            Err(error) if error.is_about_settings() => {
                self.not_looked_at.push(format!("{what}: {error}"));
                None
            }
            Err(error) => {
                self.add(what, error);
                None
            }
        }
    }

    fn add(&mut self, what: &str, why: impl Display) {
        self.not_looked_at.push(format!("{what}: {why}"));
        self.out_of_reach += 1;
    }
}

impl Found {
    pub(super) async fn look(settings: &Settings, arguments: &Arguments) -> Self {
        let mut missed = Missed::default();
        let hooks = missed.unless("GitLab", own_hooks(settings, arguments.choice()).await);
        for failed in hooks.iter().flat_map(OwnHooks::failed) {
            missed.add("GitLab", failed);
        }
        // Whoever has said where GitLab calls may have hooks.
        let hooks_may_be_left = settings.hooks().is_ok_and(|hooks| hooks.is_some())
            && (hooks.is_none() || missed.out_of_reach > 0);
        let templates = missed.unless("SonarQube", templates(settings).await);
        let store = missed.unless("nats-server", store(settings, arguments.keep_audit).await);
        let (mut streams, running) = store.unzip();
        if hooks_may_be_left && !arguments.without_hooks && streams.take().is_some() {
            missed.add("nats-server", HOOKS_FIRST);
        }
        let Missed { not_looked_at, out_of_reach } = missed;
        Self { hooks, templates, streams, running: running.unwrap_or_default(), not_looked_at, out_of_reach }
    }

    /// What has to be stopped first, as it would go on with what is taken away; none where nothing runs.
    pub(super) fn still_runs(&self) -> Option<String> {
        let named = self.running.iter().map(|(name, count)| match count {
            1 => name.clone(),
            count => format!("{count} x {name}"),
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.told().items.is_empty()
    }

    pub(super) fn told(&self) -> Told {
        let hooks = self.hooks.iter().flat_map(OwnHooks::found).map(|done| Item::found("GitLab", name(done)));
        let templates = self.templates.iter().flat_map(Templates::names).map(template);
        let streams = self.streams.iter().flat_map(|(_, names)| names);
        let streams = streams.map(|name| Item::found("nats-server", stream(name)));
        let items = hooks.chain(templates).chain(streams).collect();
        Told { items, not_looked_at: self.not_looked_at.clone(), out_of_reach: self.out_of_reach }
    }

    /// First what calls this system, then what it has left elsewhere, its own store last.
    pub(super) async fn remove(self) -> Told {
        let mut items = Vec::new();
        if let Some(OwnHooks { hooks, wanted, places, .. }) = self.hooks {
            let done = hooks.remove(&wanted, &places, Mode::Apply).await;
            items.extend(done.iter().map(|done| {
                let removed = done.result == Outcome::Removed;
                let result = if removed { Ok(()) } else { Err(done.details.join("; ")) };
                Item::removed("GitLab", name(done), result)
            }));
        }
        if let Some(templates) = self.templates {
            let removed = templates.remove().await.into_iter();
            items.extend(removed.map(|(name, result)| Item {
                removed: Some(result.is_ok()),
                reason: result.err(),
                ..template(&name)
            }));
        }
        if let Some((context, names)) = self.streams {
            for name in names {
                let result = topology::remove(&context, &name).await.map_err(|error| error.to_string());
                items.push(Item::removed("nats-server", stream(&name), result));
            }
        }
        Told { items, not_looked_at: self.not_looked_at, out_of_reach: self.out_of_reach }
    }
}

fn name(done: &Done) -> String {
    match done.hook {
        Some(hook) => format!("hook {hook} at {}", done.place),
        None => format!("hooks at {}", done.place),
    }
}

fn template(name: &str) -> Item {
    Item::found("SonarQube", format!("permission template \"{name}\""))
}

fn stream(name: &str) -> String {
    match name.strip_prefix("KV_") {
        Some(bucket) => format!("bucket {bucket}"),
        None => format!("stream {name}"),
    }
}

async fn own_hooks(settings: &Settings, choice: Choice) -> Result<OwnHooks, Failed> {
    let wanted = settings.hooks_to(None)?;
    let metrics = Arc::new(Metrics::new().map_err(Failed::because)?);
    let hooks = Hooks::new(&settings.gitlab_client()?, metrics)?;
    let places = hooks.places(&choice).await?;
    let looked = hooks.remove(&wanted, &places, Mode::DryRun).await;
    Ok(OwnHooks { hooks, wanted, places, looked })
}

async fn templates(settings: &Settings) -> Result<Templates, Failed> {
    Templates::find(&settings.sonarqube_client()?).await?.map_err(Failed::because)
}

/// Streams and buckets, and who runs on them.
async fn store(
    settings: &Settings,
    keep_audit: bool,
) -> Result<((Context, Vec<String>), BTreeMap<String, usize>), Failed> {
    let url = nats_url(settings).ok_or_else(|| Failed::config("NATS_URL is not set"))?;
    let latch = Readiness::default().latch("nats");
    let context = connect(&settings.nats, &url, "guassp uninstall", latch).await?;
    let mut names = topology::present(&context).await?;
    names.retain(|name| !keep_audit || name != subject::EVENTS);
    let running = live::running(&context.client()).await.map_err(Failed::unavailable)?;
    Ok(((context, names), running))
}
