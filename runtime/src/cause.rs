//! What a piece of work is done for, so that each outgoing call can tell it.

use std::{future::Future, sync::Arc};

tokio::task_local! {
    static CAUSE: Arc<str>;
}

/// Does `work` for `cause`: a task, a fan-out, a command. It holds for what `work` awaits, and not for what it spawns.
pub async fn because<F: Future>(cause: impl Into<Arc<str>>, work: F) -> F::Output {
    CAUSE.scope(cause.into(), work).await
}

/// What the present work is done for, where that is known.
#[must_use]
pub fn current() -> Option<Arc<str>> {
    CAUSE.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_innermost_cause_counts() {
        assert_eq!(current(), None);
        let inner = because("task 1", async {
            let inner = because("task 2", async { current() }).await;
            assert_eq!(current().as_deref(), Some("task 1"));
            inner
        });
        assert_eq!(inner.await.as_deref(), Some("task 2"));
    }
}
