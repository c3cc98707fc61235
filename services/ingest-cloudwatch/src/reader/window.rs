//! Which events to ask for next, and how far a group was read.

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

#[cfg(test)]
mod tests {
    use super::*;

    const OVERLAP: Duration = Duration::from_secs(900);
    const HOUR: u64 = 3_600_000;

    fn window(high_water: u64) -> Window {
        Window::new(OVERLAP, Duration::from_secs(30), high_water)
    }

    fn page(token: &str) -> Option<String> {
        Some(token.to_owned())
    }

    #[test]
    fn a_pass_asks_from_the_high_water_less_the_overlap_to_now_less_the_settle_time() {
        let mut window = window(100 * HOUR);
        assert!(window.begin(100 * HOUR + 60_000));
        let (start, end) = (100 * HOUR - 900_000, 100 * HOUR + 30_000);
        assert_eq!(window.request(), Some(Request { start, end, token: None }));
    }

    #[test]
    fn pages_are_followed_to_their_end() {
        let mut window = window(100 * HOUR);
        window.begin(100 * HOUR);
        assert_eq!(window.turn(page("a"), true), Turn::Page);
        assert_eq!(window.request().unwrap().token, page("a"));
        assert_eq!(window.turn(page("b"), true), Turn::Page);
        assert_eq!(window.turn(None, true), Turn::Pass);
        assert_eq!(window.request(), None);
    }

    #[test]
    fn a_token_that_leads_to_itself_ends_the_pass_without_a_higher_high_water() {
        let mut window = window(100 * HOUR);
        window.begin(100 * HOUR + 9);
        window.saw(0, 100 * HOUR + 5);
        assert_eq!(window.turn(page("a"), true), Turn::Page);
        assert_eq!(window.turn(page("a"), true), Turn::Stuck);
        assert_eq!((window.request(), window.high_water()), (None, 100 * HOUR));
    }

    #[test]
    fn the_high_water_is_what_was_seen_and_not_the_time() {
        let mut window = window(100 * HOUR);
        window.begin(101 * HOUR);
        window.saw(0, 100 * HOUR + 5);
        assert_eq!(window.turn(None, true), Turn::Slice);
        window.turn(None, true);
        assert_eq!(window.high_water(), 100 * HOUR + 5);
        window.begin(102 * HOUR);
        while window.turn(None, true) != Turn::Pass {}
        assert_eq!(window.high_water(), 100 * HOUR + 5, "nothing came");
    }

    #[test]
    fn the_high_water_does_not_pass_the_start_of_the_pass() {
        let mut window = window(100 * HOUR);
        window.begin(100 * HOUR + 10);
        window.saw(0, 100 * HOUR + 99);
        window.turn(None, true);
        assert_eq!(window.high_water(), 100 * HOUR + 10);
    }

    #[test]
    fn a_group_without_events_is_asked_for_a_day_at_most() {
        let mut window = window(100 * HOUR);
        window.begin(200 * HOUR);
        while window.turn(None, true) != Turn::Pass {}
        assert_eq!(window.high_water(), 176 * HOUR);
    }

    #[test]
    fn what_is_caught_up_with_is_read_in_slices_that_follow_each_other() {
        let mut window = window(0);
        window.begin(500_000 * HOUR);
        let (mut last, mut slices) = (0, 0);
        loop {
            let request = window.request().unwrap();
            assert_eq!(request.start, last);
            last = request.end;
            slices += 1;
            window.saw(0, 499_999 * HOUR);
            let turn = window.turn(None, true);
            if turn == Turn::Pass {
                break;
            }
            assert!(window.high_water() <= last + 900_000, "what follows is not read");
        }
        assert_eq!(last, 500_000 * HOUR - 30_000);
        assert!(slices < 30, "{slices} slices for 57 years without pages");
    }

    fn length(window: &Window) -> Option<u64> {
        window.request().map(|each| each.end - each.start)
    }

    fn many_pages(window: &mut Window, timestamps: impl IntoIterator<Item = u64>) {
        timestamps.into_iter().for_each(|timestamp| window.saw(timestamp, timestamp));
        for token in 0..MANY_PAGES {
            assert_eq!(window.turn(Some(token.to_string()), true), Turn::Page);
        }
    }

    #[test]
    fn a_slice_with_many_pages_is_cut_and_asked_for_again() {
        let mut window = window(0);
        window.begin(100 * HOUR);
        assert_eq!(length(&window), Some(HOUR));
        many_pages(&mut window, [0, HOUR / 2]);
        let end = HOUR / 2;
        assert_eq!(window.request(), Some(Request { start: 0, end, token: None }));
        many_pages(&mut window, [end, 0]);
        let end = end / CUT;
        assert_eq!(window.request(), Some(Request { start: 0, end, token: None }), "no order");
        window.saw(0, HOUR);
        for token in ["a", "b", "c"] {
            assert_eq!(window.turn(page(token), true), Turn::Page);
        }
        assert_eq!(window.turn(None, true), Turn::Slice);
        assert_eq!(window.request(), Some(Request { start: end, end: 2 * end, token: None }));
        let what = "behind the cut nothing was read";
        assert_eq!(window.high_water(), end + 900_000, "{what}");
        while window.turn(None, true) != Turn::Pass {}
        window.begin(200 * HOUR);
        assert!(length(&window) > Some(end), "slices without pages get longer");
    }

    #[test]
    fn a_long_time_before_the_first_event_costs_few_pages() {
        let (year, minute) = (8766 * HOUR, HOUR / 60);
        let (first, now) = (56 * year, 56 * year + 20 * minute);
        let mut window = window(0);
        window.begin(now);
        let mut pages = 0;
        // 20 events in a second, 100 on a page, sorted.
        loop {
            let Request { start, end, token } = window.request().unwrap();
            let from: u64 = token.map_or(start.max(first), |token| token.parse().unwrap());
            let until = (from + 5000).min(end);
            if from <= end {
                window.saw(from, from);
                window.saw(until, until);
            }
            pages += 1;
            if window.turn((until < end).then(|| until.to_string()), true) == Turn::Pass {
                break;
            }
        }
        // As few as the 234 that have events, the 20 before them, and some that are read again.
        assert!(pages < 330, "{pages} pages");
    }

    #[test]
    fn the_shortest_slice_is_read_whatever_it_has() {
        let mut window = Window::new(OVERLAP, Duration::ZERO, 100 * HOUR);
        window.begin(100 * HOUR);
        let mut last = None;
        for token in 0..200 {
            window.turn(Some(token.to_string()), true);
            last = window.request();
        }
        let last = last.unwrap();
        assert_eq!((last.end - last.start, last.token), (SHORTEST, page("199")));
    }

    #[test]
    fn a_clock_that_went_back_waits() {
        let mut window = window(100 * HOUR);
        assert!(!window.begin(99 * HOUR));
        assert_eq!(window.request(), None);
    }

    #[test]
    fn now_and_then_a_pass_reaches_back_by_another_overlap() {
        let mut window = window(100 * HOUR);
        let mut starts = Vec::new();
        for _ in 0..=LOOK_BACK {
            window.begin(100 * HOUR);
            starts.push(window.request().unwrap().start);
            assert!(!window.is_late(100 * HOUR - 900_000));
            assert!(window.is_late(100 * HOUR - 900_001));
            window.turn(None, true);
        }
        let usual = 100 * HOUR - 900_000;
        assert_eq!(starts.pop(), Some(usual - 900_000));
        assert!(starts.iter().all(|start| *start == usual));
    }
}
