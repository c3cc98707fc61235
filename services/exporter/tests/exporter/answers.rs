//! One answer to each run, and none where an output failed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use weir_delivery::{Answer, EnrichedRun, RetryReason, RunAnswer, RunId, RunRejection};
use weir_exporter::{
    ExportError, ExporterConfig, FileTarget, OutputConfig, OutputTarget, Stopped, Transport,
};
use weir_ipfix::{AddressFamily, Layout};

use crate::support::receiver::UdpReceiver;
use crate::support::{Running, collector, file, flows, layouts, run, simple_run};

#[test]
fn every_run_is_answered_once_and_in_order() {
    let exporter = Running::start(&ExporterConfig::default());
    let runs: Vec<_> = (0..200).map(|id| simple_run(id, 0..3)).collect();
    runs.iter().for_each(|run| exporter.submit(run));
    runs.iter().for_each(|run| exporter.committed(run));
    assert_eq!(exporter.report().runs, 200);
}

#[test]
fn runs_that_wait_are_answered_before_the_end() {
    let exporter = Running::start(&ExporterConfig::default());
    (0..4).for_each(|id| exporter.submit(&simple_run(id, 0..100)));
    let (report, answers) = exporter.finish();
    assert_eq!(report.expect("ends well").runs, 4);
    let committed = |id| RunAnswer { run: RunId(id), answer: Answer::Committed };
    assert_eq!(answers, (0..4).map(committed).collect::<Vec<_>>());
}

#[test]
fn an_empty_run_is_committed() {
    let exporter = Running::start(&ExporterConfig::default());
    exporter.deliver(&run(1, Vec::new()));
    exporter.report();
}

/// Exports a run whose last group is `bad` and then a good one, and returns the answer to it.
/// No output may see anything of it.
fn answer_to(name: &str, bad: weir_ipfix::RecordGroup) -> Answer {
    let (receiver, path) = (UdpReceiver::new(), file(name));
    let target = OutputTarget::JsonLines(FileTarget::File(path.clone()));
    let rejects = file(&format!("rejects-of-{name}"));
    let exporter = Running::start(&ExporterConfig {
        collectors: vec![collector(Transport::Udp, receiver.peer())],
        outputs: vec![OutputConfig::new(target)],
        rejects: Some(FileTarget::File(rejects.clone())),
        ..ExporterConfig::default()
    });
    let reason = weir_flowlog::RejectReason::InvalidNumber;
    let rejected = vec![weir_delivery::RejectedLine { line: 1, reason, text: b"x".to_vec() }];
    let groups = vec![flows(&layouts().v4, 7, 0..100), bad];
    exporter.submit(&EnrichedRun { rejected, ..run(1, groups) });
    let RunAnswer { run, answer } = exporter.answer();
    assert_eq!(run, RunId(1));
    assert!(receiver.is_silent());
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(fs::read(rejects).unwrap(), b"");

    exporter.deliver(&simple_run(2, 100..110));
    let report = exporter.report();
    assert_eq!((report.runs, report.rejected_lines(), report.outputs[0].records), (1, 0, 10));
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 10);
    answer
}

#[test]
fn a_run_of_another_layout_is_to_be_encoded_again() {
    let other = Layout::new(AddressFamily::V4, 1);
    let answer = answer_to("stale.jsonl", flows(&other, 7, 0..1));
    assert_eq!(answer, Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO));
}

#[test]
fn a_run_with_a_damaged_group_is_rejected() {
    let mut damaged = flows(&layouts().v6, 7, 0..2);
    damaged.bytes.to_mut().pop();
    let answer = answer_to("damaged.jsonl", damaged);
    assert_eq!(answer, Answer::Rejected(RunRejection::Malformed));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_fails_stops_the_exporter_without_an_answer() {
    let full = FileTarget::File(PathBuf::from("/dev/full"));
    let outputs = vec![OutputConfig::new(OutputTarget::JsonLines(full))];
    let exporter = Running::start(&ExporterConfig { outputs, ..ExporterConfig::default() });
    exporter.submit(&simple_run(1, 0..10));
    // Runs may still queue up before the failure is noticed.
    let refused =
        (2..).map(|id| exporter.exporter().submit(simple_run(id, 0..10))).find(Result::is_err);
    assert_eq!(refused, Some(Err(Stopped)));
    let (result, answers) = exporter.finish();
    let error = result.expect_err("failed");
    assert!(matches!(error, ExportError::Write { .. }), "{error:?}");
    assert_eq!(error.to_string(), "cannot write to /dev/full");
    assert_eq!(answers, []);
}
