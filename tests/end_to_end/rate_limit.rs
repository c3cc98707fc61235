//! The rate limit: smooth, and nothing is lost.

use std::time::Duration;

use serde_json::json;
use weir_tests::{Datagrams, Environment, UdpSink, run};

const RATE: u64 = 2000;

/// What may be sent at once, as time at the rate.
const BURST: Duration = Duration::from_millis(100);

#[test]
fn no_more_records_arrive_than_the_rate_allows_and_all_of_them_do() {
    let environment = Environment::generate(&["--records", "1000"]);
    let sink = UdpSink::open();
    let rate = RATE.to_string();
    let arguments = ["--collector", &sink.url(), "--rate-limit", &rate];
    let run = run(environment.replay().args(arguments)).ended_with(0);
    assert_eq!(run.summary()["exported"], 1000);
    let datagrams = sink.close();
    let messages = Datagrams::decode(&datagrams);
    let counts: Vec<u64> = messages.iter().map(|message| message.records.len() as u64).collect();
    assert_eq!(counts.iter().sum::<u64>(), 1000);
    // Since the first record, never more than the time that has passed and one burst allow. A
    // slow machine makes the time longer, so that this holds there all the more.
    let first = datagrams.iter().zip(&counts).find(|(_, count)| **count > 0).unwrap().0.at;
    let mut sent = 0;
    for (datagram, count) in datagrams.iter().zip(&counts) {
        sent += count;
        let allowed = (datagram.at - first + BURST + BURST / 10).as_secs_f64() * RATE as f64;
        let elapsed = datagram.at - first;
        assert!(sent as f64 <= allowed.ceil(), "{sent} records within {elapsed:?}");
    }
}

#[test]
fn a_rate_of_one_message_at_a_time_still_sends_all() {
    let environment = Environment::generate(&["--records", "20"]);
    let sink = UdpSink::open();
    let arguments = ["--collector", &sink.url(), "--rate-limit", "50"];
    let run = run(environment.replay().args(arguments)).ended_with(0);
    assert_eq!(run.summary()["rejected"], json!({}));
    let messages = Datagrams::decode(&sink.close());
    let most = messages.iter().map(|message| message.records.len()).max();
    assert!(most <= Some(5), "100 ms at 50 records a second are 5 records, not {most:?}");
    assert_eq!(messages.iter().map(|message| message.records.len()).sum::<usize>(), 20);
}
