//! What a replay has done, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::Serialize;
use weir_exporter::{ExportReport, OutputKind, OutputReport};
use weir_flowlog::RejectReason;

use super::ledger::LedgerReport;

/// The result of a replay. Its JSON form is what `--summary json` prints.
///
/// `records_read` = `exported` + `rejected` + `without_flow`, always.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// Objects that were read to their end.
    pub(crate) files: u64,
    /// Objects that could not be read, or not to their end.
    pub(crate) files_failed: u64,
    /// Lines that are not blank, headers not counted in.
    pub(crate) records_read: u64,
    /// Records that were written to every output.
    pub(crate) exported: u64,
    /// Rejected lines by reason.
    pub(crate) rejected: BTreeMap<&'static str, u64>,
    /// Lines that tell of no flow.
    pub(crate) without_flow: WithoutFlow,
    /// Of objects that Firehose wrote, what was no line to read, by reason: probes of CloudWatch Logs,
    /// events that came before in the object, events that are no flow logs.
    pub(crate) events_left_out: BTreeMap<&'static str, u64>,
    /// The sum of the exported records' bytes.
    pub(crate) bytes: u64,
    /// The sum of the exported records' packets.
    pub(crate) packets: u64,
    /// Exported records whose VPC the inventory does not have.
    pub(crate) unknown_vpc: u64,
    /// Strings that were cut because they were too long.
    pub(crate) strings_cut: u64,
    /// Columns of unknown fields that were skipped, with the number of objects that have them.
    pub(crate) unknown_fields: BTreeMap<String, u64>,
    /// IPFIX messages sent.
    pub(crate) messages: u64,
    /// Each collector.
    pub(crate) collectors: Vec<Peer>,
    /// Each syslog receiver.
    pub(crate) syslog: Vec<Peer>,
    /// Records that outputs did without while they were down, by output.
    pub(crate) dropped: BTreeMap<String, u64>,
    /// Wall time.
    pub(crate) seconds: f64,
    /// Records read per second of wall time.
    pub(crate) records_per_second: f64,
    /// CPU time of the process, user and system.
    pub(crate) cpu_seconds: f64,
    /// CPU time for each record read.
    pub(crate) cpu_nanoseconds_per_record: f64,
}

/// Lines that tell of no flow.
#[derive(Debug, Serialize)]
pub(crate) struct WithoutFlow {
    /// log-status NODATA.
    pub(crate) no_data: u64,
    /// log-status SKIPDATA.
    pub(crate) skip_data: u64,
}

/// What one collector or syslog receiver was sent.
#[derive(Debug, Serialize)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) peer: String,
    /// Messages, template messages counted in.
    pub(crate) messages: u64,
    /// Octets of the messages.
    pub(crate) octets: u64,
    /// Data records.
    pub(crate) records: u64,
    /// Times that its host refused.
    pub(crate) refused: u64,
}

impl Summary {
    /// Puts together what the exporter and the ledger counted.
    pub(super) fn new(
        export: &ExportReport,
        ledger: LedgerReport,
        seconds: f64,
        cpu_seconds: f64,
    ) -> Self {
        let tally = export.tally;
        let cut_in_packing: u64 = export.collectors().map(|each| each.strings_cut).sum();
        let read = tally.lines as f64;
        Self {
            files: ledger.files,
            files_failed: ledger.files_failed,
            records_read: tally.lines,
            exported: tally.records,
            rejected: rejected_by_reason(export),
            without_flow: WithoutFlow { no_data: tally.no_data, skip_data: tally.skip_data },
            events_left_out: ledger.events_left_out,
            bytes: tally.bytes,
            packets: tally.packets,
            unknown_vpc: tally.unknown_vpc,
            strings_cut: tally.strings_cut + cut_in_packing,
            unknown_fields: ledger.unknown_fields,
            messages: export.messages(),
            collectors: export.collectors().map(Peer::new).collect(),
            syslog: export.of_kind(OutputKind::Syslog).map(Peer::new).collect(),
            dropped: dropped(export),
            seconds,
            records_per_second: if seconds > 0.0 { read / seconds } else { 0.0 },
            cpu_seconds,
            cpu_nanoseconds_per_record: if read > 0.0 { cpu_seconds * 1e9 / read } else { 0.0 },
        }
    }
}

impl Peer {
    fn new(report: &OutputReport) -> Self {
        Self {
            peer: report.address.clone(),
            messages: report.messages,
            octets: report.octets,
            records: report.records,
            refused: report.refused,
        }
    }
}

fn rejected_by_reason(export: &ExportReport) -> BTreeMap<&'static str, u64> {
    let reasons = RejectReason::ALL.iter().zip(export.rejected);
    reasons.filter(|(_, count)| *count > 0).map(|(reason, count)| (reason.name(), count)).collect()
}

fn dropped(export: &ExportReport) -> BTreeMap<String, u64> {
    let outputs = export.outputs.iter();
    let dropped = outputs.map(|output| (output.address.clone(), output.dropped_records()));
    dropped.filter(|(_, records)| *records > 0).collect()
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejected: u64 = self.rejected.values().sum();
        let without_flow = self.without_flow.no_data + self.without_flow.skip_data;
        writeln!(f, "files            {:>14}  ({} failed)", self.files, self.files_failed)?;
        writeln!(f, "records read     {:>14}", self.records_read)?;
        writeln!(f, "  exported       {:>14}", self.exported)?;
        writeln!(f, "  rejected       {rejected:>14}{}", Reasons(&self.rejected))?;
        writeln!(f, "  without a flow {without_flow:>14}")?;
        if !self.events_left_out.is_empty() {
            let left_out: u64 = self.events_left_out.values().sum();
            writeln!(f, "events left out  {left_out:>14}{}", Reasons(&self.events_left_out))?;
        }
        writeln!(f, "bytes            {:>14}", self.bytes)?;
        writeln!(f, "packets          {:>14}", self.packets)?;
        if self.unknown_vpc > 0 {
            writeln!(f, "of unknown VPCs  {:>14}", self.unknown_vpc)?;
        }
        if self.strings_cut > 0 {
            writeln!(f, "strings cut      {:>14}", self.strings_cut)?;
        }
        for (name, objects) in &self.unknown_fields {
            writeln!(f, "unknown field    {:>14}  (skipped in {objects} files)", name)?;
        }
        for Peer { peer, messages, octets, refused, .. } in
            self.collectors.iter().chain(&self.syslog)
        {
            write!(f, "messages         {messages:>14}  ({octets} octets to {peer}")?;
            if *refused > 0 {
                write!(f, ", refused {refused} times")?;
            }
            writeln!(f, ")")?;
        }
        for (output, records) in &self.dropped {
            writeln!(f, "dropped          {records:>14}  (not written to {output})")?;
        }
        writeln!(
            f,
            "time             {:>12.2} s  ({:.0} records/s)",
            self.seconds, self.records_per_second
        )?;
        write!(
            f,
            "CPU              {:>12.2} s  ({:.0} ns a record)",
            self.cpu_seconds, self.cpu_nanoseconds_per_record
        )
    }
}

struct Reasons<'a>(&'a BTreeMap<&'static str, u64>);

impl Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (reason, count)) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "  (" } else { ", " })?;
            write!(f, "{reason} {count}")?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
