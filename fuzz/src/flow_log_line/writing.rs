//! Flows on their way through enrichment to every output.

use std::sync::LazyLock;
use std::time::Duration;

use weir_enrich::{LineEnricher, NativeField, RecordGroups};
use weir_flowlog::{Field, FlowLine};
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_ipfix::decode::Decoder;
use weir_ipfix::{
    DEFAULT_ENTERPRISE_NUMBER, LayoutPair, Packer, PackerOptions, Projection, RecordGroup,
    RecordView,
};
use weir_report::{DEFAULT_SOURCE_ID, JsonWriter, Report, SyslogHeader, SyslogWriter};

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| {
    let json = include_bytes!("../../corpus/inventory/two_vpcs.json");
    let inventory = Inventory::from_json(json).expect("the inventory can be read");
    Snapshot::build(&inventory, &FallbackExporter::default()).expect("it can be indexed")
});

/// Fields that are added as they stand in the line: numbers, words and free text.
const ADDED: [Field; 6] = [
    Field::PktSrcAddr,
    Field::TrafficPath,
    Field::FlowDirection,
    Field::RejectReason,
    Field::InstanceTag,
    Field::PacketsLostNoRoute,
];

static LAYOUTS: LazyLock<LayoutPair> = LazyLock::new(|| {
    let extras = ADDED.map(|field| NativeField::of(field).expect("each field has one").element);
    LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &extras)
});

const PACKER_OPTIONS: PackerOptions = PackerOptions {
    max_message_length: 1420,
    max_records_per_message: 30,
    template_interval: Duration::from_secs(60),
    padded: false,
};

/// The records of the flows of one text.
pub(super) struct Outputs<'t> {
    enricher: LineEnricher<'static, 't>,
    groups: RecordGroups,
}

impl<'t> Outputs<'t> {
    pub(super) fn new() -> Self {
        Self { enricher: LineEnricher::new(&LAYOUTS), groups: RecordGroups::new() }
    }

    pub(super) fn add(&mut self, flow: &FlowLine<'t>) {
        self.enricher.queue(&SNAPSHOT, flow, &mut self.groups);
    }

    /// Writes everything, and holds it against the number of flows.
    pub(super) fn finish(mut self, flows: usize) {
        let totals = self.enricher.finish(&SNAPSHOT, &mut self.groups);
        assert!(totals.unknown_vpc <= flows as u64, "{totals:?} of {flows} flows");
        let groups = self.groups.take();
        assert_eq!(groups.iter().map(RecordGroup::len).sum::<usize>(), flows, "records");
        groups.iter().for_each(check_texts);
        assert_eq!(sent_and_received(&groups), flows, "records at the collector");
    }
}

/// Writes each record of `group` as JSON and as syslog.
fn check_texts(group: &RecordGroup) {
    let layout = LAYOUTS.by_revision(group.revision).expect("a layout of the pair");
    let fields: Vec<_> = Report::record_fields().collect();
    let mut json = JsonWriter::new(&LAYOUTS, Report::Flows, &fields);
    let header = SyslogHeader::new("weir", DEFAULT_SOURCE_ID);
    let mut syslog = SyslogWriter::new(&LAYOUTS, Report::Flows, &fields, header);
    syslog.set_timestamp(&"2026-01-02T03:05:00Z");
    for record in group.records(layout).expect("the group is well-formed") {
        check_json(&mut json, &record);
        check_syslog(&mut syslog, &record);
    }
}

fn check_json(json: &mut JsonWriter, record: &RecordView<'_>) {
    let mut line = Vec::new();
    json.write(record, &mut line);
    let object = line.strip_suffix(b"\n").expect("a line end");
    assert!(!object.contains(&b'\n'), "one line");
    let value: serde_json::Value = serde_json::from_slice(object).expect("JSON");
    assert!(value.is_object(), "{value}");
}

fn check_syslog(syslog: &mut SyslogWriter, record: &RecordView<'_>) {
    let mut message = Vec::new();
    syslog.write(record, &mut message);
    let message = String::from_utf8(message).expect("UTF-8");
    assert!(!message.contains(char::is_control), "{message:?}");
}

/// How many records a collector gets that is sent `groups`.
fn sent_and_received(groups: &[RecordGroup]) -> usize {
    let mut packer = Packer::new(PACKER_OPTIONS);
    for layout in [&LAYOUTS.v4, &LAYOUTS.v6] {
        packer.add_template(layout, Projection::whole(layout)).expect("room for a record");
    }
    for group in groups {
        let layout = LAYOUTS.by_revision(group.revision).expect("a layout of the pair");
        packer.pack(group, layout, Duration::ZERO).expect("the group can be packed");
    }
    packer.flush();
    let mut decoder = Decoder::new(DEFAULT_ENTERPRISE_NUMBER);
    let messages = packer.messages();
    (0..messages.len()).map(|index| receive(&mut decoder, messages.stamped(index, 0))).sum()
}

fn receive(decoder: &mut Decoder, message: &[u8]) -> usize {
    assert!(message.len() <= PACKER_OPTIONS.max_message_length, "{} octets", message.len());
    let summary = decoder.decode(0, message, |_| {}).expect("a message that can be decoded");
    assert_eq!((summary.without_template, summary.reserved_sets), (0, 0));
    assert_eq!(summary.sequence_gap.unwrap_or(0), 0, "the sequence number");
    summary.records as usize
}
