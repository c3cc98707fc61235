//! Collectors that are reached over TCP.

use std::time::Duration;

use weir_exporter::Transport;

use crate::support::receiver::{TcpReceiver, absent_tcp, peer};
use crate::support::{
    Running, collector, flows, large_run, layouts, run, simple_run, to_collectors,
};

fn exporter_to(receiver: &TcpReceiver) -> Running {
    Running::start(&to_collectors(vec![collector(Transport::Tcp, receiver.peer())]))
}

#[test]
fn messages_follow_each_other_in_the_stream() {
    let (receiver, layouts) = (TcpReceiver::new(), layouts());
    let exporter = exporter_to(&receiver);
    let groups = vec![
        flows(&layouts.v4, 7, 0..60),
        flows(&layouts.v6, 7, 60..100),
        flows(&layouts.v4, 8, 100..140),
    ];
    exporter.deliver(&run(1, groups));
    exporter.deliver(&simple_run(2, 140..250));
    let mut connection = receiver.accept();
    connection.receive(250);
    let report = exporter.report();
    assert!(connection.is_at_end());
    let collector = &connection.collector;
    collector.assert_unbroken();
    assert_eq!(collector.numbers(), Vec::from_iter(0..250));
    assert_eq!(collector.flows, collector.flows_without_padding());
    assert!(collector.messages.iter().all(|message| message.octets <= 1420));
    let octets: usize = collector.messages.iter().map(|message| message.octets).sum();
    let counted = &report.outputs[0];
    assert_eq!((counted.octets, counted.records), (octets as u64, 250));
}

#[test]
fn a_run_whose_connection_breaks_goes_again_as_a_whole_in_a_new_session() {
    let receiver = TcpReceiver::new();
    let exporter = exporter_to(&receiver);
    exporter.deliver(&simple_run(1, 0..50));
    let mut first = receiver.accept();
    first.receive(50);

    let large = large_run(2, 50..3050);
    exporter.submit(&large);
    first.receive(60);
    let collector = first.collector.numbers();
    // What is not read makes this a reset.
    drop(first);
    let mut second = receiver.accept();
    second.receive(3000);
    exporter.committed(&large);
    exporter.deliver(&simple_run(3, 3050..3060));
    second.receive(3010);
    exporter.report();

    assert_eq!(collector, Vec::from_iter(0..collector.len() as u64));
    second.collector.assert_unbroken();
    assert_eq!(second.collector.numbers(), Vec::from_iter(50..3060));
}

#[test]
fn nothing_is_written_to_a_connection_that_was_closed_between_runs() {
    let receiver = TcpReceiver::new();
    let exporter = exporter_to(&receiver);
    for id in 0..5 {
        let numbers = id * 100..id * 100 + 100;
        exporter.deliver(&simple_run(u128::from(id), numbers.clone()));
        let mut connection = receiver.accept();
        connection.receive(100);
        connection.collector.assert_unbroken();
        assert_eq!(connection.collector.numbers(), Vec::from_iter(numbers));
    }
    assert_eq!(exporter.report().outputs[0].records, 500, "nothing went twice");
}

#[test]
fn a_collector_that_comes_up_later_gets_everything() {
    let address = absent_tcp();
    let config = collector(Transport::Tcp, peer(address));
    let exporter = Running::start(&to_collectors(vec![config]));
    let (one, two) = (simple_run(1, 0..100), simple_run(2, 100..200));
    exporter.submit(&one);
    exporter.submit(&two);
    assert_eq!(exporter.answer_within(Duration::from_millis(100)), None);
    let receiver = TcpReceiver::bind(address);
    let mut connection = receiver.accept();
    connection.receive(200);
    exporter.committed(&one);
    exporter.committed(&two);
    connection.collector.assert_unbroken();
    assert_eq!(connection.collector.numbers(), Vec::from_iter(0..200));
}
