//! What is asked for, and how far the high water rises.

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
