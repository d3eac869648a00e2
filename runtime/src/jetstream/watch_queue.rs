//! How full a stage's queue is, told to the metrics.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;

use super::Stage;
use crate::Runtime;

/// How often the server is asked.
const PERIOD: Duration = Duration::from_secs(5);

/// Keeps the queue's figures up to date until the life ends.
pub async fn watch_queue<S: Stage>(runtime: Runtime) {
    loop {
        if let Err(error) = look::<S>(&runtime).await {
            tracing::debug!(stage = S::NAME, %error, "the queue's figures are out of date");
        }
        tokio::select! {
            () = runtime.lifecycle.stopping() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

async fn look<S: Stage>(runtime: &Runtime) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let context = runtime.jetstream.context();
    let mut consumer: PullConsumer = context.get_consumer_from_stream(S::NAME, S::STREAM).await?;
    let state = context.get_stream(S::STREAM).await?.cached_info().state.clone();
    let info = consumer.info().await?;
    let in_hand = u64::try_from(info.num_ack_pending).unwrap_or_default();
    let published = jiff::Timestamp::from_nanosecond(state.first_timestamp.unix_timestamp_nanos())?;
    let age = if state.messages == 0 {
        jiff::SignedDuration::ZERO
    } else {
        runtime.clock.now().duration_since(published)
    };
    let age = Duration::try_from(age).unwrap_or_default();
    runtime.metrics.set_queue(S::NAME, info.num_pending, in_hand, age);
    Ok(())
}
