//! A metric as CloudWatch takes it.

use std::time::SystemTime;

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit, StatisticSet};
use aws_smithy_types::DateTime;

use crate::kcl::{Scope, Series, Statistic, Unit};

/// What a metric takes in a call beside its texts, in octets and generously: the names of its
/// members, four numbers, a time, a unit.
const FRAME: usize = 320;

/// What was measured of a series in an interval.
#[derive(Clone, Debug)]
pub(super) struct Datum {
    pub(super) series: Series,
    pub(super) statistic: Statistic,
    /// The interval's end.
    pub(super) at: SystemTime,
}

impl Datum {
    /// At least as many octets as it takes in a call.
    pub(super) fn octets(&self, worker: &str) -> usize {
        let entry = self.series.metric.entry();
        let scope = match &self.series.scope {
            Scope::Application => 0,
            Scope::Worker => worker.len(),
            Scope::Shard(unit) => unit.set.len() + unit.name.len(),
        };
        FRAME + entry.operation.len() + entry.name.len() + scope
    }

    pub(super) fn of_cloudwatch(&self, worker: &str) -> MetricDatum {
        let entry = self.series.metric.entry();
        let Statistic { count, sum, least, most } = self.statistic;
        let statistic = StatisticSet::builder().sample_count(count).sum(sum);
        MetricDatum::builder()
            .metric_name(entry.name)
            .set_dimensions(Some(self.dimensions(entry.operation, worker)))
            .timestamp(DateTime::from(self.at))
            .statistic_values(statistic.minimum(least).maximum(most).build())
            .unit(unit(entry.unit))
            .build()
    }

    /// Those of the library. weir may read several streams, so that shards carry their stream, as the
    /// library has it then.
    fn dimensions(&self, operation: &str, worker: &str) -> Vec<Dimension> {
        let of = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let operation = of("Operation", operation);
        match &self.series.scope {
            Scope::Application => vec![operation],
            Scope::Worker => vec![operation, of("WorkerIdentifier", worker)],
            Scope::Shard(unit) => {
                vec![operation, of("StreamId", &unit.set), of("ShardId", &unit.name)]
            }
        }
    }
}

fn unit(unit: Unit) -> StandardUnit {
    match unit {
        Unit::Count => StandardUnit::Count,
        Unit::Bytes => StandardUnit::Bytes,
        Unit::Milliseconds => StandardUnit::Milliseconds,
    }
}
