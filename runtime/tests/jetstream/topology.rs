//! What `topology` creates, and which differences a service notices.

use async_nats::jetstream::{
    Context,
    consumer::pull,
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};
use futures::StreamExt;
use proto::subject;
use runtime::jetstream::topology::{Queue, apply, verify};

use crate::stage::{AT_ONCE, LONG, Stage, queue, task};

const STREAMS: [&str; 12] = [
    subject::TASKS,
    subject::FAN_OUTS,
    subject::PLANS,
    subject::EVENTS,
    subject::GITLAB,
    subject::DEAD,
    "KV_guassp_tasks",
    "KV_guassp_projects",
    "KV_guassp_budgets",
    "KV_guassp_catalog",
    "KV_guassp_directory",
    "KV_guassp_issues",
];
const CONSUMERS: [(&str, &str); 6] = [
    (subject::TASKS, subject::RESOLVER),
    (subject::FAN_OUTS, subject::RESOLVER_FAN_OUT),
    (subject::PLANS, subject::APPLIER),
    (subject::GITLAB, subject::GATEWAY_HOOKS),
    (subject::GITLAB, subject::RESOLVER_DIRECTORY),
    (subject::EVENTS, subject::NOTIFIER),
];

/// Settings and age of everything there is.
async fn everything(stage: &Stage) -> Vec<String> {
    let mut found = Vec::new();
    for stream in STREAMS {
        let info = stage.info(stream).await;
        found.push(format!("{} {}", serde_json::to_value(&info.config).unwrap(), info.created));
    }
    for (stream, consumer) in CONSUMERS {
        let stream = stage.context().get_stream(stream).await.unwrap();
        let info = stream.consumer_info(consumer).await.unwrap();
        found.push(format!("{} {}", serde_json::to_value(&info.config).unwrap(), info.created));
    }
    found
}

async fn change_stream(context: &Context, name: &str, change: impl FnOnce(&mut Config)) {
    let mut config = context.get_stream(name).await.unwrap().cached_info().config.clone();
    change(&mut config);
    context.update_stream(config).await.unwrap();
}

/// For settings that cannot be changed later.
async fn remake_stream(context: &Context, name: &str, change: impl FnOnce(&mut Config)) {
    let mut config = context.get_stream(name).await.unwrap().cached_info().config.clone();
    change(&mut config);
    context.delete_stream(name).await.unwrap();
    context.create_stream(config).await.unwrap();
}

async fn change_consumer(
    context: &Context,
    stream: &str,
    name: &str,
    change: impl FnOnce(&mut pull::Config),
) {
    let info = context.get_stream(stream).await.unwrap().consumer_info(name).await.unwrap();
    let mut config = pull::Config {
        durable_name: info.config.durable_name.clone(),
        filter_subject: info.config.filter_subject.clone(),
        ack_wait: info.config.ack_wait,
        max_deliver: info.config.max_deliver,
        max_ack_pending: info.config.max_ack_pending,
        ..Default::default()
    };
    change(&mut config);
    context.create_consumer_on_stream(config, stream).await.unwrap();
}

async fn difference(stage: &Stage) -> String {
    verify(stage.context()).await.expect_err("a difference").to_string()
}

#[tokio::test]
async fn applied_twice_it_is_the_same_as_once() {
    let stage = Stage::start().await;
    let (before, names) = (everything(&stage).await, apply(stage.context(), &queue(LONG)).await.unwrap());
    assert_eq!(names.len(), STREAMS.len() + CONSUMERS.len());
    assert_eq!(everything(&stage).await, before);
    verify(stage.context()).await.unwrap();
}

#[tokio::test]
async fn applied_again_it_keeps_every_message() {
    let stage = Stage::start().await;
    let task = task(7);
    stage.jetstream().records.create(&task).await.unwrap();
    stage.jetstream().publish_task(&task).await.unwrap();
    apply(stage.context(), &queue(LONG / 2)).await.unwrap();
    assert_eq!(stage.count(subject::TASKS).await, 1);
    assert!(stage.jetstream().records.get(task.id).await.unwrap().is_some());
    let stream = stage.context().get_stream(subject::TASKS).await.unwrap();
    assert_eq!(stream.consumer_info(subject::RESOLVER).await.unwrap().config.ack_wait, LONG / 2);
}

#[tokio::test]
async fn what_is_missing_is_named_and_made() {
    let stage = Stage::start().await;
    for stream in STREAMS {
        stage.context().delete_stream(stream).await.unwrap();
        let error = difference(&stage).await;
        assert!(error.contains(&format!("{stream} does not exist: run `guassp topology`")), "{error}");
        apply(stage.context(), &queue(LONG)).await.unwrap();
        verify(stage.context()).await.unwrap();
    }
    for (stream, consumer) in CONSUMERS {
        stage.context().delete_consumer_from_stream(consumer, stream).await.unwrap();
        let error = difference(&stage).await;
        assert!(error.contains(&format!("consumer {consumer} of {stream} does not exist")), "{error}");
        apply(stage.context(), &queue(LONG)).await.unwrap();
        verify(stage.context()).await.unwrap();
    }
}

/// A stream, the setting as the error names it, and the change.
type Change = (&'static str, &'static str, fn(&mut Config));

