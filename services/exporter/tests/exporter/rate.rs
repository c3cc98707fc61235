//! The limit of records per second.

use std::time::{Duration, Instant};

use weir_exporter::Transport;

use crate::support::collector::Collector;
use crate::support::receiver::{TcpReceiver, UdpReceiver};
use crate::support::{Running, collector, simple_run, to_collectors};

const RATE: u64 = 400;
const FLOWS: u64 = 240;

/// What the rate allows in `time`, and 100 ms ahead of it.
fn allowed(time: Duration) -> f64 {
    (time.as_secs_f64() + 0.1) * RATE as f64 + 0.01
}

#[test]
fn no_more_datagrams_arrive_than_the_rate_allows_and_all_arrive() {
    let receiver = UdpReceiver::new();
    let mut config = collector(Transport::Udp, receiver.peer());
    config.records_per_second = RATE;
    let exporter = Running::start(&to_collectors(vec![config]));
    // What is late, arrives late: no delay of this thread can make the rate look higher.
    let started = Instant::now();
    exporter.submit(&simple_run(1, 0..FLOWS / 2));
    exporter.submit(&simple_run(2, FLOWS / 2..FLOWS));
    let mut collector = Collector::new();
    while collector.flows.len() < 240 {
        collector.take(&receiver.next());
        let (arrived, time) = (collector.flows.len() as f64, started.elapsed());
        assert!(arrived <= allowed(time), "{arrived} after {time:?}");
    }
    assert_eq!(collector.numbers(), Vec::from_iter(0..FLOWS));
    collector.assert_unbroken();
}

#[test]
fn a_connection_keeps_the_rate_too() {
    let receiver = TcpReceiver::new();
    let mut config = collector(Transport::Tcp, receiver.peer());
    config.records_per_second = RATE;
    let exporter = Running::start(&to_collectors(vec![config]));
    let started = Instant::now();
    exporter.submit(&simple_run(1, 0..FLOWS));
    let mut connection = receiver.accept();
    connection.receive(240);
    assert!(FLOWS as f64 <= allowed(started.elapsed()), "{:?}", started.elapsed());
    assert_eq!(connection.collector.numbers(), Vec::from_iter(0..FLOWS));
}
