//! How many messages are worked on at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Slots for messages; their number may change while they are used.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    counts: Mutex<Counts>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    most: usize,
    used: usize,
    /// Messages in hand that wait for a slot: they go before new ones.
    waiting: usize,
}

/// A slot that is used until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Slots>);

impl Slots {
    /// From now on there are so many. Those that are used beyond it are used to their end.
    pub(crate) fn resize(&self, most: usize) {
        self.counts().most = most;
        self.changed.notify_waiters();
    }

    /// Waits for a free slot; takes up to `most` for new messages. Cancel-safe.
    pub(crate) async fn take(self: &Arc<Self>, most: usize) -> Vec<Slot> {
        loop {
            let changed = self.changed.notified();
            let taken = self.try_take(most);
            if !taken.is_empty() {
                return taken;
            }
            changed.await;
        }
    }

    /// Waits for a slot for a message that is in hand. Cancel-safe.
    pub(crate) async fn take_again(self: &Arc<Self>) -> Slot {
        let _waiting = Waiting::new(self);
        loop {
            let changed = self.changed.notified();
            if let Some(slot) = self.try_take_again() {
                return slot;
            }
            changed.await;
        }
    }

    fn try_take(self: &Arc<Self>, most: usize) -> Vec<Slot> {
        let mut counts = self.counts();
        let free = counts.most.saturating_sub(counts.used + counts.waiting).min(most);
        counts.used += free;
        (0..free).map(|_| Slot(Arc::clone(self))).collect()
    }

    fn try_take_again(self: &Arc<Self>) -> Option<Slot> {
        let mut counts = self.counts();
        let is_free = counts.used < counts.most;
        counts.used += usize::from(is_free);
        is_free.then(|| Slot(Arc::clone(self)))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.counts().used -= 1;
        self.0.changed.notify_waiters();
    }
}

/// A message in hand that waits.
struct Waiting<'s>(&'s Slots);

impl<'s> Waiting<'s> {
    fn new(slots: &'s Slots) -> Self {
        slots.counts().waiting += 1;
        Self(slots)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.counts().waiting -= 1;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn of(most: usize) -> Arc<Slots> {
        let slots = Arc::new(Slots::default());
        slots.resize(most);
        slots
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_given_than_there_are_and_dropped_ones_come_back() {
        let slots = of(3);
        let taken = slots.take(2).await;
        assert_eq!((taken.len(), slots.take(10).await.len()), (2, 1));
        assert!(timeout(Duration::from_secs(60), slots.take(1)).await.is_ok(), "it was dropped");
        let rest = slots.take(10).await;
        assert!(timeout(Duration::from_secs(60), slots.take(1)).await.is_err());
        drop(taken);
        assert_eq!(slots.take(10).await.len(), 2);
        drop(rest);
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_may_change_while_they_are_used() {
        let slots = of(1);
        let first = slots.take(10).await;
        let waiting = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.take(10).await }
        });
        tokio::task::yield_now().await;
        slots.resize(4);
        let more = waiting.await.unwrap();
        assert_eq!(more.len(), 3);
        slots.resize(2);
        drop(first);
        drop(more);
        assert_eq!(slots.take(10).await.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_in_hand_go_before_new_ones() {
        let slots = of(1);
        let used = slots.take(1).await;
        let in_hand = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.take_again().await }
        });
        tokio::task::yield_now().await;
        let new = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.take(1).await }
        });
        tokio::task::yield_now().await;
        drop(used);
        let again = in_hand.await.unwrap();
        tokio::task::yield_now().await;
        assert!(!new.is_finished());
        drop(again);
        assert_eq!(new.await.unwrap().len(), 1);
    }
}
