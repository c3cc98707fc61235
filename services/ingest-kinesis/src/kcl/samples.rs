//! What is measured between two times that it is put to CloudWatch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use weir_lease::UnitId;

use super::catalogue::Metric;

/// Series at once, at most: all metrics of some 5,000 shards.
const MOST: usize = 60_000;

/// What a value was measured of, beside its operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// All workers together.
    Application,
    /// This worker.
    Worker,
    /// A shard, whoever reads it.
    Shard(Arc<UnitId>),
}

/// A metric of something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Series {
    pub(crate) metric: Metric,
    pub(crate) scope: Scope,
}

/// What was measured of a series: a StatisticSet of CloudWatch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Statistic {
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Statistic {
    fn of(value: f64) -> Self {
        Self { count: 1.0, sum: value, least: value, most: value }
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        (self.least, self.most) = (self.least.min(value), self.most.max(value));
    }
}

/// What was measured since it was taken last.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    series: Mutex<HashMap<Series, Statistic>>,
    left_out: AtomicU64,
}

impl Samples {
    pub(crate) fn add(&self, metric: Metric, scope: Scope, value: f64) {
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let series = Series { metric, scope };
        if let Some(known) = all.get_mut(&series) {
            known.add(value);
        } else if all.len() < MOST {
            all.insert(series, Statistic::of(value));
        } else {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was measured, and how many values were left out because there were too many series.
    pub(crate) fn take(&self) -> (HashMap<Series, Statistic>, u64) {
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut *all), self.left_out.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_added_and_bounded_until_they_are_taken() {
        let samples = Samples::default();
        for value in [3.0, 1.0, 2.0] {
            samples.add(Metric::MillisBehindLatest, Scope::Worker, value);
        }
        samples.add(Metric::MillisBehindLatest, Scope::Application, 7.0);
        let (taken, left_out) = samples.take();
        let series = |scope| Series { metric: Metric::MillisBehindLatest, scope };
        let of_worker = Statistic { count: 3.0, sum: 6.0, least: 1.0, most: 3.0 };
        assert_eq!(taken[&series(Scope::Worker)], of_worker);
        assert_eq!(taken[&series(Scope::Application)].sum, 7.0);
        assert_eq!((taken.len(), left_out), (2, 0));
        assert!(samples.take().0.is_empty());
    }

    #[test]
    fn series_above_the_bound_are_left_out_and_counted_and_known_ones_are_not() {
        let samples = Samples::default();
        let shard = |number: usize| Scope::Shard(Arc::new(UnitId::new("s", number.to_string())));
        for number in 0..=MOST {
            samples.add(Metric::RecordsProcessed, shard(number), 1.0);
        }
        samples.add(Metric::RecordsProcessed, shard(0), 1.0);
        let (taken, left_out) = samples.take();
        assert_eq!((taken.len(), left_out), (MOST, 1));
        assert_eq!(samples.take().1, 0);
    }
}
