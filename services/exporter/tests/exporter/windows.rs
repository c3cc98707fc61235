//! Reports that are counted over intervals: when their rows are written, and when runs are
//! committed.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use weir_delivery::{Answer, EnrichedRun, RunAnswer, RunId};
use weir_exporter::service::ExporterCore;
use weir_exporter::{
    CollectorConfig, ExporterConfig, OutputConfig, OutputTarget, SyslogAddress, Transport,
};
use weir_ipfix::element as ie;
use weir_report::{Report, WindowOptions};
use weir_rpc::link::{FromReceiver, SenderEnd, ToReceiver, in_process};
use weir_rpc::receiver::ReceiverConfig;

use crate::support::collector::Collector;
use crate::support::conversations::{
    HALF_AN_HOUR, MOMENT, conversations, exporter_config, rows, sum, to_file, window,
};
use crate::support::receiver::{TcpReceiver, UdpReceiver, absent_tcp, peer};
use crate::support::{DEADLINE, Running, collector, lasting, to_collectors, wait_until};

fn answer(run: u128, answer: Answer) -> RunAnswer {
    RunAnswer { run: RunId(run), answer }
}

#[test]
fn a_run_is_accepted_at_once_and_committed_when_its_rows_are_written() {
    let window = window(Report::Conversations, MOMENT);
    let (config, path) = to_file("windows_interval.jsonl", &window);
    let exporter = Running::start(&config);
    exporter.submit(&conversations(&window, 1, 0..10));
    assert_eq!(exporter.answer(), answer(1, Answer::Accepted));
    assert_eq!(exporter.answer(), answer(1, Answer::Committed));
    let rows = rows(&path);
    assert_eq!(rows.len(), 10);
    assert_eq!((sum(&rows, "bytes_in"), sum(&rows, "bytes_out")), (10, 20));
    assert!(rows.iter().all(|row| row["nfc_id"] == 20062 && row["flow_count"] == 2));
    let output = exporter.output(0);
    assert_eq!((output.records, output.window.held_runs, output.window.entries), (10, 0, 0));
    assert_eq!(exporter.report().runs, 1);
}

#[test]
fn what_is_in_a_window_is_written_when_the_exporter_ends() {
    for report in Report::ALL {
        let window = window(report, HALF_AN_HOUR);
        let (config, path) = to_file(&format!("windows_end_{}.jsonl", report.number()), &window);
        let exporter = Running::start(&config);
        // More than may be pending: what is counted is not.
        let runs = 3 * config.max_pending_runs as u128;
        for id in 0..runs {
            exporter.submit(&conversations(&window, id, 0..10));
        }
        let (result, answers) = exporter.finish();
        assert_eq!(result.expect("ends").runs, runs as u64);
        let committed = answers.iter().filter(|each| each.answer == Answer::Committed);
        assert_eq!(committed.count() as u128, runs);
        assert_eq!(sum(&rows(&path), "flow_count") as u128, 20 * runs);
    }
}

#[test]
fn a_window_that_holds_too_many_runs_is_closed_early() {
    let window = window(Report::TopTraffic, HALF_AN_HOUR);
    let (config, path) = to_file("windows_early.jsonl", &window);
    let exporter = Running::start(&ExporterConfig { max_held_runs: 3, ..config });
    (1..=3).for_each(|id| exporter.submit(&conversations(&window, id, 0..10)));
    let answers: Vec<_> = (0..6).map(|_| exporter.answer().answer).collect();
    assert_eq!(answers[..3], [Answer::Accepted; 3]);
    assert_eq!(answers[3..], [Answer::Committed; 3]);
    assert_eq!(sum(&rows(&path), "flow_count"), 60);
    assert_eq!(exporter.output(0).window.closed_early, 1);
}

#[test]
fn rows_wait_for_a_receiver_and_hold_their_runs_back() {
    let window = window(Report::Conversations, MOMENT);
    let address = absent_tcp();
    let to = SyslogAddress { transport: Transport::Tcp, peer: peer(address) };
    let outputs = vec![OutputConfig::windowed(OutputTarget::Syslog(to), window.clone())];
    let config = lasting(ExporterConfig { outputs, ..exporter_config(&window) });
    let exporter = Running::start(&config);
    exporter.submit(&conversations(&window, 1, 0..10));
    assert_eq!(exporter.answer(), answer(1, Answer::Accepted));
    exporter.down(0);
    assert_eq!(exporter.output(0).window.held_runs, 1);
    let receiver = TcpReceiver::bind(address);
    let _connection = receiver.accept();
    assert_eq!(exporter.answer(), answer(1, Answer::Committed));
    assert_eq!(exporter.output(0).records, 10);
}

