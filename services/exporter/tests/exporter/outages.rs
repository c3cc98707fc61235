//! Outputs that are down while others are not.

use std::time::{Duration, Instant};

use weir_delivery::{Answer, RetryReason};
use weir_exporter::{
    Backoff, CollectorConfig, DropReason, ExportError, ExporterConfig, FileTarget, NotTaken,
    OutputConfig, OutputState, OutputTarget, Stopped, Transport, WhenDown,
};
use weir_ipfix::{AddressFamily, Layout};

use crate::support::collector::Collector;
use crate::support::receiver::{TcpReceiver, UdpReceiver, absent_tcp, peer};
use crate::support::{
    Running, collector, flows, large_run, lasting, run, simple_run, to_collectors,
};

/// To a collector that is up and one that is not.
fn to_both(
    receiver: &UdpReceiver,
    absent: std::net::SocketAddr,
    when_down: WhenDown,
) -> ExporterConfig {
    let up = collector(Transport::Udp, receiver.peer());
    let down = CollectorConfig { when_down, ..collector(Transport::Tcp, peer(absent)) };
    to_collectors(vec![up, down])
}

#[test]
fn an_output_that_drops_holds_nothing_up_and_counts_each_record() {
    let (receiver, absent) = (UdpReceiver::new(), absent_tcp());
    let exporter = Running::start(&lasting(to_both(&receiver, absent, WhenDown::Drop)));
    (0..5).for_each(|id| exporter.deliver(&simple_run(u128::from(id), id * 100..id * 100 + 100)));
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 500);
    assert_eq!(collector.numbers(), Vec::from_iter(0..500));
    let reason = exporter.down(1);
    assert!(reason.contains("refused"), "{reason}");

    let later = TcpReceiver::bind(absent);
    exporter.up(1);
    exporter.deliver(&simple_run(5, 500..550));
    let mut connection = later.accept();
    connection.receive(50);
    assert_eq!(connection.collector.numbers(), Vec::from_iter(500..550));
    let report = exporter.report();
    let [up, down] = &report.outputs[..] else { panic!("{report:?}") };
    assert_eq!((up.records, up.dropped_records()), (550, 0));
    assert_eq!((down.records, down.dropped[DropReason::OutputDown as usize]), (50, 500));
    assert_eq!(down.state, OutputState::Up);
    assert_eq!((report.runs, report.pending_runs), (6, 0));
}

#[test]
fn what_is_dropped_while_a_connection_breaks_is_whole_runs() {
    let receiver = TcpReceiver::new();
    let when_down = WhenDown::Drop;
    let config = CollectorConfig { when_down, ..collector(Transport::Tcp, receiver.peer()) };
    let exporter = Running::start(&lasting(to_collectors(vec![config])));
    exporter.deliver(&simple_run(1, 0..10));
    let mut first = receiver.accept();
    first.receive(10);
    exporter.submit(&large_run(2, 10..3010));
    first.receive(100);
    // Nobody takes the connection that is made next: the listener goes first, so that the system
    // does not take it in its place.
    drop((receiver, first));
    exporter.committed(&simple_run(2, 0..0));
    assert_eq!(exporter.report().outputs[0].dropped_records(), 3000);
}

#[test]
fn a_run_waits_for_the_output_that_is_down_and_goes_to_each_once() {
    let (receiver, absent) = (UdpReceiver::new(), absent_tcp());
    let exporter = Running::start(&lasting(to_both(&receiver, absent, WhenDown::Wait)));
    let runs = [simple_run(1, 0..100), simple_run(2, 100..200)];
    runs.iter().for_each(|run| exporter.submit(run));
    let mut udp = Collector::new();
    receiver.receive(&mut udp, 200);
    exporter.down(1);
    assert_eq!(exporter.answer_within(Duration::from_millis(50)), None);
    let status = exporter.exporter().status();
    assert_eq!((status.runs, status.pending_runs), (0, 2));
    let [up, down] = &status.outputs[..] else { panic!("{status:?}") };
    assert_eq!((up.waiting_runs, up.waiting_octets), (0, 0));
    let octets: usize = runs.iter().map(|run| run.octets()).sum();
    assert_eq!((down.waiting_runs, down.waiting_octets), (2, octets as u64));

    let later = TcpReceiver::bind(absent);
    let mut connection = later.accept();
    connection.receive(200);
    runs.iter().for_each(|run| exporter.committed(run));
    exporter.report();
    assert!(receiver.is_silent() && connection.is_at_end());
    assert_eq!(udp.numbers(), Vec::from_iter(0..200));
    assert_eq!(connection.collector.numbers(), Vec::from_iter(0..200));
}

#[test]
fn every_output_gets_runs_in_order_whatever_its_pace() {
    let (fast, slow, tcp) = (UdpReceiver::new(), UdpReceiver::new(), TcpReceiver::new());
    let mut config = to_collectors(vec![
        collector(Transport::Udp, fast.peer()),
        collector(Transport::Udp, slow.peer()),
        collector(Transport::Tcp, tcp.peer()),
    ]);
    config.collectors[1].records_per_second = 1000;
    let exporter = Running::start(&config);
    let runs: Vec<_> =
        (0..20).map(|id| simple_run(u128::from(id), id * 10..id * 10 + 10)).collect();
    runs.iter().for_each(|run| exporter.submit(run));
    for receiver in [&fast, &slow] {
        let mut collector = Collector::new();
        receiver.receive(&mut collector, 200);
        assert_eq!(collector.numbers(), Vec::from_iter(0..200));
    }
    let mut connection = tcp.accept();
    connection.receive(200);
    assert_eq!(connection.collector.numbers(), Vec::from_iter(0..200));
    runs.iter().for_each(|run| exporter.committed(run));
    exporter.report();
}

