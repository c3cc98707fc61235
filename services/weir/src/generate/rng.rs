//! The pseudo-random generator behind everything that is generated.

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
///
/// It is written out here, with integer arithmetic alone, so that no other version of a library
/// and no other processor can change what a seed generates. A sequence repeats no value within
/// 2^64 draws, which makes the identifiers that are drawn from one generator distinct.
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The generator of one stream: the streams of a seed are independent of each other.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self { state: mix(seed ^ mix(stream)) }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number in `0..bound`, 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `0..bound` of which the low ones are far likelier: each octave (0, 1–2, 3–6,
    /// 7–14, …) is equally likely, which comes close to Zipf's law.
    pub(super) fn skewed(&mut self, bound: u64) -> u64 {
        let octaves = u64::from(u64::BITS - bound.leading_zeros());
        let low = (1 << self.below(octaves)) - 1;
        low + self.below((low + 1).min(bound.saturating_sub(low)))
    }

    /// True once in `odds` draws on average.
    pub(super) fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    /// One of `items`; `None` when there are none.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// One of `items`, the first ones far likelier; `None` when there are none.
    pub(super) fn pick_skewed<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.skewed(items.len() as u64) as usize)
    }

    /// Puts `items` in random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// SplitMix64's output function: a bijection that spreads every input bit over the output.
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
