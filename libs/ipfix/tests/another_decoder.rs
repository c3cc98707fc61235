//! A whole session through a decoder that shares no code with this crate.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use std::collections::HashMap;
use std::time::Duration;

use netflow_parser::variable_versions::ipfix::{FlowSetBody, Template};
use netflow_parser::{NetflowPacket, NetflowParser};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use support::{Field, group, layouts, limited_to, sample, take_messages};
use weir_ipfix::element::PADDING_OCTETS;
use weir_ipfix::{Packer, PackerOptions, Projection};

fn templates(packet: &NetflowPacket) -> Vec<Template> {
    let NetflowPacket::IPFix(message) = packet else { panic!("{packet:?}") };
    let sets = message.flowsets.iter().map(|set| match &set.body {
        FlowSetBody::Template(template) => vec![template.clone()],
        FlowSetBody::Templates(templates) => templates.clone(),
        _ => Vec::new(),
    });
    sets.flatten().collect()
}

/// What `netflow_parser` makes of a message: each record's fields, with its template's names.
fn records_elsewhere(
    parser: &mut NetflowParser,
    known: &mut HashMap<u16, Template>,
    message: &[u8],
) -> Vec<Vec<Field>> {
    let parsed = parser.parse_bytes(message);
    assert!(parsed.error.is_none(), "{:?}", parsed.error);
    let mut records = Vec::new();
    for packet in &parsed.packets {
        known.extend(templates(packet).into_iter().map(|each| (each.template_id, each)));
        let NetflowPacket::IPFix(packet) = packet else { panic!("{packet:?}") };
        for set in &packet.flowsets {
            let FlowSetBody::Data(data) = &set.body else { continue };
            let template = &known[&set.header.header_id];
            for record in &data.fields {
                assert_eq!(record.len(), template.fields.len());
                let fields = template.fields.iter().zip(record).map(|(field, (_, value))| {
                    let mut octets = Vec::new();
                    value.write_be_bytes(&mut octets).expect("writes");
                    (field.enterprise_number, field.field_type_number, octets)
                });
                records.push(fields.collect());
            }
        }
    }
    records
}

/// `netflow_parser` refuses empty values, which RFC 7011 section 7 does not forbid: no string is
/// empty here, and with paddingOctets each record is the last of its message.
#[test]
fn another_decoder_reads_a_whole_session() {
    let mut runner = TestRunner::deterministic();
    for padded in [false, true] {
        let options = PackerOptions {
            padded,
            max_records_per_message: if padded { 1 } else { 9 },
            template_interval: Duration::from_secs(60),
            ..limited_to(20_000)
        };
        let mut packer = Packer::new(options);
        for layout in &layouts() {
            packer.add_template(layout, Projection::whole(layout)).expect("fits");
        }
        let mut sent = Vec::new();
        for round in 0..12 {
            let layout = &layouts()[round % 2];
            let samples = proptest::collection::vec(sample(layout), 0..20);
            let mut samples = samples.new_tree(&mut runner).expect("samples").current();
            let texts = samples.iter_mut().flat_map(|sample| &mut sample.texts);
            texts.filter(|text| text.is_empty()).for_each(|text| text.push('-'));
            let now = Duration::from_secs(15 * round as u64);
            packer.pack(&group(layout, 7, &samples), layout, now).expect("packs");
            sent.extend(samples.iter().map(|sample| sample.fields(layout)));
        }
        packer.flush();
        let mut parser = NetflowParser::default();
        let mut known = HashMap::new();
        let mut received = Vec::new();
        for (message, records) in take_messages(&mut packer) {
            let found = records_elsewhere(&mut parser, &mut known, &message);
            assert_eq!(found.len(), records as usize);
            received.extend(found);
        }
        for record in &mut received {
            record.retain(|(_, id, _)| *id != PADDING_OCTETS.id);
        }
        assert!(sent.len() > 50);
        assert_eq!(received, sent);
    }
}
