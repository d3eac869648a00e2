//! What is there, compared with what this build relies on; and taking it away for good.

use async_nats::jetstream::{
    Context, ErrorCode,
    consumer::pull,
    context::{GetStreamError, GetStreamErrorKind},
    stream::{Config, ConsumerError, ConsumerErrorKind},
};

use super::{Queue, TopologyError, check_version, consumers, refused, streams};

/// Compares what is there with what this build relies on. Sizes, ages and copies are the operator's choice.
///
/// # Errors
/// When something is missing or differs in a setting that the design relies on.
pub async fn verify(context: &Context) -> Result<(), TopologyError> {
    check_version(context)?;
    for expected in streams(&Queue::any()) {
        verify_stream(context, &expected).await?;
    }
    for (stream, expected) in consumers(&Queue::any()) {
        verify_consumer(context, stream, &expected).await?;
    }
    Ok(())
}

/// Everything that [`verify`] would complain of, one difference a stream or consumer.
pub async fn differences(context: &Context) -> Vec<TopologyError> {
    let mut found = Vec::new();
    for expected in streams(&Queue::any()) {
        found.extend(verify_stream(context, &expected).await.err());
    }
    for (stream, expected) in consumers(&Queue::any()) {
        found.extend(verify_consumer(context, stream, &expected).await.err());
    }
    found
}

/// The streams, and the streams of buckets, that are there of this build's.
///
/// # Errors
/// When the server does not say.
pub async fn present(context: &Context) -> Result<Vec<String>, TopologyError> {
    let mut found = Vec::new();
    for expected in streams(&Queue::any()) {
        match context.get_stream(&expected.name).await {
            Ok(_) => found.push(expected.name),
            Err(error) => match missing(&expected.name, stream_error_code(&error), &error) {
                TopologyError::Missing(_) => {}
                error => return Err(error),
            },
        }
    }
    Ok(found)
}

/// Deletes a stream with all that is in it. For `guassp uninstall` alone.
///
/// # Errors
/// When the server refuses.
pub async fn remove(context: &Context, stream: &str) -> Result<(), TopologyError> {
    context.delete_stream(stream).await.map(|_| ()).map_err(|error| refused(stream, &error))
}

async fn verify_stream(context: &Context, expected: &Config) -> Result<(), TopologyError> {
    let found = context
        .get_stream(&expected.name)
        .await
        .map_err(|error| missing(&expected.name, stream_error_code(&error), &error))?;
    compare(&found.cached_info().config, expected)
}

async fn verify_consumer(
    context: &Context,
    stream: &str,
    expected: &pull::Config,
) -> Result<(), TopologyError> {
    let name = expected.durable_name.clone().unwrap_or_default();
    let what = format!("consumer {name} of {stream}");
    let found: pull::Config =
        match context.get_consumer_from_stream::<pull::Config, _, _>(&name, stream).await {
            Ok(consumer) => pull_config(&consumer),
            Err(error) => return Err(missing(&what, consumer_error_code(&error), &error)),
        };
    differs(&what, "max_deliver", &found.max_deliver, &expected.max_deliver)?;
    differs(&what, "filter_subject", &found.filter_subject, &expected.filter_subject)?;
    let subjects = |config: &pull::Config| format!("{:?}", config.filter_subjects);
    differs(&what, "filter_subjects", &subjects(&found), &subjects(expected))
}

fn pull_config(consumer: &async_nats::jetstream::consumer::PullConsumer) -> pull::Config {
    let config = &consumer.cached_info().config;
    pull::Config {
        max_deliver: config.max_deliver,
        filter_subject: config.filter_subject.clone(),
        filter_subjects: config.filter_subjects.clone(),
        ..Default::default()
    }
}

fn compare(found: &Config, expected: &Config) -> Result<(), TopologyError> {
    let name = format!("stream {}", expected.name);
    differs(&name, "subjects", &format!("{:?}", found.subjects), &format!("{:?}", expected.subjects))?;
    differs(&name, "retention", &format!("{:?}", found.retention), &format!("{:?}", expected.retention))?;
    differs(&name, "storage", &format!("{:?}", found.storage), &format!("{:?}", expected.storage))?;
    differs(&name, "discard", &format!("{:?}", found.discard), &format!("{:?}", expected.discard))?;
    differs(
        &name,
        "discard_new_per_subject",
        &found.discard_new_per_subject,
        &expected.discard_new_per_subject,
    )?;
    differs(
        &name,
        "max_messages_per_subject",
        &found.max_messages_per_subject,
        &expected.max_messages_per_subject,
    )?;
    differs(&name, "allow_direct", &found.allow_direct, &expected.allow_direct)
}

fn differs<T: PartialEq + ToString + ?Sized>(
    name: &str,
    setting: &'static str,
    found: &T,
    expected: &T,
) -> Result<(), TopologyError> {
    if found == expected {
        return Ok(());
    }
    Err(TopologyError::Differs {
        name: name.to_owned(),
        setting,
        found: found.to_string(),
        expected: expected.to_string(),
    })
}

/// The error of something that could not be looked at.
fn missing(name: &str, code: Option<ErrorCode>, error: &dyn std::fmt::Display) -> TopologyError {
    match code {
        Some(ErrorCode::STREAM_NOT_FOUND | ErrorCode::CONSUMER_NOT_FOUND) => {
            TopologyError::Missing(name.to_owned())
        }
        _ => refused(name, error),
    }
}

fn stream_error_code(error: &GetStreamError) -> Option<ErrorCode> {
    match error.kind() {
        GetStreamErrorKind::JetStream(error) => Some(error.error_code()),
        _ => None,
    }
}

fn consumer_error_code(error: &ConsumerError) -> Option<ErrorCode> {
    match error.kind() {
        ConsumerErrorKind::JetStream(error) => Some(error.error_code()),
        _ => None,
    }
}
