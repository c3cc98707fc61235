//! Which events to ask for next, and how far a group was read.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// How far a slice reaches at first while a long time is caught up with.
const SLICE: u64 = 3_600_000;

/// The shortest slice.
const SHORTEST: u64 = 60_000;

/// Pages of a slice, at most, unless it is the shortest: a longer one is cut and asked for again. A
/// slice is what is read again after a failure.
const MANY_PAGES: u32 = 16;

/// By how much a slice is cut whose events do not tell where.
const CUT: u64 = 8;

/// Pages of a slice up to which slices get longer.
const FEW_PAGES: u32 = 2;

/// A pass in so many reaches back by another overlap, to find events that came too late for it.
const LOOK_BACK: u64 = 10;

/// How far the high water is behind the time at most, once all up to there was read and was
/// nothing: a day. It bounds what is asked for again and again of a group without events.
pub(crate) const HORIZON: u64 = 86_400_000;

/// Which events to ask for next, and how far a group was read. All times are milliseconds since
/// 1970-01-01 00:00 UTC.
///
/// A pass goes over all events whose timestamps are in the window: from the high water minus the
/// overlap to now minus the settle time, in slices while that is long. The **high water** is the
/// latest ingestion time that was seen; never a time at which nothing came. It is held back
/// further by two bounds, so that an event is in the window of a later pass if it becomes visible
/// within the overlap after its timestamp, whatever the order in which events become visible:
///
/// - the start of the pass: what becomes visible behind the page that is read is younger than the
///   start minus the overlap;
/// - the end of the slice plus the overlap: what follows it was not read as yet.
#[derive(Debug)]
pub(crate) struct Window {
    overlap: u64,
    settle: u64,
    high_water: u64,
    /// How long the next slice is.
    slice: u64,
    passes: u64,
    pass: Option<Pass>,
}

#[derive(Debug)]
struct Pass {
    began: u64,
    end: u64,
    /// Events from before this are late.
    on_time: u64,
    /// The latest ingestion time of the events seen.
    seen: u64,
    first: u64,
    slice_start: u64,
    slice_end: u64,
    pages: u32,
    token: Option<String>,
    /// The earliest and the latest timestamp in the slice so far.
    spread: Option<(u64, u64)>,
    /// It was cut where its events begin.
    is_trimmed: bool,
}

/// What to ask FilterLogEvents for. Both times belong to it
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) token: Option<String>,
}

/// What ended with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The page alone.
    Page,
    /// A slice; others follow.
    Slice,
    /// The pass.
    Pass,
    /// The pass, without success: the page leads to itself, and what follows it cannot be read.
    Stuck,
}

impl Window {
    pub(crate) fn new(overlap: Duration, settle: Duration, high_water: u64) -> Self {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let overlap = milliseconds(overlap);
        let settle = milliseconds(settle).min(overlap);
        Self { overlap, settle, high_water, slice: SLICE, passes: 0, pass: None }
    }

    /// Begins a pass, unless one is under way. False when there is nothing to ask for as yet.
    pub(crate) fn begin(&mut self, now: u64) -> bool {
        if self.pass.is_some() {
            return true;
        }
        let on_time = self.high_water.saturating_sub(self.overlap);
        let looks_back = self.passes > 0 && self.passes.is_multiple_of(LOOK_BACK);
        let start = if looks_back { on_time.saturating_sub(self.overlap) } else { on_time };
        let end = now.saturating_sub(self.settle);
        if start > end {
            return false;
        }
        self.pass = Some(Pass {
            began: now,
            end,
            on_time,
            seen: 0,
            first: start,
            slice_start: start,
            slice_end: start.saturating_add(self.slice).min(end),
            pages: 0,
            token: None,
            spread: None,
            is_trimmed: false,
        });
        true
    }

    /// What to ask for next; none between passes.
    pub(crate) fn request(&self) -> Option<Request> {
        let pass = self.pass.as_ref()?;
        Some(Request { start: pass.slice_start, end: pass.slice_end, token: pass.token.clone() })
    }