#[test]
fn a_stop_ends_the_wait_for_an_output_that_is_down() {
    let (receiver, absent) = (UdpReceiver::new(), absent_tcp());
    let mut config = lasting(to_both(&receiver, absent, WhenDown::Wait));
    config.backoff = Backoff::every(Duration::from_secs(3600));
    let exporter = Running::start(&config);
    exporter.submit(&simple_run(1, 0..100));
    exporter.down(1);
    exporter.exporter().stopper().stop();
    assert_eq!(exporter.exporter().submit(simple_run(2, 0..1)), Err(Stopped));
    let (report, answers) = exporter.finish();
    assert_eq!((report.expect("is no failure").runs, answers), (0, Vec::new()));
}

#[test]
fn a_stop_cuts_a_write_that_nobody_reads() {
    let receiver = TcpReceiver::new();
    let config = to_collectors(vec![collector(Transport::Tcp, receiver.peer())]);
    let exporter = Running::start(&config);
    exporter.submit(&large_run(1, 0..6000));
    let mut connection = receiver.accept();
    connection.receive(1);
    let start = Instant::now();
    exporter.exporter().stopper().stop();
    let (report, answers) = exporter.finish();
    assert_eq!((report.expect("is no failure").runs, answers), (0, Vec::new()));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn an_output_is_given_up_in_the_end_where_that_is_asked_for() {
    let (receiver, absent) = (UdpReceiver::new(), absent_tcp());
    let give_up_after = Some(Duration::from_millis(100));
    let config = lasting(to_both(&receiver, absent, WhenDown::Wait));
    let exporter = Running::start(&ExporterConfig { give_up_after, ..config });
    exporter.submit(&simple_run(1, 0..100));
    let refused =
        (2..).map(|id| exporter.exporter().submit(simple_run(id, 0..10))).find(Result::is_err);
    assert_eq!(refused, Some(Err(Stopped)));
    let (result, answers) = exporter.finish();
    let error = result.expect_err("is given up");
    assert!(matches!(error, ExportError::Connect { .. }), "{error:?}");
    assert_eq!(answers, []);
}

#[test]
fn a_run_too_many_comes_back() {
    let absent = absent_tcp();
    let config = lasting(to_collectors(vec![collector(Transport::Tcp, peer(absent))]));
    let running = Running::start(&ExporterConfig { max_pending_runs: 2, ..config });
    let exporter = running.exporter();
    let check = |id| exporter.check(simple_run(id, 0..10)).expect("is well formed");
    for id in 1..=2 {
        exporter.try_submit(check(id)).expect("is taken");
    }
    let Err(NotTaken::Full(third)) = exporter.try_submit(check(3)) else { panic!("is full") };
    let later = TcpReceiver::bind(absent);
    let mut connection = later.accept();
    connection.receive(20);
    (1..=2).for_each(|id| running.committed(&simple_run(id, 0..10)));
    let mut back = *third;
    // Its place is free a moment after its answer.
    while let Err(NotTaken::Full(again)) = exporter.try_submit(back) {
        back = *again;
    }
    running.committed(&simple_run(3, 0..10));
    running.report();
}

#[test]
fn a_check_tells_what_the_answer_is() {
    let exporter = Running::start(&ExporterConfig::default());
    let stale = run(1, vec![flows(&Layout::new(AddressFamily::V4, 1), 7, 0..1)]);
    let answer = exporter.exporter().check(stale).expect_err("is refused");
    assert_eq!(answer, Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO));
    let whole = exporter.exporter().check(simple_run(2, 0..3)).expect("is whole");
    assert_eq!((whole.id().0, whole.len()), (2, 3));
    exporter.report();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_waited_for_in_a_service() {
    let full = FileTarget::File("/dev/full".into());
    let config = lasting(ExporterConfig {
        outputs: vec![OutputConfig::new(OutputTarget::JsonLines(full.clone()))],
        ..ExporterConfig::default()
    });
    let exporter = Running::start(&config);
    exporter.submit(&simple_run(1, 0..10));
    let reason = exporter.down(0);
    assert!(reason.starts_with("cannot write to /dev/full: No space left"), "{reason}");
    exporter.exporter().stopper().stop();
    let (report, answers) = exporter.finish();
    assert_eq!((report.expect("is no failure").runs, answers), (0, Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_drops_where_that_is_asked_for() {
    let full = FileTarget::File("/dev/full".into());
    let mut output = OutputConfig::new(OutputTarget::JsonLines(full));
    output.when_down = WhenDown::Drop;
    let outputs = vec![output];
    // Also where nothing is waited for.
    for config in [ExporterConfig::default(), lasting(ExporterConfig::default())] {
        let config = ExporterConfig { outputs: outputs.clone(), ..config };
        let exporter = Running::start(&config);
        (0..3).for_each(|id| exporter.deliver(&simple_run(id, 0..10)));
        let report = exporter.report();
        assert_eq!((report.outputs[0].dropped_records(), report.outputs[0].records), (30, 0));
    }
}
