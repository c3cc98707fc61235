//! Schedules over days, months and clocks that are set.

use proptest::prelude::*;

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next `count` times after `from`, in UTC.
fn times(cron: &str, timezone: &str, from: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(cron, timezone).unwrap();
    let mut at = time(from);
    let mut next = || {
        at = schedule.next_after(at).unwrap();
        at.to_string()
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn the_default_is_each_quarter_of_an_hour() {
    let found = times(DEFAULT_CRON, DEFAULT_TIMEZONE, "2026-11-26T08:50:01Z", 2);
    assert_eq!(found, ["2026-11-26T09:00:00Z", "2026-11-26T09:15:00Z"]);
}

#[test]
fn a_time_of_the_schedule_is_not_the_next_after_itself() {
    let found = times(DEFAULT_CRON, "UTC", "2026-11-26T09:00:00Z", 1);
    assert_eq!(found, ["2026-11-26T09:15:00Z"]);
}

#[test]
fn six_fields_have_the_second_in_front() {
    let found = times("30 0 6 * * *", "UTC", "2026-11-26T07:00:00Z", 1);
    assert_eq!(found, ["2026-11-27T06:00:30Z"]);
}

#[test]
fn what_quartz_writes_means_what_it_means_there() {
    // 2026-11-29 is a Sunday, day 1 of Quartz's week.
    let found = times("0 0/20 8 ? * 1", "UTC", "2026-11-26T07:00:00Z", 4);
    let expected = [
        "2026-11-29T08:00:00Z",
        "2026-11-29T08:20:00Z",
        "2026-11-29T08:40:00Z",
        "2026-12-06T08:00:00Z",
    ];
    assert_eq!(found, expected);
    let named = times("0 0 8 ? * SUN", "UTC", "2026-11-26T07:00:00Z", 1);
    assert_eq!(named, ["2026-11-29T08:00:00Z"]);
    let of_month = times("0 0 8 1 * ?", "UTC", "2026-11-26T07:00:00Z", 1);
    assert_eq!(of_month, ["2026-12-01T08:00:00Z"]);
}

#[test]
fn without_a_question_mark_days_of_the_week_are_those_of_unix() {
    let found = times("0 8 * * 1", "UTC", "2026-11-26T07:00:00Z", 1);
    assert_eq!(found, ["2026-11-30T08:00:00Z"]);
}

#[test]
fn a_time_zone_moves_the_times() {
    let found = times("0 6 * * *", "America/New_York", "2026-11-26T00:00:00Z", 1);
    assert_eq!(found, ["2026-11-26T11:00:00Z"]);
    let odd = times("0 6 * * *", "Asia/Kathmandu", "2026-11-26T00:00:00Z", 1);
    assert_eq!(odd, ["2026-11-26T00:15:00Z"]);
}

#[test]
fn a_time_that_a_clock_set_forward_leaves_out_comes_once_all_the_same() {
    // 02:30 is not on the clocks of Berlin on 2026-03-29: 01:59 is followed by 03:00.
    let found = times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
    assert_eq!(found, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
}

#[test]
fn a_time_that_comes_twice_as_a_clock_is_set_back_counts_once() {
    // 02:30 is on the clocks of Berlin twice on 2026-10-25.
    let found = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(found, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn each_quarter_of_an_hour_goes_on_while_clocks_are_set() {
    for from in ["2026-03-29T00:00:00Z", "2026-10-24T23:00:00Z"] {
        let found = times(DEFAULT_CRON, "Europe/Berlin", from, 24);
        let start = time(from);
        for (position, each) in found.iter().enumerate() {
            let minutes = 15 * (position as i64 + 1);
            let expected = start + jiff::SignedDuration::from_mins(minutes);
            assert_eq!(*each, expected.to_string());
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let refused = |cron: &str, zone: &str| Schedule::parse(cron, zone).unwrap_err().to_string();
    assert!(refused("* * *", "UTC").starts_with("3 fields: give 5"));
    assert!(refused("0 0 * * * * 2027", "UTC").starts_with("7 fields"));
    assert!(refused("61 * * * *", "UTC").contains("write it as"));
    assert!(refused("a b c d e", "UTC").contains("write it as"));
    assert!(refused("0 0 31 2 *", "UTC").contains("no such time"));
    assert!(refused("0 0 * * *", "Berlin").contains("`Berlin` is no time zone"));
    assert!(refused("", "UTC").starts_with("0 fields"));
}

proptest! {
    #[test]
    fn the_next_time_is_later_and_none_lies_between(
        seconds in 1_700_000_000_i64..1_900_000_000,
        cron in prop::sample::select(vec![
            "*/15 * * * *", "0 0/5 * ? * *", "30 2 * * *", "0 0 1 * *", "0 12 * * MON-FRI",
        ]),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
    ) {
        let schedule = Schedule::parse(cron, zone).unwrap();
        let from = Timestamp::from_second(seconds).unwrap();
        let next = schedule.next_after(from).unwrap();
        prop_assert!(next > from);
        // From anywhere in between it is the next one too.
        let between = i64::midpoint(from.as_second(), next.as_second());
        let between = Timestamp::from_second(between).unwrap();
        prop_assert!(schedule.next_after(between).unwrap() == next || between == next);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[0-9*/?,#LW A-Z@+-]{0,30}") {
        drop(Schedule::parse(&text, "UTC"));
    }
}
