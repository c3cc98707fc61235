//! Which of several exporters an observation domain is at.

use std::fmt;

/// How many exporters share the observation domains, 1 to [`Shards::MOST`]; each is a shard, by
/// its place in the configured list.
///
/// The rule is a pure function of the domain and the count, the same in every process and
/// version: of all shards the one where `mix(domain · 256 + shard)` is largest (rendezvous
/// hashing, Thaler and Ravishankar 1998). So a list that grows by one at its end moves domains to
/// the new exporter alone, one in so many as there are exporters then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shards(u8);

impl Shards {
    /// The most exporters.
    pub const MOST: usize = 64;

    /// One exporter, which has every domain.
    pub const ONE: Self = Self(1);

    /// So many exporters; `None` where there are none or more than [`Shards::MOST`].
    pub fn new(count: usize) -> Option<Self> {
        let count = u8::try_from(count).ok()?;
        (1..=Self::MOST).contains(&usize::from(count)).then_some(Self(count))
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.0.into()
    }

    /// Whether there is one alone.
    pub fn is_one(self) -> bool {
        self == Self::ONE
    }

    /// What each has of a limit that all of them together keep: an equal share, rounded down, so
    /// that the shares add up to the limit at most; but 1 at least where there are more exporters
    /// than that. 0, which is unlimited, stays so.
    pub fn share_of(self, limit: u64) -> u64 {
        match limit {
            0 => 0,
            limit => (limit / u64::from(self.0)).max(1),
        }
    }

    /// The shard that has this observation domain.
    pub fn of_domain(self, observation_domain_id: u32) -> usize {
        self.best(u64::from(observation_domain_id) << 8)
    }

    /// The shard that has the lines of a run that are no records, where the run has no record.
    pub(crate) fn of_run(self, run: u128) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "the halves of a 128-bit number")]
        let halves = (run >> 64) as u64 ^ run as u64;
        self.best(halves << 8)
    }

    /// `mix` is a bijection: no two shards have the same.
    fn best(self, key: u64) -> usize {
        let shards = (0..self.0).max_by_key(|shard| mix(key | u64::from(*shard)));
        shards.map_or(0, usize::from)
    }
}

impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(key: u64) -> u64 {
    let mixed = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
