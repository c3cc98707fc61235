//! What the exporter is asked to do.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use weir_delivery::Shards;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, InformationElement};
use weir_report::{Report, ReportField, WindowOptions};

use crate::address::SyslogAddress;
use crate::collector_config::CollectorConfig;
use crate::health::Backoff;
use crate::tls_config::TlsConfig;

/// The default of [`ExporterConfig::give_up_after`].
const PATIENCE: Duration = Duration::from_secs(60);

/// The default of [`ExporterConfig::max_pending_runs`].
const PENDING_RUNS: usize = 8;

/// The default of [`ExporterConfig::max_held_runs`].
const HELD_RUNS: usize = 1 << 20;

/// [`ExporterConfig::max_pending_runs`] of a process that bounds octets itself.
const PENDING_RUNS_OF_A_SERVICE: usize = 16 * 1024;

/// Everything that the exporter is asked to do.
#[derive(Clone, Debug)]
pub struct ExporterConfig {
    /// Among how many exporters observation domains and rate limits are shared, this one counted
    /// in. The limits of [`ExporterConfig::collectors`] are its shares.
    pub exporters: Shards,
    /// The private enterprise number of weir's own elements.
    pub enterprise_number: u32,
    /// Elements that records hold beside those that they always do.
    pub extra_elements: Vec<InformationElement>,
    /// Where IPFIX goes.
    pub collectors: Vec<CollectorConfig>,
    /// Where text goes.
    pub outputs: Vec<OutputConfig>,
    /// Where rejected lines go.
    pub rejects: Option<FileTarget>,
    /// What happens to files that exist.
    pub file_mode: FileMode,
    /// How long attempts at an output that fails go on before the exporter stops with its
    /// error; `None` is for ever. With any limit the first error of a file stops it.
    pub give_up_after: Option<Duration>,
    /// The pauses between attempts at collectors and syslog receivers that fail.
    pub backoff: Backoff,
    /// The most runs that not all outputs have taken. [`crate::Exporter::submit`] waits when
    /// there are so many, [`crate::Exporter::try_submit`] gives the run back.
    pub max_pending_runs: usize,
    /// The most runs that a report's open window holds back: it is closed early with so many.
    pub max_held_runs: usize,
}

impl ExporterConfig {
    /// The same for a process that goes on when its input pauses and its outputs fail: files
    /// are appended to, nothing is given up, and the caller bounds what is pending by octets.
    pub fn for_service(self) -> Self {
        Self {
            file_mode: FileMode::Append,
            give_up_after: None,
            max_pending_runs: PENDING_RUNS_OF_A_SERVICE,
            ..self
        }
    }

    /// Whether a report counts each pair of hosts in one observation domain of all, so that one
    /// exporter has to see all of them.
    pub fn counts_across_domains(&self) -> bool {
        let of_collectors = self.collectors.iter().filter_map(|each| each.window.as_ref());
        let of_outputs = self.outputs.iter().filter_map(|each| each.window.as_ref());
        of_collectors.chain(of_outputs).any(|window| window.authoritative_only)
    }
}

impl Default for ExporterConfig {
    fn default() -> Self {
        Self {
            exporters: Shards::ONE,
            enterprise_number: DEFAULT_ENTERPRISE_NUMBER,
            extra_elements: Vec::new(),
            collectors: Vec::new(),
            outputs: Vec::new(),
            rejects: None,
            file_mode: FileMode::default(),
            give_up_after: Some(PATIENCE),
            backoff: Backoff::default(),
            max_pending_runs: PENDING_RUNS,
            max_held_runs: HELD_RUNS,
        }
    }
}

/// One output of text.
#[derive(Clone, Debug)]
pub struct OutputConfig {
    /// Where it goes, which says in what form.
    pub target: OutputTarget,
    /// The fields that are written, in order.
    pub fields: Vec<ReportField>,
    /// How records are counted together; each is written by itself, as report 20201, when `None`.
    pub window: Option<WindowOptions>,
    /// What happens while it cannot be written.
    pub when_down: WhenDown,
    /// How a receiver is verified and weir shows itself, for TLS alone.
    pub tls: TlsConfig,
}

impl OutputConfig {
    /// Report 20201.
    pub fn new(target: OutputTarget) -> Self {
        let (when_down, tls) = (WhenDown::default(), TlsConfig::default());
        Self { target, fields: Report::record_fields().collect(), window: None, when_down, tls }
    }

    /// All fields of a report whose rows are counted over an interval.
    pub fn windowed(target: OutputTarget, window: WindowOptions) -> Self {
        let fields = window.report.row_fields();
        Self { fields, window: Some(window), ..Self::new(target) }
    }

    /// What it is called in status and metrics. A receiver may have several reports.
    pub(crate) fn name(&self) -> String {
        match &self.window {
            Some(window) => format!("{} {}", self.target, window.report.number()),
            None => self.target.to_string(),
        }
    }

    /// The report that it gets.
    pub(crate) fn report(&self) -> Report {
        self.window.as_ref().map_or(Report::Flows, |window| window.report)
    }
}

/// What happens to runs while an output is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenDown {
    /// They wait and are not committed. Other outputs go on until
    /// [`ExporterConfig::max_pending_runs`] are pending.
    #[default]
    Wait,
    /// The output does without them: their records are counted as dropped, and it is tried
    /// again meanwhile.
    Drop,
}

/// What happens to files that exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileMode {
    /// They are written anew.
    #[default]
    Anew,
    /// Lines are appended. A file that is moved away is opened anew within a second, so that
    /// logs can be rotated.
    Append,
}

/// Where text goes, and its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputTarget {
    /// JSON lines.
    JsonLines(FileTarget),
    /// Syslog messages of key=value pairs.
    Syslog(SyslogAddress),
}

impl fmt::Display for OutputTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JsonLines(FileTarget::StandardOutput) => f.write_str("jsonl:-"),
            Self::JsonLines(FileTarget::File(path)) => write!(f, "jsonl:{}", path.display()),
            Self::Syslog(address) => address.fmt(f),
        }
    }
}

/// A file, or standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileTarget {
    /// Standard output.
    StandardOutput,
    /// A file; see [`FileMode`].
    File(PathBuf),
}

impl fmt::Display for FileTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardOutput => f.write_str("standard output"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
