//! Where bodies of webhooks are kept while they are read and worked on: room for many small ones, and a few places for
//! large ones.
//!
//! **Invariant:** whoever waits for room holds none that others wait for, so nobody waits in a circle. What a body takes is
//! taken before its first byte is read, by the length that its head tells. One that tells none has a place of its own kind,
//! and changes it once for a large one; those who have a large place wait for nobody.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::problem::Problem;

/// How long a delivery waits for room, and for a slot. GitLab gives up after ten seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Up to here a body is small.
pub(super) const SMALL: usize = 256 << 10;
/// Bytes of small bodies that are kept at a time.
const BUDGET: usize = 12 << 20;
/// Bodies that do not tell their length and are kept at a time, as long as they are small: GitLab tells it, so these are of a
/// proxy that takes it away.
const UNTOLD_PLACES: usize = 16;
/// Large bodies that are kept at a time.
const LARGE_PLACES: usize = 2;
/// Those of them of which nobody knows yet whether they are GitLab's.
const UNPROVEN_PLACES: usize = 1;

/// Whether it is known who sends a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    Proven,
    /// The body itself has to prove it.
    Unproven,
}

/// All there is.
#[derive(Debug)]
pub(super) struct Rooms {
    small: Arc<Semaphore>,
    untold: Arc<Semaphore>,
    large: Arc<Semaphore>,
    unproven: Arc<Semaphore>,
}

/// What a body takes of it.
#[derive(Debug)]
pub(super) struct Room {
    sender: Sender,
    /// Of small bodies, or the place of one that does not tell its length.
    small: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
    unproven: Option<OwnedSemaphorePermit>,
}

impl Default for Rooms {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            small: places(BUDGET),
            untold: places(UNTOLD_PLACES),
            large: places(LARGE_PLACES),
            unproven: places(UNPROVEN_PLACES),
        }
    }
}

impl Rooms {
    /// Room for a body of this length, as soon as there is some.
    ///
    /// # Errors
    /// 503 when there was none for [`PATIENCE`].
    pub(super) async fn take(&self, length: Option<usize>, sender: Sender) -> Result<Room, Problem> {
        let mut room = Room { sender, small: None, large: None, unproven: None };
        let small = match length {
            Some(length) if length > SMALL => {
                self.enlarge(&mut room).await?;
                return Ok(room);
            }
            Some(length) => {
                let bytes = u32::try_from(length).unwrap_or(u32::MAX);
                in_time(self.small.clone().acquire_many_owned(bytes)).await?
            }
            None => in_time(self.untold.clone().acquire_owned()).await?,
        };
        room.small = Some(small);
        Ok(room)
    }

    /// Gives the body a large place, if it has none yet.
    ///
    /// # Errors
    /// The same.
    pub(super) async fn enlarge(&self, room: &mut Room) -> Result<(), Problem> {
        if room.large.is_some() {
            return Ok(());
        }
        if room.sender == Sender::Unproven {
            room.unproven = Some(in_time(self.unproven.clone().acquire_owned()).await?);
        }
        room.large = Some(in_time(self.large.clone().acquire_owned()).await?);
        room.small = None;
        Ok(())
    }
}

impl Room {
    /// It is known now who has sent the body.
    pub(super) fn is_proven(&mut self) {
        self.unproven = None;
    }
}

async fn in_time(
    permit: impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>>,
) -> Result<OwnedSemaphorePermit, Problem> {
    let full = || Problem::overloaded("the gateway reads as many webhooks as it takes on");
    timeout(PATIENCE, permit).await.ok().and_then(Result::ok).ok_or_else(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_two_large_places_one_at_most_is_for_bodies_that_prove_nothing_yet() {
        let (rooms, large) = (Rooms::default(), Some(SMALL + 1));
        let mut forged = rooms.take(large, Sender::Unproven).await.unwrap();
        assert!(rooms.take(large, Sender::Unproven).await.is_err(), "the second one waits in vain");
        let proven = rooms.take(large, Sender::Proven).await.unwrap();
        assert!(rooms.take(large, Sender::Proven).await.is_err());
        drop(proven);
        forged.is_proven();
        rooms.take(large, Sender::Unproven).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_without_a_length_wait_for_a_large_place_in_nobodys_way() {
        let rooms = Rooms::default();
        let mut untold = Vec::new();
        for _ in 0..UNTOLD_PLACES {
            untold.push(rooms.take(None, Sender::Proven).await.unwrap());
        }
        assert!(rooms.take(None, Sender::Proven).await.is_err());
        let mut small = Vec::new();
        for _ in 0..BUDGET / SMALL {
            small.push(rooms.take(Some(SMALL), Sender::Proven).await.unwrap());
        }
        assert!(rooms.take(Some(1), Sender::Proven).await.is_err(), "all of the budget is taken");
        let mut rest = untold.split_off(LARGE_PLACES);
        for room in &mut untold {
            rooms.enlarge(room).await.unwrap();
            rooms.enlarge(room).await.unwrap();
        }
        rooms.take(None, Sender::Proven).await.expect("the small place that was left");
        let waiting = rest.first_mut().unwrap();
        assert!(rooms.enlarge(waiting).await.is_err());
        drop(untold);
        rooms.enlarge(waiting).await.unwrap();
    }
}
