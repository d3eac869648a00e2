//! `guassp topology`: creates or updates streams, consumers and buckets. It deletes nothing.

use runtime::{
    config::ConfigError,
    jetstream::{connect, topology},
    readiness::Readiness,
};

use crate::{exit::Failed, settings::Settings};

pub(super) async fn run(settings: &Settings) -> Result<(), Failed> {
    let url =
        settings.nats.url.as_deref().ok_or_else(|| ConfigError::missing("NATS_URL", "nats://nats:4222"))?;
    let latch = Readiness::default().latch("nats");
    let context = connect::connect(&settings.nats, url, "guassp topology", latch).await?;
    for name in topology::apply(&context, &settings.queue).await? {
        println!("{name} is as it should be");
    }
    Ok(())
}
