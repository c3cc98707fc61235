//! What was seen in the last hour.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back charts go.
const SPAN: Duration = Duration::from_secs(3600);

/// What was seen at one time. What nobody could tell is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) at: Instant,
    /// Lines that enrichers took, per second.
    pub(crate) lines_in: Option<f64>,
    /// Records that all outputs have, per second.
    pub(crate) records_out: Option<f64>,
    /// Lines that could not be read, per second.
    pub(crate) rejected: Option<f64>,
    /// Octets of runs without a final answer.
    pub(crate) octets: Option<f64>,
    /// How far the slowest source is behind, in seconds.
    pub(crate) lag: Option<f64>,
}

/// The samples of the last hour, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    samples: VecDeque<Sample>,
}

impl History {
    /// Adds a sample and forgets those that are more than an hour older.
    pub(crate) fn push(&mut self, sample: Sample) {
        while self.samples.front().is_some_and(|oldest| sample.at - oldest.at > SPAN) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// What was seen last.
    pub(crate) fn latest(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    /// The values of the last hour up to `now`, in `slots` of the same length, the oldest first:
    /// the highest of each slot, so that no peak is lost.
    pub(crate) fn series(
        &self,
        value: impl Fn(&Sample) -> Option<f64>,
        slots: usize,
        now: Instant,
    ) -> Vec<Option<f64>> {
        let mut series = vec![None; slots];
        for sample in &self.samples {
            let age = now.saturating_duration_since(sample.at);
            let Some(left) = SPAN.checked_sub(age) else { continue };
            // At most `slots`, a small number.
            let slot = (left.as_secs_f64() / SPAN.as_secs_f64() * slots as f64) as usize;
            let (Some(slot), Some(value)) =
                (series.get_mut(slot.min(slots.saturating_sub(1))), value(sample))
            else {
                continue;
            };
            *slot = Some(slot.map_or(value, |highest: f64| highest.max(value)));
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: Instant, lines_in: f64) -> Sample {
        let lines_in = Some(lines_in);
        Sample { at, lines_in, records_out: None, rejected: None, octets: None, lag: None }
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let (mut history, start) = (History::default(), Instant::now());
        for second in 0..10_000_u32 {
            history.push(sample(start + Duration::from_secs(1) * second, f64::from(second)));
        }
        assert_eq!(history.samples.len(), 3601);
        let now = start + Duration::from_secs(9999);
        let series = history.series(|each| each.lines_in, 4, now);
        assert_eq!(series, [Some(7298.0), Some(8198.0), Some(9098.0), Some(9999.0)]);
        assert!(history.series(|each| each.lag, 4, now).iter().all(Option::is_none));
    }

    #[test]
    fn a_peak_is_not_lost_and_what_nobody_saw_is_a_gap() {
        let (mut history, start) = (History::default(), Instant::now());
        for (minute, value) in [(0, 1.0), (1, 90.0), (2, 1.0), (59, 5.0)] {
            history.push(sample(start + Duration::from_secs(60 * minute), value));
        }
        let now = start + SPAN - Duration::from_secs(1);
        let series = history.series(|each| each.lines_in, 6, now);
        assert_eq!(series, [Some(90.0), None, None, None, None, Some(5.0)]);
    }
}
