//! From lines to records that tests can read.

use std::net::IpAddr;

use weir_enrich::{LineEnricher, RecordGroups, Totals};
use weir_flowlog::{BlockParser, Line, LogFormat};
use weir_inventory::Snapshot;
use weir_ipfix::{
    Ends, InformationElement, InterfaceSide, LayoutPair, RecordGroup, RecordView, Slot, element,
};

pub(crate) const ENTERPRISE_NUMBER: u32 = 32473;

/// What is in one record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) side: InterfaceSide,
    pub(crate) ends: Ends,
    pub(crate) observation_domain_id: u32,
    pub(crate) is_unknown_vpc: bool,
    pub(crate) source_address: Option<IpAddr>,
    pub(crate) destination_address: Option<IpAddr>,
    fixed: Vec<(InformationElement, Option<Vec<u8>>)>,
    strings: Vec<(InformationElement, String)>,
}

impl Record {
    /// The text of a string element; empty when it is absent.
    pub(crate) fn text(&self, element: InformationElement) -> &str {
        &self.strings.iter().find(|(each, _)| *each == element).unwrap().1
    }

    /// The octets of a fixed-length element; `None` where it is absent or of the other family.
    pub(crate) fn octets(&self, element: InformationElement) -> Option<Vec<u8>> {
        self.fixed.iter().find(|(each, _)| *each == element)?.1.clone()
    }

    /// The number or address of a fixed-length element.
    pub(crate) fn number(&self, element: InformationElement) -> Option<u64> {
        let bytes = self.fixed.iter().find(|(each, _)| *each == element)?.1.as_ref()?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(crate) fn address(&self, element: InformationElement) -> Option<String> {
        let number = u32::try_from(self.number(element)?).unwrap();
        Some(std::net::Ipv4Addr::from_bits(number).to_string())
    }

    /// Instance id, instance name, region and service of the source.
    pub(crate) fn source(&self) -> [&str; 4] {
        use element::*;
        [SOURCE_INSTANCE_ID, SOURCE_INSTANCE_NAME, SOURCE_REGION, SOURCE_SERVICE]
            .map(|element| self.text(element))
    }

    /// Instance id, instance name, region and service of the destination.
    pub(crate) fn destination(&self) -> [&str; 4] {
        use element::*;
        [
            DESTINATION_INSTANCE_ID,
            DESTINATION_INSTANCE_NAME,
            DESTINATION_REGION,
            DESTINATION_SERVICE,
        ]
        .map(|element| self.text(element))
    }
}

pub(crate) const UNKNOWN: [&str; 4] = [""; 4];

/// The record of one line.
pub(crate) fn record(snapshot: &Snapshot, format: &str, line: &str) -> Record {
    let mut records = records(snapshot, format, line);
    assert_eq!(records.len(), 1, "{line}");
    records.remove(0)
}

/// The records of some lines, those of one observation domain after the other.
pub(crate) fn records(snapshot: &Snapshot, format: &str, lines: &str) -> Vec<Record> {
    records_of(snapshot, &LayoutPair::new(ENTERPRISE_NUMBER), format, lines)
}

/// The records of some lines in other layouts.
pub(crate) fn records_of(
    snapshot: &Snapshot,
    layouts: &LayoutPair,
    format: &str,
    lines: &str,
) -> Vec<Record> {
    let format = LogFormat::parse(format).unwrap();
    let (groups, enriched) = groups(snapshot, layouts, &format, lines.as_bytes());
    let is_unknown_vpc = enriched.unknown_vpc > 0;
    let mut read = Vec::new();
    for group in &groups {
        let layout = layouts.by_revision(group.revision).unwrap();
        for view in group.records(layout).unwrap() {
            read.push(read_record(&view, group.observation_domain_id, is_unknown_vpc));
        }
    }
    read
}

pub(crate) fn groups(
    snapshot: &Snapshot,
    layouts: &LayoutPair,
    format: &LogFormat,
    text: &[u8],
) -> (Vec<RecordGroup>, Totals) {
    let mut lines = LineEnricher::new(layouts);
    let mut groups = RecordGroups::new();
    BlockParser::new().parse(format, text, |outcome| {
        if let Line::Flow(line) = outcome.line {
            lines.queue(snapshot, line, &mut groups);
        }
    });
    let enriched = lines.finish(snapshot, &mut groups);
    (groups.take(), enriched)
}

fn read_record(view: &RecordView<'_>, observation_domain_id: u32, is_unknown_vpc: bool) -> Record {
    let layout = view.layout();
    let elements = layout.elements().iter().copied();
    let bytes = |slot: Slot| {
        let start = usize::from(slot.offset);
        view.is_present(slot).then(|| view.data()[start..start + usize::from(slot.length)].to_vec())
    };
    let fixed = elements.clone().zip(layout.slots()).map(|(each, slot)| (each, bytes(*slot)));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Record {
        side: view.interface_side(),
        ends: view.ends(),
        observation_domain_id,
        is_unknown_vpc,
        source_address: view.source_address(),
        destination_address: view.destination_address(),
        fixed: fixed.collect(),
        strings: elements.skip(layout.slots().len()).zip(view.strings().map(text)).collect(),
    }
}
