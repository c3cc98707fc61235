//! Budgets of octets that can be changed while they are used.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};

/// Room for so many octets. Who asks first gets room first. What is larger than the whole may
/// still go alone.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: watch::Receiver<usize>,
    used: Mutex<usize>,
    freed: Notify,
    /// Held by who is to get room next.
    turn: tokio::sync::Mutex<()>,
}

/// Room in a budget, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    budget: Arc<Budget>,
    octets: usize,
}

impl Budget {
    /// A budget of as many octets as `limit` says at the time. A lower limit takes nothing back:
    /// there is room again when enough was given back.
    pub(crate) fn new(limit: watch::Receiver<usize>) -> Arc<Self> {
        let (used, freed) = (Mutex::new(0), Notify::new());
        Arc::new(Self { limit, used, freed, turn: tokio::sync::Mutex::new(()) })
    }

    /// Waits for room.
    pub(crate) async fn take(self: &Arc<Self>, octets: usize) -> Room {
        let _turn = self.turn.lock().await;
        let mut limit = self.limit.clone();
        loop {
            let most = *limit.borrow_and_update();
            if self.try_take(octets, most) {
                return Room { budget: Arc::clone(self), octets };
            }
            tokio::select! {
                () = self.freed.notified() => {}
                // Without its owner the limit stays as it is.
                Ok(()) = limit.changed() => {}
            }
        }
    }

    /// Octets that are taken.
    pub(crate) fn used(&self) -> usize {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_take(&self, octets: usize, most: usize) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = *used == 0 || used.saturating_add(octets) <= most;
        if has_room {
            *used += octets;
        }
        has_room
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut used = self.budget.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.octets);
        drop(used);
        self.budget.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Paused time passes only while everybody waits.
    const A_WHILE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_higher_limit_lets_in_who_waits() {
        let limit = watch::Sender::new(100);
        let budget = Budget::new(limit.subscribe());
        let _first = budget.take(60).await;
        assert!(timeout(A_WHILE, budget.take(60)).await.is_err());
        let waiting = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { budget.take(60).await }
        });
        tokio::task::yield_now().await;
        limit.send_replace(120);
        let _second = timeout(A_WHILE, waiting).await.unwrap().unwrap();
        assert_eq!(budget.used(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lower_limit_counts_once_enough_was_given_back() {
        let limit = watch::Sender::new(100);
        let budget = Budget::new(limit.subscribe());
        let (first, second) = (budget.take(50).await, budget.take(50).await);
        limit.send_replace(50);
        drop(first);
        assert!(timeout(A_WHILE, budget.take(1)).await.is_err());
        drop(second);
        // More than the whole goes alone.
        let _large = timeout(A_WHILE, budget.take(500)).await.unwrap();
        assert!(timeout(A_WHILE, budget.take(1)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_first_gets_room_first_and_one_who_gives_up_holds_up_nobody() {
        let limit = watch::Sender::new(100);
        let budget = Budget::new(limit.subscribe());
        let first = budget.take(60).await;
        let ask = |octets| {
            let budget = Arc::clone(&budget);
            tokio::spawn(async move { budget.take(octets).await })
        };
        let (large, small) = (ask(90), ask(10));
        tokio::task::yield_now().await;
        // There would be room, but it is not its turn.
        assert!(!small.is_finished());
        large.abort();
        let _small = timeout(A_WHILE, small).await.unwrap().unwrap();
        drop(first);
        assert_eq!(budget.used(), 10);
    }
}
