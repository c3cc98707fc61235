//! Runs of a schedule, on a clock that only waits move.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn runs_begin_in_time_and_none_begins_while_another_is_under_way() {
    let start = time("2026-11-26T08:00:00Z");
    let origin = tokio::time::Instant::now();
    let clock = move || start + origin.elapsed();
    let schedule = Schedule::parse("*/15 * * * *", "UTC").unwrap();
    let timings = watch::Sender::new(Timing { schedule, jitter: Duration::ZERO });
    let (publisher, next_run) = watch::channel(None);
    let begun = Mutex::new(Vec::new());
    let runs = AtomicU64::new(0);
    let begin = || async {
        begun.lock().unwrap().push((clock().as_second() - start.as_second()) / 60);
        // The second one takes longer than a quarter of an hour.
        if runs.fetch_add(1, Ordering::Relaxed) == 1 {
            tokio::time::sleep(Duration::from_secs(20 * 60)).await;
        }
    };
    let an_hour = Duration::from_secs(61 * 60);
    let following = follow(timings.subscribe(), &publisher, clock, begin);
    assert!(tokio::time::timeout(an_hour, following).await.is_err());
    assert_eq!(*begun.lock().unwrap(), [15, 30, 60]);
    assert_eq!(next_run.borrow().unwrap(), time("2026-11-26T09:15:00Z"));
}

#[tokio::test(start_paused = true)]
async fn a_delayed_run_is_not_begun_twice_and_its_time_is_told() {
    let start = time("2026-11-26T08:00:00Z");
    let origin = tokio::time::Instant::now();
    let clock = move || start + origin.elapsed();
    let schedule = Schedule::parse("0 * * * *", "UTC").unwrap();
    let timings = watch::Sender::new(Timing { schedule, jitter: Duration::from_secs(600) });
    let (publisher, next_run) = watch::channel(None);
    let begun = Mutex::new(Vec::new());
    let begin = || async { begun.lock().unwrap().push((clock(), next_run.borrow().unwrap())) };
    let a_day = Duration::from_secs(24 * 3600 + 700);
    let following = follow(timings.subscribe(), &publisher, clock, begin);
    assert!(tokio::time::timeout(a_day, following).await.is_err());
    let begun = begun.into_inner().unwrap();
    assert_eq!(begun.len(), 24);
    for (hour, (at, told)) in (1..).zip(&begun) {
        assert!(at >= told);
        let late = at.as_second() - (start.as_second() + hour * 3600);
        assert!((0..=600).contains(&late), "{late} s late");
    }
}

#[tokio::test(start_paused = true)]
async fn another_schedule_counts_at_once() {
    let start = time("2026-11-26T08:00:00Z");
    let origin = tokio::time::Instant::now();
    let clock = move || start + origin.elapsed();
    let timing =
        |cron| Timing { schedule: Schedule::parse(cron, "UTC").unwrap(), jitter: Duration::ZERO };
    let timings = watch::Sender::new(timing("0 0 1 1 *"));
    let (publisher, next_run) = watch::channel(None);
    let begun = Mutex::new(Vec::new());
    let begin = || async { begun.lock().unwrap().push(clock().to_string()) };
    let following = follow(timings.subscribe(), &publisher, clock, begin);
    let changing = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(next_run.borrow().unwrap(), time("2027-01-01T00:00:00Z"));
        timings.send_replace(timing("*/20 * * * *"));
        tokio::time::sleep(Duration::from_secs(20 * 60)).await;
    };
    tokio::select! {
        () = following => {}
        () = changing => {}
    }
    assert_eq!(*begun.lock().unwrap(), ["2026-11-26T08:20:00Z"]);
}
