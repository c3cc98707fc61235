//! What was exported, for summaries and status.

use weir_delivery::RunTally;
use weir_flowlog::RejectReason;

/// What the exporter has done.
#[derive(Clone, Debug, Default)]
pub struct ExportReport {
    /// Counts over the committed runs.
    pub tally: RunTally,
    /// Rejected lines of the committed runs by reason, in the order of [`RejectReason::ALL`].
    pub rejected: [u64; RejectReason::COUNT],
    /// Runs that were committed.
    pub runs: u64,
    /// Each collector, in the order of the configuration.
    pub collectors: Vec<PeerReport>,
    /// Each syslog receiver, in the order of the configuration.
    pub syslog: Vec<PeerReport>,
}

impl ExportReport {
    /// IPFIX messages sent to all collectors.
    pub fn messages(&self) -> u64 {
        self.collectors.iter().map(|collector| collector.messages).sum()
    }

    /// Rejected lines.
    pub fn rejected_lines(&self) -> u64 {
        self.rejected.iter().sum()
    }
}

/// What one collector or syslog receiver was sent. What went again after a connection broke
/// counts again.
#[derive(Clone, Debug, Default)]
pub struct PeerReport {
    /// Its address as configured.
    pub peer: String,
    /// Messages, template messages counted in.
    pub messages: u64,
    /// Octets of the messages, and of the frames around them in a stream.
    pub octets: u64,
    /// Data records.
    pub records: u64,
    /// Times that the peer's host, or a firewall on the way, refused (ICMP destination
    /// unreachable): nothing listens there, and the message before was lost.
    pub refused: u64,
    /// Strings that were cut so that a record fits a message; for syslog, messages that were
    /// cut to fit a datagram.
    pub strings_cut: u64,
}
