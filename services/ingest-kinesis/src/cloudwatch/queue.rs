//! Metrics that are to be put.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::datum::Datum;

/// Metrics that wait, at most: 10 minutes of some 40 shards with all details, an hour of as many
/// with the summary. About 100 octets each.
const MOST: usize = 60_000;

/// What a call takes: 1,000 metrics and 1 MB
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>),
/// whether it is compressed or not.
const CALL: (usize, usize) = (1_000, 1_000_000);

/// Metrics that are to be put, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Datum>,
    /// How many were taken, and are not settled or put back.
    under_way: usize,
    is_closed: bool,
}

impl Queue {
    /// Adds metrics. How many of the oldest had to go for them.
    pub(super) fn push(&self, data: impl IntoIterator<Item = Datum>) -> usize {
        let mut state = self.lock();
        state.waiting.extend(data);
        let dropped = state.waiting.len().saturating_sub(MOST);
        state.waiting.drain(..dropped);
        self.changed.notify_one();
        dropped
    }

    /// Puts back what could not be put. How many of the oldest had to go.
    pub(super) fn put_back(&self, data: Vec<Datum>) -> usize {
        let mut state = self.lock();
        state.under_way = 0;
        let room = MOST.saturating_sub(state.waiting.len());
        let dropped = data.len().saturating_sub(room);
        for datum in data.into_iter().skip(dropped).rev() {
            state.waiting.push_front(datum);
        }
        dropped
    }

    /// What was taken needs no more: it was put, or counted as dropped.
    pub(super) fn settle(&self) {
        self.lock().under_way = 0;
    }

    /// Takes the oldest that go with one call, as soon as there are any; none when there are none
    /// and no more come.
    pub(super) async fn next(&self, worker: &str) -> Option<Vec<Datum>> {
        loop {
            {
                let mut state = self.lock();
                let data = state.take_call(worker);
                if !data.is_empty() {
                    state.under_way = data.len();
                    return Some(data);
                }
                if state.is_closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// No more come.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Waits until no more come. Whoever calls [`Queue::next`] waits here too: there is one.
    pub(super) async fn closed(&self) {
        while !self.is_closed() {
            self.changed.notified().await;
        }
    }

    /// Forgets all that wait or are under way. How many there were.
    pub(super) fn clear(&self) -> usize {
        let mut state = self.lock();
        let count = state.waiting.len() + state.under_way;
        (state.waiting, state.under_way) = (VecDeque::new(), 0);
        count
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_call(&mut self, worker: &str) -> Vec<Datum> {
        let mut octets = 0;
        let fits = |datum: &&Datum| {
            octets += datum.octets(worker);
            octets <= CALL.1
        };
        let count = self.waiting.iter().take(CALL.0).take_while(fits).count();
        self.waiting.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use weir_lease::UnitId;

    use super::*;
    use crate::kcl::{Metric, Samples, Scope};

    /// Metrics of so many shards, whose names are so long.
    fn data(count: usize, name: usize) -> Vec<Datum> {
        let samples = Samples::default();
        samples.add(Metric::RecordsProcessed, Scope::Application, 1.0);
        let (_, statistic) = samples.take().0.into_iter().next().unwrap();
        let datum = |number: usize| {
            let unit = Arc::new(UnitId::new("s".repeat(name), number.to_string()));
            let series =
                crate::kcl::Series { metric: Metric::RecordsProcessed, scope: Scope::Shard(unit) };
            Datum { series, statistic, at: SystemTime::UNIX_EPOCH }
        };
        (0..count).map(datum).collect()
    }

    fn shard(datum: &Datum) -> usize {
        let Scope::Shard(unit) = &datum.series.scope else { unreachable!() };
        unit.name.parse().unwrap()
    }

    #[tokio::test]
    async fn a_call_takes_as_many_as_cloudwatch_does_and_no_more() {
        let queue = Queue::default();
        queue.push(data(2_500, 60));
        for expected in [1_000, 1_000, 500] {
            assert_eq!(queue.next("w").await.unwrap().len(), expected);
        }
        // Long names: the call's size is what bounds it.
        queue.push(data(1_000, 2_000));
        let call = queue.next("w").await.unwrap();
        let octets: usize = call.iter().map(|datum| datum.octets("w")).sum();
        assert!(call.len() < 1_000 && octets <= 1_000_000, "{} of {octets}", call.len());
        assert!(octets > 990_000, "{octets}");
    }

    #[tokio::test]
    async fn the_oldest_go_when_there_are_too_many() {
        let queue = Queue::default();
        assert_eq!(queue.push(data(MOST, 1)), 0);
        assert_eq!(queue.push(data(10, 1)), 10);
        let call = queue.next("w").await.unwrap();
        assert_eq!(shard(&call[0]), 10);
        // Meanwhile others have come in their place: what is older still has to go.
        assert_eq!(queue.push(data(400, 1)), 0);
        assert_eq!(queue.put_back(call), 400);
        assert_eq!(shard(&queue.next("w").await.unwrap()[0]), 410);
    }

    #[tokio::test]
    async fn what_waits_is_had_after_the_end_too_and_then_nothing_more() {
        let queue = Queue::default();
        queue.push(data(1, 1));
        queue.close();
        assert_eq!(queue.next("w").await.unwrap().len(), 1);
        assert!(queue.next("w").await.is_none());
        // What became of it is not known.
        assert_eq!(queue.clear(), 1);
        assert_eq!(queue.clear(), 0);
    }
}