#[tokio::test]
async fn a_setting_that_can_be_changed_back_is_named_and_changed_back() {
    let changes: [Change; 6] = [
        (subject::PLANS, "max_messages_per_subject", |config| config.max_messages_per_subject = 5),
        (subject::PLANS, "discard_new_per_subject", |config| config.discard_new_per_subject = false),
        (subject::PLANS, "discard", |config| {
            config.discard_new_per_subject = false;
            config.discard = DiscardPolicy::Old;
        }),
        (subject::TASKS, "subjects", |config| config.subjects.push("more.>".to_owned())),
        ("KV_guassp_projects", "allow_direct", |config| config.allow_direct = true),
        ("KV_guassp_tasks", "allow_direct", |config| config.allow_direct = true),
    ];
    let stage = Stage::start().await;
    for (stream, setting, change) in changes {
        change_stream(stage.context(), stream, change).await;
        let error = difference(&stage).await;
        assert!(error.contains(&format!("{stream} has {setting} = ")), "{setting}: {error}");
        apply(stage.context(), &queue(LONG)).await.unwrap();
        verify(stage.context()).await.unwrap();
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_changed_back_is_named_and_nothing_is_deleted_for_it() {
    let changes: [Change; 3] = [
        (subject::TASKS, "retention", |config| config.retention = RetentionPolicy::Limits),
        (subject::TASKS, "storage", |config| config.storage = StorageType::Memory),
        ("KV_guassp_projects", "storage", |config| config.storage = StorageType::Memory),
    ];
    for (stream, setting, change) in changes {
        let stage = Stage::start().await;
        remake_stream(stage.context(), stream, change).await;
        let made = stage.info(stream).await.created;
        let error = difference(&stage).await;
        assert!(error.contains(&format!("{stream} has {setting} = ")), "{setting}: {error}");
        let refused = apply(stage.context(), &queue(LONG)).await.expect_err("no change").to_string();
        assert!(refused.contains(stream), "{refused}");
        assert_eq!(stage.info(stream).await.created, made);
    }
}

#[tokio::test]
async fn a_consumer_that_would_lose_messages_is_named_and_mended() {
    type Change = (&'static str, fn(&mut pull::Config));
    let changes: [Change; 2] = [
        ("max_deliver", |config| config.max_deliver = 3),
        ("filter_subject", |config| config.filter_subject = "guassp.tasks.7".to_owned()),
    ];
    let stage = Stage::start().await;
    for (setting, change) in changes {
        change_consumer(stage.context(), subject::TASKS, subject::RESOLVER, change).await;
        let error = difference(&stage).await;
        assert!(error.contains(&format!("consumer resolver of GUASSP_TASKS has {setting} = ")), "{error}");
        apply(stage.context(), &queue(LONG)).await.unwrap();
        verify(stage.context()).await.unwrap();
    }
}

/// A consumer of an older build had one filter: its place in the stream is kept.
#[tokio::test]
async fn the_hooks_consumer_is_given_its_kinds() {
    let stage = Stage::start().await;
    let everything = |config: &mut pull::Config| {
        config.filter_subject = subject::ALL_GITLAB.to_owned();
    };
    change_consumer(stage.context(), subject::GITLAB, subject::GATEWAY_HOOKS, everything).await;
    let publish = async |kind: &str| {
        let subject = subject::gitlab(kind, "project", 7);
        stage.context().publish(subject, "{}".into()).await.unwrap().await.unwrap();
    };
    publish("push").await;
    let error = difference(&stage).await;
    assert!(error.contains("consumer gateway-hooks of GUASSP_GITLAB has filter_subject"), "{error}");
    apply(stage.context(), &queue(LONG)).await.unwrap();
    verify(stage.context()).await.unwrap();
    publish("push").await;
    publish("project_member").await;
    let stream = stage.context().get_stream(subject::GITLAB).await.unwrap();
    let consumer = stream.get_consumer::<pull::Config>(subject::GATEWAY_HOOKS).await.unwrap();
    assert_eq!(consumer.cached_info().config.filter_subjects.len(), 5);
    let mut messages = consumer.fetch().max_messages(1).expires(AT_ONCE).messages().await.unwrap();
    let first = messages.next().await.expect("a message in time").unwrap();
    assert_eq!(first.subject.as_str(), subject::gitlab("project_member", "project", 7));
}

#[tokio::test]
async fn the_events_of_gitlab_are_kept_up_to_a_size_and_the_setting_is_named_where_it_is_too_large() {
    let stage = Stage::start().await;
    assert_eq!(stage.info(subject::GITLAB).await.config.max_bytes, -1, "0 is no limit");
    let limited = |gitlab_max_bytes| Queue { gitlab_max_bytes, ..queue(LONG) };
    apply(stage.context(), &limited(1 << 20)).await.unwrap();
    let config = stage.info(subject::GITLAB).await.config;
    assert_eq!((config.max_bytes, config.discard), (1 << 20, DiscardPolicy::Old));
    let refused = async || apply(stage.context(), &limited(1 << 60)).await.expect_err("too much").to_string();
    let changed = refused().await;
    assert!(changed.contains("queue.gitlab_max_bytes"), "{changed}");
    stage.context().delete_stream(subject::GITLAB).await.unwrap();
    let made = refused().await;
    assert!(made.contains("queue.gitlab_max_bytes"), "{made}");
}

#[tokio::test]
async fn sizes_ages_and_patience_are_the_operators_choice() {
    let stage = Stage::start().await;
    change_stream(stage.context(), subject::EVENTS, |config| {
        config.max_age = LONG;
        config.max_bytes = 1 << 20;
    })
    .await;
    let patience = |config: &mut pull::Config| config.ack_wait = LONG * 2;
    change_consumer(stage.context(), subject::PLANS, subject::APPLIER, patience).await;
    verify(stage.context()).await.unwrap();
}
