//! The rate limit of a collector, which all its sessions share.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::collector_config::CollectorConfig;
use crate::live::Live;
use crate::meter::{Meter, Sent};
use crate::rate_limiter::RateLimiter;

/// The longest wait before the limit is looked at again: it may have changed meanwhile.
const LOOK: Duration = Duration::from_millis(250);

/// Delays records, and counts what was sent.
pub(crate) struct Pace {
    config: Live<CollectorConfig>,
    /// What the sessions go by.
    seen: Arc<CollectorConfig>,
    limiter: RateLimiter,
    clock: Clock,
    meter: Arc<Meter>,
    /// What the meter was not told as yet.
    sent: Sent,
}

impl Pace {
    pub(crate) fn new(config: Live<CollectorConfig>, clock: Clock, meter: Arc<Meter>) -> Self {
        let seen = config.get();
        let limiter = RateLimiter::new(seen.records_per_second);
        meter.limited(seen.records_per_second);
        Self { config, seen, limiter, clock, meter, sent: Sent::default() }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(crate) fn limiter(&self) -> &RateLimiter {
        &self.limiter
    }

    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Whether sessions are to go by something else than before.
    pub(crate) fn is_changed(&self) -> bool {
        self.config.is_new(&self.seen)
    }

    /// What sessions are to go by; from now on they do.
    pub(crate) fn see(&mut self) -> Arc<CollectorConfig> {
        self.seen = self.config.get();
        self.follow_limit();
        Arc::clone(&self.seen)
    }

    /// Waits until `records` records may be sent.
    ///
    /// # Errors
    ///
    /// When the exporter is to stop, at once.
    pub(crate) fn wait_for(&mut self, records: u32) -> io::Result<()> {
        self.follow_limit();
        let mut delay = self.limiter.take(self.now(), records);
        if !delay.is_zero() {
            self.publish();
        }
        while !delay.is_zero() {
            let wait = delay.min(LOOK);
            self.meter.delayed(wait);
            self.clock.sleep(wait)?;
            self.follow_limit();
            delay = self.limiter.delay(self.now());
        }
        Ok(())
    }

    fn follow_limit(&mut self) {
        let records_per_second = self.config.get().records_per_second;
        self.limiter.set_rate(self.clock.elapsed(), records_per_second);
        self.meter.limited(records_per_second);
    }

    /// Notes what was handed to the system.
    pub(crate) fn sent(&mut self, messages: usize, octets: usize, records: u32) {
        self.sent.add(messages as u64, octets, u64::from(records));
    }

    /// Lets others see what was sent.
    pub(crate) fn publish(&mut self) {
        self.meter.sent(self.now(), std::mem::take(&mut self.sent));
    }
}
