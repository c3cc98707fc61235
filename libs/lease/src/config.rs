//! How long things take, and how many there are.

use std::time::Duration;

/// How a worker takes and keeps leases. All workers of a table must have the same `failover`.
#[derive(Clone, Debug)]
pub struct LeaseConfig {
    /// This process, unlike all others and unlike itself before a restart: what it held before
    /// its end is not its own any more.
    pub worker: String,
    /// After how long without a renewal others take a lease. Default: 10 s, as in the Kinesis
    /// Client Library.
    pub failover: Duration,
    /// How often all records are read, and leases taken. Default: 5 s.
    pub scan: Duration,
    /// How long an owner may take to hand over before the lease is taken from it. Default: 30 s.
    pub hand_over: Duration,
    /// For how many leases a scan asks other workers. Default: 1, as in the Kinesis Client
    /// Library.
    pub max_asked: usize,
    /// Leases that are held at once, at most. Default: 10,000.
    pub max_leases: usize,
}

impl LeaseConfig {
    /// The defaults for a worker.
    pub fn new(worker: impl Into<String>) -> Self {
        Self {
            worker: worker.into(),
            failover: Duration::from_secs(10),
            scan: Duration::from_secs(5),
            hand_over: Duration::from_secs(30),
            max_asked: 1,
            max_leases: 10_000,
        }
    }

    /// After how long a lease is renewed.
    pub(crate) fn renew_after(&self) -> Duration {
        self.failover / 3
    }

    /// How long a renewal lasts for its owner, from the moment it was sent. A tenth less than for
    /// the others, for clocks that do not run alike.
    pub(crate) fn valid_for(&self) -> Duration {
        self.failover - self.failover / 10
    }
}
