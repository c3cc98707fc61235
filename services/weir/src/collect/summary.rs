//! What a collector has seen.

use std::fmt;

use weir_ipfix::decode::{MessageSummary, Record};

/// Counts over all exporters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CollectSummary {
    /// Data records printed, options records not counted.
    pub(crate) records: u64,
    /// Options records printed.
    pub(crate) options_records: u64,
    /// Messages received, malformed ones included.
    pub(crate) messages: u64,
    /// Octets of these messages.
    pub(crate) octets: u64,
    /// Messages that could not be decoded, or not to their end.
    pub(crate) malformed: u64,
    /// Data sets skipped since no template had come for them.
    pub(crate) without_template: u64,
    /// Messages whose sequence number was not the expected one (RFC 7011 section 3.1).
    pub(crate) sequence_errors: u64,
    /// How far the sequence numbers ran ahead of the records received; negative when messages
    /// came twice.
    sequence_gaps: i64,
}

impl CollectSummary {
    /// Records that were sent and did not arrive, by the sequence numbers.
    pub(crate) fn missing_records(&self) -> u64 {
        u64::try_from(self.sequence_gaps).unwrap_or(0)
    }

    pub(super) fn count_record(&mut self, record: &Record<'_>) {
        if record.is_options() {
            self.options_records += 1;
        } else {
            self.records += 1;
        }
    }

    pub(super) fn count_message(&mut self, message: &MessageSummary) {
        self.without_template += u64::from(message.without_template);
        let gap = message.sequence_gap.unwrap_or(0);
        self.sequence_errors += u64::from(gap != 0);
        // A restarted exporter begins at 0 again: that is no gap to be made up for.
        if gap > 0 || message.sequence_number != 0 {
            self.sequence_gaps += gap;
        }
    }
}

impl fmt::Display for CollectSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} records and {} options records in {} messages ({} octets); \
             {} records missing, {} sequence errors, {} malformed messages, \
             {} data sets without a template",
            self.records,
            self.options_records,
            self.messages,
            self.octets,
            self.missing_records(),
            self.sequence_errors,
            self.malformed,
            self.without_template,
        )
    }
}
