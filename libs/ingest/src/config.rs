//! What the loop may hold, and how long it waits.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// What the loop may hold, and how long it waits.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// Octets of text that were read and that no exporter has taken over, at most; one run more
    /// is read before it counts. Default: 64 MiB.
    pub max_octets_in_flight: usize,
    /// Runs that are behind no checkpoint, at most. They take about 200 octets each. Default:
    /// 65,536, which is 16 GiB of text.
    pub max_runs_in_flight: usize,
    /// How often what is settled is committed at most. A failure within it costs duplicates.
    /// Default: 1 s.
    pub commit_interval: Duration,
    /// How long a commit or a rewind may take before it counts as failed; a tenth of
    /// [`IngestConfig::grace`] once a shutdown is asked for. Default: 30 s.
    pub call_timeout: Duration,
    /// How long a part is not read again after one of its runs turned out to be unknown: an
    /// exporter that is gone had many runs, and one rewind is enough for all. Default: 500 ms.
    pub rewind_delay: Duration,
    /// The wait after an error of the source.
    pub backoff: Backoff,
    /// How long the end may take after a shutdown is asked for; for six tenths of it answers are
    /// waited for. Default: 25 s.
    pub grace: Duration,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_octets_in_flight: 64 << 20,
            max_runs_in_flight: 65_536,
            commit_interval: Duration::from_secs(1),
            call_timeout: Duration::from_secs(30),
            rewind_delay: Duration::from_millis(500),
            backoff: Backoff::default(),
            grace: Duration::from_secs(25),
        }
    }
}

/// Waits that double, each cut by up to a half at random so that many who failed together do not
/// come back together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first wait. Default: 1 s.
    pub first: Duration,
    /// The longest wait. Default: 60 s.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// The wait after so many failures in a row.
    pub fn wait(self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let longest = doubled.min(self.most);
        // The standard library seeds each state from the system's source of random numbers.
        let chance = RandomState::new().hash_one(failures) % 1024;
        longest - longest.mul_f64(chance as f64 / 2048.0)
    }
}
