//! What was exported and how it goes, for summaries and status.

use std::time::{Duration, SystemTime};

use weir_delivery::RunTally;
use weir_flowlog::RejectReason;

/// What the exporter has done, and how it goes with each output.
#[derive(Clone, Debug, Default)]
pub struct ExportReport {
    /// Counts over the committed runs.
    pub tally: RunTally,
    /// Rejected lines of the committed runs by reason, in the order of [`RejectReason::ALL`].
    pub rejected: [u64; RejectReason::COUNT],
    /// Runs that were committed.
    pub runs: u64,
    /// Runs that not every output has taken.
    pub pending_runs: u64,
    /// The collectors, the outputs of text and the rejects, each in the order of the
    /// configuration.
    pub outputs: Vec<OutputReport>,
}

impl ExportReport {
    /// The IPFIX collectors.
    pub fn collectors(&self) -> impl Iterator<Item = &OutputReport> {
        self.of_kind(OutputKind::Collector)
    }

    /// The outputs of one kind.
    pub fn of_kind(&self, kind: OutputKind) -> impl Iterator<Item = &OutputReport> {
        self.outputs.iter().filter(move |output| output.kind == kind)
    }

    /// IPFIX messages sent to all collectors.
    pub fn messages(&self) -> u64 {
        self.collectors().map(|collector| collector.messages).sum()
    }

    /// Rejected lines.
    pub fn rejected_lines(&self) -> u64 {
        self.rejected.iter().sum()
    }
}

/// What kind of output it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// An IPFIX collector.
    Collector,
    /// A file of JSON lines.
    JsonLines,
    /// A syslog receiver.
    Syslog,
    /// The rejected lines.
    Rejects,
}

/// Whether an output takes what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputState {
    /// It does, or has not been tried.
    Up,
    /// A connection is being made, or made again.
    Connecting,
    /// It cannot be reached or written.
    Down {
        /// When attempts began to fail.
        since: SystemTime,
        /// Why the last attempt failed.
        error: String,
    },
}

/// Why records were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The output was down, and [`crate::WhenDown::Drop`] is configured.
    OutputDown,
}

impl DropReason {
    /// How many reasons there are.
    pub const COUNT: usize = 1;
    /// All reasons.
    pub const ALL: [Self; Self::COUNT] = [Self::OutputDown];

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OutputDown => "output_down",
        }
    }
}

/// The last time that something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: SystemTime,
    /// What.
    pub error: String,
}

/// What one output was given. What went again after a connection broke counts again.
#[derive(Clone, Debug)]
pub struct OutputReport {
    /// Its address or target as configured.
    pub address: String,
    /// What it is.
    pub kind: OutputKind,
    /// How it is.
    pub state: OutputState,
    /// Messages or lines, template messages counted in.
    pub messages: u64,
    /// Octets of the messages, and of the frames around them in a stream.
    pub octets: u64,
    /// Data records; rejected lines for the rejects.
    pub records: u64,
    /// Times that the peer's host, or a firewall on the way, refused (ICMP destination
    /// unreachable): nothing listens there, and the message before was lost.
    pub refused: u64,
    /// The last of them.
    pub last_refusal: Option<LastError>,
    /// What made it fail last.
    pub last_error: Option<LastError>,
    /// Records that were dropped by reason, in the order of [`DropReason::ALL`].
    pub dropped: [u64; DropReason::COUNT],
    /// Connections made after the first, files opened anew.
    pub reconnects: u64,
    /// Strings that were cut so that a record fits a message; for syslog, messages that were
    /// cut to fit a datagram.
    pub strings_cut: u64,
    /// Records that left from an unbound socket since this host does not have their exporter's
    /// address, or there are too many of them.
    pub source_fallbacks: u64,
    /// How long the rate limit has delayed records in all.
    pub delayed: Duration,
    /// The configured limit in records per second; 0 is unlimited.
    pub records_per_second_limit: u64,
    /// The most octets of an IPFIX message; 0 where it gets none.
    pub max_packet_size: u64,
    /// Why a setting that was changed at run time does not count here.
    pub refused_setting: Option<String>,
    /// Records per second over the last 10 s.
    pub records_per_second: f64,
    /// Runs that wait for it, the one at hand counted in.
    pub waiting_runs: u64,
    /// Octets of these runs.
    pub waiting_octets: u64,
    /// What is counted over intervals; nothing where records are written as they come.
    pub window: WindowReport,
}

/// What an output counts over intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowReport {
    /// Windows whose rows were written.
    pub closed: u64,
    /// Those of them that were closed before their interval had passed.
    pub closed_early: u64,
    /// Flows or conversations in the open window.
    pub entries: u64,
    /// About what the open window takes in memory.
    pub octets: u64,
    /// Runs that are not committed since their rows are not written.
    pub held_runs: u64,
    /// Flow log records in no row since another counts for them.
    pub deduplicated: u64,
}

impl OutputReport {
    /// Records that were dropped.
    pub fn dropped_records(&self) -> u64 {
        self.dropped.iter().sum()
    }
}

/// A template as one collector gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateStatus {
    /// The collector's address as configured.
    pub collector: String,
    /// The revision of the layout that it is a projection of.
    pub layout: weir_ipfix::LayoutRevision,
    /// The template id, 256 to 65535.
    pub id: u16,
    /// Its fields in order.
    pub elements: Vec<TemplateElement>,
}

/// A field of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateElement {
    /// The element's name.
    pub name: &'static str,
    /// The private enterprise number; `None` is IANA's registry.
    pub enterprise_number: Option<u32>,
    /// The element's id, 1 to 32767.
    pub id: u16,
    /// Its length in octets; 65535 is variable.
    pub length: u16,
}
