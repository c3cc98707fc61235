//! Records to count, and rows as they are read back.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{
    AddressFamily, Ends, FixedPart, InterfaceSide, LayoutPair, RecordGroup, RecordView,
    element as ie, standard as slot,
};
use weir_report::{Closed, Count, Extent, Report, Window, WindowOptions};

pub(crate) const PEN: u32 = 32473;
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const ACCEPT: u8 = 64;
pub(crate) const REJECT: u8 = 128;

/// One flow log record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) domain: u32,
    pub(crate) source: (IpAddr, u16),
    pub(crate) destination: (IpAddr, u16),
    pub(crate) protocol: u8,
    pub(crate) status: u8,
    pub(crate) octets: u64,
    pub(crate) packets: u64,
    pub(crate) start: u64,
    pub(crate) flags: u8,
    pub(crate) side: InterfaceSide,
    pub(crate) ends: Ends,
}

impl Record {
    /// A TCP flow of one packet with 100 octets.
    pub(crate) fn new(source: &str, destination: &str) -> Self {
        Self {
            domain: 7,
            source: end(source),
            destination: end(destination),
            protocol: 6,
            status: ACCEPT,
            octets: 100,
            packets: 1,
            start: 1000,
            flags: 0,
            side: InterfaceSide::Unknown,
            ends: Ends::default(),
        }
    }

    pub(crate) fn count(&self) -> Count {
        Count { octets: self.octets, packets: self.packets, flows: 1 }
    }

    /// The same flow as its other end's interface sees it.
    pub(crate) fn seen_by(&self, side: InterfaceSide) -> Self {
        Self { side, ..self.clone() }
    }

    /// The record as the enricher writes it.
    pub(crate) fn group(&self, layouts: &LayoutPair) -> RecordGroup {
        let (is_v6, text) = (self.source.0.is_ipv6(), self.source.0.to_string());
        let layout = if is_v6 { &layouts.v6 } else { &layouts.v4 };
        let mut fixed = FixedPart::new(layout);
        fixed.put_u64(slot::OCTETS, self.octets);
        fixed.put_u64(slot::PACKETS, self.packets);
        fixed.put_u64(slot::START, self.start * 1000);
        fixed.put_u64(slot::END, (self.start + 10) * 1000);
        fixed.put_u16(slot::SOURCE_PORT, self.source.1);
        fixed.put_u16(slot::DESTINATION_PORT, self.destination.1);
        fixed.put_u8(slot::PROTOCOL, self.protocol);
        fixed.put_u8(slot::TCP_FLAGS, self.flags);
        fixed.put_u8(slot::FORWARDING_STATUS, self.status);
        fixed.put_ipv4(slot::EXPORTER_ADDRESS, [10, 0, 0, 1].into());
        fixed.put_interface_side(self.side);
        fixed.put_ends(self.ends);
        match (self.source.0, self.destination.0) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                fixed.put_ipv4(slot::SOURCE_V4, source);
                fixed.put_ipv4(slot::DESTINATION_V4, destination);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                fixed.put_ipv6(slot::SOURCE_V6, source);
                fixed.put_ipv6(slot::DESTINATION_V6, destination);
            }
            both => panic!("two families: {both:?}"),
        }
        let mut group = RecordGroup::new(layout.revision(), self.domain);
        let mut record = group.start_record(&fixed);
        let vpc = format!("vpc-{}", self.domain);
        for element in &layout.elements()[layout.slots().len()..] {
            let text = match *element {
                ie::SOURCE_INSTANCE_NAME => text.clone(),
                ie::DESTINATION_INSTANCE_NAME => self.destination.0.to_string(),
                ie::VPC_ID | ie::OBSERVATION_DOMAIN_NAME => vpc.clone(),
                ie::ACCOUNT_ID => "123456789012".to_owned(),
                _ => String::new(),
            };
            record.push_string(text.as_bytes());
        }
        record.finish();
        group
    }
}

/// `10.0.0.1:80` or `[::1]:80`.
pub(crate) fn end(text: &str) -> (IpAddr, u16) {
    let address: std::net::SocketAddr = text.parse().unwrap();
    (address.ip(), address.port())
}

