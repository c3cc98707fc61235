//! One token bucket for each account, region and service.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::bucket::{Rate, TokenBucket};
use crate::reader::Place;

/// Whose limits a call counts against.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Payer {
    pub(super) place: Arc<Place>,
    pub(super) service: &'static str,
}

/// All token buckets.
#[derive(Debug)]
pub(crate) struct Pacing {
    share: f64,
    buckets: Mutex<HashMap<Payer, TokenBucket>>,
}

impl Pacing {
    /// Takes `share` of the usual rates; 1 is all of them.
    pub(crate) fn new(share: f64) -> Self {
        Self { share, buckets: Mutex::default() }
    }

    /// Forgets the buckets of places that are swept no more.
    pub(crate) fn keep(&self, is_swept: impl Fn(&Place) -> bool) {
        self.buckets().retain(|payer, _| is_swept(&payer.place));
    }

    /// Takes a token: the time that the call has to wait.
    pub(super) fn take(&self, payer: &Payer, now: Instant) -> Duration {
        self.with(payer, now, |bucket| bucket.take(now))
    }

    pub(super) fn throttled(&self, payer: &Payer, now: Instant) {
        self.with(payer, now, |bucket| bucket.throttled(now));
    }

    pub(super) fn answered(&self, payer: &Payer, now: Instant) {
        self.with(payer, now, |bucket| bucket.answered(now));
    }

    fn with<T>(&self, payer: &Payer, now: Instant, act: impl FnOnce(&mut TokenBucket) -> T) -> T {
        let mut buckets = self.buckets();
        match buckets.get_mut(payer) {
            Some(bucket) => act(bucket),
            None => {
                let bucket = TokenBucket::new(usual_rate(payer.service, self.share), now);
                act(buckets.entry(payer.clone()).or_insert(bucket))
            }
        }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<Payer, TokenBucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About half of what AWS allows an account in a region, so that its other tools go on:
/// EC2 refills 20 tokens a second for `Describe…` and 10 for the expensive ones
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>); DescribeLogGroups
/// and DescribeSubscriptionFilters have 10 a second, ListStreams and DescribeDeliveryStream 5
/// (the service quotas of CloudWatch Logs, Kinesis and Firehose); S3 has thousands.
fn usual_rate(service: &str, share: f64) -> Rate {
    let (per_second, burst) = match service {
        "ec2" => (10.0, 20.0),
        "s3" => (25.0, 25.0),
        "kinesis" | "firehose" => (3.0, 3.0),
        _ => (5.0, 5.0),
    };
    Rate { per_second: per_second * share, burst: burst * share }
}
