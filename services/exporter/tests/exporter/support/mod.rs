//! Runs to export, and an exporter whose answers are awaited.

pub(crate) mod collector;
pub(crate) mod conversations;
pub(crate) mod receiver;
pub(crate) mod tls;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use weir_delivery::{Answer, EnrichedRun, Origin, RunAnswer, RunId};
use weir_exporter::{
    Backoff, CollectorAddress, CollectorConfig, ExportError, ExportReport, Exporter,
    ExporterConfig, OutputReport, OutputState, Peer, Transport,
};
use weir_ipfix::{FixedPart, Layout, LayoutPair, RecordGroup, standard as slot};

/// How long anything may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// An exporter whose answers are kept.
pub(crate) struct Running {
    exporter: Exporter,
    answers: Receiver<RunAnswer>,
}

impl Running {
    pub(crate) fn start(config: &ExporterConfig) -> Self {
        let (sender, answers) = bounded(10_000);
        let on_answer = Arc::new(move |answer| sender.try_send(answer).expect("answers fit"));
        Self { exporter: Exporter::start(config, on_answer).expect("starts"), answers }
    }

    pub(crate) fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    pub(crate) fn submit(&self, run: &EnrichedRun) {
        self.exporter.submit(run.clone()).expect("the exporter runs");
    }

    /// How it goes with one output.
    pub(crate) fn output(&self, number: usize) -> OutputReport {
        self.exporter.status().outputs.swap_remove(number)
    }

    /// Waits until an output is down, and returns why.
    pub(crate) fn down(&self, number: usize) -> String {
        let mut reason = String::new();
        wait_until("the output is down", || match self.output(number).state {
            OutputState::Down { error, .. } => {
                reason = error;
                true
            }
            _ => false,
        });
        reason
    }

    /// Waits until an output is up.
    pub(crate) fn up(&self, number: usize) {
        wait_until("the output is up", || self.output(number).state == OutputState::Up);
    }

    /// The next answer.
    pub(crate) fn answer(&self) -> RunAnswer {
        self.answers.recv_timeout(DEADLINE).expect("an answer")
    }

    /// The answer that comes within `time`, if one does.
    pub(crate) fn answer_within(&self, time: Duration) -> Option<RunAnswer> {
        self.answers.recv_timeout(time).ok()
    }

    /// Submits `run` and waits until it is committed.
    pub(crate) fn deliver(&self, run: &EnrichedRun) {
        self.submit(run);
        self.committed(run);
    }

    /// The next answer must be that `run` is committed.
    pub(crate) fn committed(&self, run: &EnrichedRun) {
        assert_eq!(self.answer(), RunAnswer { run: run.id, answer: Answer::Committed });
    }

    /// What became of the exporter, and the answers that nobody asked for.
    pub(crate) fn finish(self) -> (Result<ExportReport, ExportError>, Vec<RunAnswer>) {
        let Self { exporter, answers } = self;
        let (done, finished) = bounded(1);
        let finishing = std::thread::spawn(move || drop(done.send(exporter.finish())));
        let result = finished.recv_timeout(DEADLINE).expect("the exporter ends");
        finishing.join().expect("does not panic");
        (result, answers.try_iter().collect())
    }

    /// The report of an exporter that nothing went wrong for.
    pub(crate) fn report(self) -> ExportReport {
        let (report, answers) = self.finish();
        assert_eq!(answers, []);
        report.expect("the exporter ran to its end")
    }
}

pub(crate) fn layouts() -> LayoutPair {
    LayoutPair::new(weir_ipfix::DEFAULT_ENTERPRISE_NUMBER)
}

/// Flows whose octetDeltaCount is their number, with every string `text`.
pub(crate) fn flows_with_text(
    layout: &Layout,
    domain: u32,
    numbers: Range<u64>,
    text: &str,
) -> RecordGroup {
    let mut group = RecordGroup::new(layout.revision(), domain);
    for number in numbers {
        let mut fixed = FixedPart::new(layout);
        fixed.put_u64(slot::OCTETS, number);
        fixed.put_u16(slot::DESTINATION_PORT, 443);
        let mut record = group.start_record(&fixed);
        (0..layout.string_count()).for_each(|_| record.push_string(text.as_bytes()));
        record.finish();
    }
    group
}

/// Flows whose octetDeltaCount is their number.
pub(crate) fn flows(layout: &Layout, domain: u32, numbers: Range<u64>) -> RecordGroup {
    flows_with_text(layout, domain, numbers, "web-01")
}

pub(crate) fn run(id: u128, groups: Vec<RecordGroup>) -> EnrichedRun {
    let origin = Origin { source: "flows.log".to_owned(), ..Origin::default() };
    EnrichedRun { groups, ..EnrichedRun::new(RunId(id), Arc::new(origin)) }
}

/// A run of IPv4 flows in domain 7.
pub(crate) fn simple_run(id: u128, numbers: Range<u64>) -> EnrichedRun {
    run(id, vec![flows(&layouts().v4, 7, numbers)])
}

/// A run of more octets than the buffers of a connection hold.
pub(crate) fn large_run(id: u128, numbers: Range<u64>) -> EnrichedRun {
    let text = "x".repeat(250);
    let run = run(id, vec![flows_with_text(&layouts().v4, 7, numbers, &text)]);
    assert!(run.groups.iter().map(|group| group.bytes.len()).sum::<usize>() > 10 << 20);
    run
}

/// Exports to these collectors alone.
pub(crate) fn to_collectors(collectors: Vec<CollectorConfig>) -> ExporterConfig {
    ExporterConfig { collectors, ..ExporterConfig::default() }
}

pub(crate) fn collector(transport: Transport, peer: Peer) -> CollectorConfig {
    CollectorConfig::new(CollectorAddress { transport, peer })
}

/// As a service exports, with short pauses between attempts.
pub(crate) fn lasting(config: ExporterConfig) -> ExporterConfig {
    let backoff = Backoff { first: Duration::from_millis(10), most: Duration::from_millis(100) };
    ExporterConfig { backoff, ..config.for_service() }
}

/// Waits until `is_so`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A file of a test's own.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
