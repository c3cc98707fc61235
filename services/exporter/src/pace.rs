//! The rate limit of a collector, which all its sessions share.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::meter::{Meter, Sent};
use crate::rate_limiter::RateLimiter;

/// Delays records, and counts what was sent.
pub(crate) struct Pace {
    limiter: RateLimiter,
    clock: Clock,
    meter: Arc<Meter>,
    /// What the meter was not told as yet.
    sent: Sent,
}

impl Pace {
    pub(crate) fn new(records_per_second: u64, clock: Clock, meter: Arc<Meter>) -> Self {
        let limiter = RateLimiter::new(records_per_second);
        Self { limiter, clock, meter, sent: Sent::default() }
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

    /// Waits until `records` records may be sent.
    ///
    /// # Errors
    ///
    /// When the exporter is to stop, at once.
    pub(crate) fn wait_for(&mut self, records: u32) -> io::Result<()> {
        let delay = self.limiter.take(self.now(), records);
        if delay.is_zero() {
            return Ok(());
        }
        self.publish();
        self.meter.delayed(delay);
        self.clock.sleep(delay)
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
