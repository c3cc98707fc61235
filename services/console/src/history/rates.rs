//! How fast counters grow.

use std::collections::HashMap;
use std::time::Instant;

/// Counters of several processes as they were last seen. Each starts anew with its process.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    last: HashMap<String, u64>,
    at: Option<Instant>,
}

impl Rates {
    /// What all counters have grown by since the last time, per second. A counter that is seen for
    /// the first time counts from now on; one that fell has started anew from 0. `None` the first
    /// time, and where nobody tells a counter.
    pub(crate) fn next(
        &mut self,
        counters: impl IntoIterator<Item = (String, u64)>,
        now: Instant,
    ) -> Option<f64> {
        let elapsed = self.at.map(|at| now.saturating_duration_since(at).as_secs_f64());
        let (mut seen, mut growth) = (HashMap::new(), 0);
        for (name, value) in counters {
            if let Some(last) = self.last.get(&name) {
                growth += value.checked_sub(*last).unwrap_or(value);
            }
            seen.insert(name, value);
        }
        let is_known = !seen.is_empty() && seen.keys().any(|name| self.last.contains_key(name));
        (self.last, self.at) = (seen, Some(now));
        // Exact up to 2^53 a second.
        elapsed.filter(|elapsed| is_known && *elapsed > 0.0).map(|elapsed| growth as f64 / elapsed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn counters_come_go_and_start_anew() {
        let (mut rates, mut now) = (Rates::default(), Instant::now());
        let mut next = |counters: &[(&str, u64)]| {
            now += Duration::from_secs(2);
            rates.next(counters.iter().map(|(name, value)| ((*name).to_owned(), *value)), now)
        };
        assert_eq!(next(&[("a", 1_000_000)]), None);
        assert_eq!(next(&[("a", 1_000_100)]), Some(50.0));
        // Another process: what it counted before is of another time.
        assert_eq!(next(&[("a", 1_000_100), ("b", 5_000)]), Some(0.0));
        assert_eq!(next(&[("a", 40), ("b", 5_010)]), Some(25.0));
        assert_eq!(next(&[]), None);
        assert_eq!(next(&[("a", 60)]), None);
    }
}