#[test]
fn a_run_is_committed_when_the_window_and_every_other_output_are_done_with_it() {
    let window = window(Report::Conversations, MOMENT);
    let (config, path) = to_file("windows_beside.jsonl", &window);
    let address = absent_tcp();
    let down = vec![collector(Transport::Tcp, peer(address))];
    let exporter = Running::start(&lasting(ExporterConfig { collectors: down, ..config }));
    exporter.submit(&conversations(&window, 1, 0..10));
    wait_until("the rows are written", || exporter.output(1).window.closed == 1);
    assert_eq!(sum(&rows(&path), "flow_count"), 20);
    // The records are still needed: nobody is told to forget them.
    assert_eq!(exporter.answer_within(MOMENT), None);
    let receiver = TcpReceiver::bind(address);
    let received = std::thread::spawn(move || receiver.accept().receive(20));
    assert_eq!(exporter.answer(), answer(1, Answer::Committed));
    received.join().expect("receives");
}

#[test]
fn a_collector_gets_rows_under_their_own_templates() {
    let receiver = UdpReceiver::new();
    let window = window(Report::Conversations, MOMENT);
    let collector = collector(Transport::Udp, receiver.peer());
    let collector = CollectorConfig { window: Some(window.clone()), ..collector };
    let config = ExporterConfig {
        extra_elements: window.record_elements(),
        ..to_collectors(vec![collector])
    };
    let exporter = Running::start(&config);
    let templates = exporter.exporter().templates().to_vec();
    for name in ["reverseOctetDeltaCount", "reversePacketDeltaCount", "deltaFlowCount"] {
        assert!(
            templates
                .iter()
                .all(|template| { template.elements.iter().any(|element| element.name == name) })
        );
    }
    // nfdump takes other reverse elements for forward ones, goflow2 octets twice.
    for element in templates.iter().flat_map(|template| &template.elements) {
        let is_reverse = element.enterprise_number == Some(29305);
        assert!(!is_reverse || [1, 2].contains(&element.id), "{element:?}");
        assert!(
            ![23, 24, 230, 231, 232].contains(&element.id) || element.enterprise_number.is_some()
        );
    }
    exporter.submit(&conversations(&window, 1, 0..10));
    let mut received = Collector::new();
    receiver.receive(&mut received, 10);
    received.assert_unbroken();
    let number = |flow: &Vec<(Option<u32>, u16, Vec<u8>)>, pen, id| {
        let field = flow.iter().find(|field| (field.0, field.1) == (pen, id)).expect("is there");
        field.2.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))
    };
    for flow in &received.flows {
        assert_eq!(number(flow, None, ie::OCTET_DELTA_COUNT.id), 1);
        assert_eq!(number(flow, Some(29305), ie::OCTET_DELTA_COUNT.id), 2);
        assert_eq!(number(flow, None, ie::DELTA_FLOW_COUNT.id), 2);
    }
    assert_eq!(exporter.answer(), answer(1, Answer::Accepted));
    assert_eq!(exporter.answer(), answer(1, Answer::Committed));
}

/// A service of a window that would last, and a link to it.
fn service(name: &str) -> (Arc<ExporterCore>, SenderEnd<EnrichedRun>, WindowOptions, PathBuf) {
    let window = window(Report::Conversations, HALF_AN_HOUR);
    let (config, path) = to_file(name, &window);
    let core = ExporterCore::start(&config.for_service(), ReceiverConfig::default(), 64 << 20);
    let core = core.expect("starts");
    let (end, receiver) = in_process();
    let serving = Arc::clone(&core);
    tokio::spawn(async move { serving.serve(receiver).await });
    (core, end, window, path)
}

async fn answers(end: &mut SenderEnd<EnrichedRun>, count: usize) -> Vec<RunAnswer> {
    let mut all = Vec::new();
    while all.len() < count {
        let said = timeout(DEADLINE, end.responses.next()).await.expect("an answer");
        if let FromReceiver::Answers(answers) = said.expect("open").expect("whole") {
            all.extend(answers);
        }
    }
    all
}

#[tokio::test]
async fn a_run_that_comes_again_while_its_window_is_open_is_not_counted_again() {
    let (core, mut end, window, path) = service("windows_again.jsonl");
    let run = conversations(&window, 1, 0..10);
    end.requests.send(ToReceiver::runs(vec![run.clone()])).await.expect("is read");
    assert_eq!(answers(&mut end, 1).await, [answer(1, Answer::Accepted)]);
    end.requests.send(ToReceiver::runs(vec![run])).await.expect("is read");
    assert_eq!(answers(&mut end, 1).await, [answer(1, Answer::Accepted)]);
    assert_eq!(core.receiver_status().octets_in_flight, 0);
    assert!(core.held_octets() > 0 && core.held_octets() < 1024);
    core.close();
    assert_eq!(answers(&mut end, 1).await, [answer(1, Answer::Committed)]);
    assert_eq!(core.held_octets(), 0);
    assert_eq!(sum(&rows(&path), "flow_count"), 20);
}

#[tokio::test]
async fn a_drain_closes_windows_for_what_still_comes_too() {
    let (core, mut end, window, path) = service("windows_drain.jsonl");
    core.close();
    for id in 1..=3 {
        let run = conversations(&window, id, 0..10);
        end.requests.send(ToReceiver::runs(vec![run])).await.expect("is read");
        let heard = answers(&mut end, 2).await;
        assert_eq!(heard, [answer(id, Answer::Accepted), answer(id, Answer::Committed)]);
    }
    core.settled().await;
    assert_eq!(sum(&rows(&path), "flow_count"), 60);
}
