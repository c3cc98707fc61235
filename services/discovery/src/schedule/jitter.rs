//! A random delay, so that not everything that runs at full hours calls AWS at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::Timestamp;

/// Where delays come from: a process has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Jitter(RandomState);

impl Jitter {
    /// A delay for a run that is due at `due` with the next one at `following`: from nothing to
    /// `most`, and to half of the time in between at most.
    pub(super) fn delay(
        &self,
        due: Timestamp,
        following: Option<Timestamp>,
        most: Duration,
    ) -> Duration {
        let gap = following.and_then(|next| Duration::try_from(next.duration_since(due)).ok());
        let most = gap.map_or(most, |gap| most.min(gap / 2));
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let drawn = self.0.hash_one(due.as_second());
        Duration::from_millis(drawn % most.saturating_add(1).max(1))
    }
}