    /// An event was seen, whether or not it was seen before.
    pub(crate) fn saw(&mut self, timestamp: u64, ingestion: u64) {
        if let Some(pass) = &mut self.pass {
            pass.seen = pass.seen.max(ingestion);
            let (earliest, latest) = pass.spread.unwrap_or((timestamp, timestamp));
            pass.spread = Some((earliest.min(timestamp), latest.max(timestamp)));
        }
    }

    /// Whether an event with this timestamp is only seen because the pass looks back.
    pub(crate) fn is_late(&self, timestamp: u64) -> bool {
        self.pass.as_ref().is_some_and(|pass| timestamp < pass.on_time)
    }

    /// A page was read that names `next` as the one after it. Unless `may_rise`, the high water
    /// stays where it is at the end of a slice.
    pub(crate) fn turn(&mut self, next: Option<String>, may_rise: bool) -> Turn {
        let Some(pass) = &mut self.pass else { return Turn::Pass };
        pass.pages = pass.pages.saturating_add(1);
        if next.is_some() && next == pass.token {
            self.pass = None;
            return Turn::Stuck;
        }
        if next.is_some() {
            pass.token = next;
            if pass.pages >= MANY_PAGES && pass.slice_end - pass.slice_start > SHORTEST {
                self.slice = pass.cut();
            }
            return Turn::Page;
        }
        let is_over = pass.slice_end >= pass.end;
        let read = pass.slice_end.saturating_add(self.overlap).min(pass.began);
        if is_over || may_rise {
            self.high_water = self.high_water.max(pass.seen.min(read));
        }
        if is_over {
            self.high_water = self.high_water.max(read.saturating_sub(HORIZON));
            (self.passes, self.pass) = (self.passes + 1, None);
            return Turn::Pass;
        }
        let length = pass.slice_end - pass.slice_start;
        if pass.pages <= FEW_PAGES && length >= self.slice {
            self.slice = self.slice.saturating_mul(2);
        }
        // The ends touch: an event at the very end is seen twice, and known then.
        pass.slice_start = pass.slice_end;
        pass.slice_end = pass.slice_start.saturating_add(self.slice).min(pass.end);
        pass.is_trimmed = false;
        pass.start_slice();
        Turn::Slice
    }

    /// The token is not good any more: the slice is asked for from its start.
    pub(crate) fn restart_slice(&mut self) {
        if let Some(pass) = &mut self.pass {
            pass.start_slice();
        }
    }

    /// How far the group was read.
    pub(crate) fn high_water(&self) -> u64 {
        self.high_water
    }

    /// Where the present pass began to read; where the next would, between passes.
    pub(crate) fn pass_start(&self) -> u64 {
        let next = || self.high_water.saturating_sub(self.overlap);
        self.pass.as_ref().map_or_else(next, |pass| pass.first)
    }

    /// Events from before this are not seen again, not even by a pass that looks back.
    pub(crate) fn oldest(&self) -> u64 {
        self.high_water.saturating_sub(self.overlap.saturating_mul(2))
    }

    /// From when on events are still to be read, while a pass has slices to come.
    pub(crate) fn behind(&self) -> Option<u64> {
        let pass = self.pass.as_ref()?;
        (pass.slice_end < pass.end).then_some(pass.slice_start)
    }
}

impl Pass {
    /// Cuts a slice with many pages, which is asked for again: where its events begin, or where
    /// they got to, since they are sorted by time. How long the slices after it are.
    fn cut(&mut self) -> u64 {
        let (start, end) = (self.slice_start, self.slice_end);
        let length = end - start;
        let (earliest, latest) = self.spread.unwrap_or((start, end));
        let reached = latest.saturating_sub(start).max(SHORTEST);
        let next = if !self.is_trimmed && (start + SHORTEST..end).contains(&earliest) {
            self.is_trimmed = true;
            self.slice_end = earliest;
            (latest - earliest).max(SHORTEST)
        } else {
            let shorter = (length / CUT).max(SHORTEST);
            let next = if reached <= length - length / CUT { reached } else { shorter };
            self.slice_end = start + next;
            next
        };
        self.start_slice();
        next
    }

    fn start_slice(&mut self) {
        (self.token, self.pages, self.spread) = (None, 0, None);
    }
}