/// A row, or the rest of a VPC when it has no source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) domain: u32,
    pub(crate) source: Option<(IpAddr, u16)>,
    pub(crate) destination: Option<(IpAddr, u16)>,
    pub(crate) there: (u64, u64),
    pub(crate) back: (u64, u64),
    pub(crate) flows: u64,
    pub(crate) status: Option<u64>,
    pub(crate) direction: String,
    pub(crate) state: String,
    pub(crate) source_name: String,
    pub(crate) vpc: String,
}

impl Row {
    fn of(domain: u32, record: &RecordView<'_>) -> Self {
        let layout = record.layout();
        let number = |element| layout.slot(&element).and_then(|slot| record.unsigned(slot));
        let text = |element| {
            let index = layout.string_index(&element)?;
            Some(String::from_utf8(record.strings().nth(index).unwrap().to_vec()).unwrap())
        };
        let text = |element| text(element).unwrap_or_default();
        let end = |address: Option<IpAddr>, port| {
            Some((address?, u16::try_from(record.unsigned(port).unwrap()).unwrap()))
        };
        Self {
            domain,
            source: end(record.source_address(), slot::SOURCE_PORT),
            destination: end(record.destination_address(), slot::DESTINATION_PORT),
            there: (
                record.unsigned(slot::OCTETS).unwrap(),
                record.unsigned(slot::PACKETS).unwrap(),
            ),
            back: (
                number(ie::REVERSE_OCTET_DELTA_COUNT).unwrap_or(0),
                number(ie::REVERSE_PACKET_DELTA_COUNT).unwrap_or(0),
            ),
            flows: number(ie::DELTA_FLOW_COUNT).unwrap(),
            status: record.unsigned(slot::FORWARDING_STATUS),
            direction: text(ie::CONVERSATION_DIRECTION),
            state: text(ie::CONVERSATION_STATE),
            source_name: text(ie::SOURCE_INSTANCE_NAME),
            vpc: text(ie::VPC_ID),
        }
    }

    pub(crate) fn count(&self) -> Count {
        let (there, back) = (self.there, self.back);
        let octets = there.0.wrapping_add(back.0);
        Count { octets, packets: there.1 + back.1, flows: self.flows }
    }

    pub(crate) fn is_other(&self) -> bool {
        self.source.is_none()
    }
}

/// A window and its layouts.
pub(crate) struct Counting {
    pub(crate) records: LayoutPair,
    pub(crate) rows: Arc<LayoutPair>,
    pub(crate) window: Window,
}

impl Counting {
    pub(crate) fn new(options: WindowOptions) -> Self {
        let records = LayoutPair::with_extras(PEN, &options.record_elements());
        let rows = Arc::new(options.row_layouts(PEN));
        let window = Window::new(options, &records, Arc::clone(&rows));
        Self { records, rows, window }
    }

    pub(crate) fn of(report: Report) -> Self {
        Self::new(WindowOptions::new(report))
    }

    pub(crate) fn add(&mut self, record: &Record) {
        let group = record.group(&self.records);
        let layout = self.records.by_revision(group.revision).unwrap();
        self.window.add(record.domain, group.records(layout).unwrap());
    }

    pub(crate) fn add_all(&mut self, records: &[Record]) -> &mut Self {
        records.iter().for_each(|record| self.add(record));
        self
    }

    pub(crate) fn close(&mut self, seconds: u64, extent: Extent) -> (Vec<Row>, Closed) {
        let mut closed = self.window.close(seconds as u32 * SECOND, extent);
        (self.rows_of(&mut closed), closed)
    }

    /// The rows of a whole window.
    pub(crate) fn all(&mut self) -> Vec<Row> {
        self.close(0, Extent::All).0
    }

    pub(crate) fn rows_of(&self, closed: &mut Closed) -> Vec<Row> {
        let mut rows = Vec::new();
        while let Some(groups) = closed.next_batch() {
            for group in &groups {
                let layout = self.rows.by_revision(group.revision).unwrap();
                let records = group.records(layout).unwrap();
                rows.extend(records.map(|row| Row::of(group.observation_domain_id, &row)));
                let is_v6 = layout.family() == AddressFamily::V6;
                let sources = rows.iter().filter_map(|row| row.source);
                assert!(!is_v6 || sources.clone().any(|(address, _)| address.is_ipv6()));
            }
        }
        rows
    }
}
