//! When a consumer has nothing left to do.

use async_nats::jetstream::{
    Context,
    consumer::Info,
    stream::{LastRawMessageErrorKind, Stream},
};

/// Whether everything that the consumer is to see of the stream was given to somebody, and nobody has any of it in
/// hand; no while the server does not answer. Ask again and again, with a deadline.
///
/// It is asked for the last message that the consumer is to see: `num_pending` of a consumer is counted a moment
/// after a message was stored and confirmed (nats-server 2.15: about one time in a thousand on a machine that does
/// nothing else), so that nothing seems to wait where something does.
pub async fn is_idle(context: &Context, stream: &str, consumer: &str) -> bool {
    let Ok(stream) = context.get_stream(stream).await else { return false };
    let Ok(info) = stream.consumer_info(consumer).await else { return false };
    if info.num_ack_pending > 0 {
        return false;
    }
    for subject in subjects(&info) {
        if last(&stream, subject).await.is_none_or(|last| last > info.delivered.stream_sequence) {
            return false;
        }
    }
    true
}

/// The place of the last message of the subject, 0 where there is none.
async fn last(stream: &Stream, subject: &str) -> Option<u64> {
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(last) => Some(last.sequence),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Some(0),
        Err(_) => None,
    }
}

fn subjects(info: &Info) -> Vec<&str> {
    let config = &info.config;
    let one = std::iter::once(&config.filter_subject).filter(|subject| !subject.is_empty());
    let all: Vec<&str> = one.chain(&config.filter_subjects).map(String::as_str).collect();
    if all.is_empty() { vec![">"] } else { all }
}
