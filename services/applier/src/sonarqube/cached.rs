//! An answer that is kept for a while and read once for everybody who asks.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, RwLock},
    time::Instant,
};

/// Keeps the newest answer. Each caller says how old it may be; those who find it too old share one reading.
#[derive(Debug)]
pub(crate) struct Cached<T> {
    kept: RwLock<Option<Kept<T>>>,
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Kept<T> {
    answer: Arc<T>,
    /// When its reading began: what happened later may be missing in it.
    since: Instant,
}

impl<T> Cached<T> {
    /// Keeps nothing yet.
    pub(crate) fn new() -> Self {
        Self { kept: RwLock::new(None), turn: Mutex::new(()) }
    }

    /// The kept answer when it is younger than `max_age`, otherwise a new one from `read`.
    ///
    /// # Errors
    /// When `read` fails; the kept answer stays.
    pub(crate) async fn get<E, F>(&self, max_age: Duration, read: impl FnOnce() -> F) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        if let Some(answer) = self.younger_than(max_age).await {
            return Ok(answer);
        }
        let _turn = self.turn.lock().await;
        if let Some(answer) = self.younger_than(max_age).await {
            return Ok(answer);
        }
        let since = Instant::now();
        let answer = Arc::new(read().await?);
        *self.kept.write().await = Some(Kept { answer: Arc::clone(&answer), since });
        Ok(answer)
    }

    /// Forgets the answer, and one that is being read as well.
    pub(crate) async fn forget(&self) {
        let _turn = self.turn.lock().await;
        *self.kept.write().await = None;
    }

    async fn younger_than(&self, max_age: Duration) -> Option<Arc<T>> {
        let kept = self.kept.read().await;
        kept.as_ref().filter(|kept| kept.since.elapsed() < max_age).map(|kept| Arc::clone(&kept.answer))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    async fn count(cached: &Cached<u32>, reads: &AtomicU32, max_age: Duration) -> u32 {
        let read = || async {
            tokio::task::yield_now().await;
            Ok::<_, ()>(reads.fetch_add(1, Ordering::Relaxed) + 1)
        };
        *cached.get(max_age, read).await.unwrap()
    }

    #[tokio::test]
    async fn callers_at_the_same_time_share_one_reading() {
        let (cached, reads) = (Cached::new(), AtomicU32::new(0));
        let answers = futures::future::join_all((0..20).map(|_| count(&cached, &reads, LONG))).await;
        assert_eq!(answers, vec![1; 20]);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_old_or_forgotten_is_read_again() {
        let (cached, reads) = (Cached::new(), AtomicU32::new(0));
        assert_eq!(count(&cached, &reads, LONG).await, 1);
        assert_eq!(count(&cached, &reads, Duration::ZERO).await, 2);
        assert_eq!(count(&cached, &reads, LONG).await, 2);
        cached.forget().await;
        assert_eq!(count(&cached, &reads, LONG).await, 3);
    }
}
