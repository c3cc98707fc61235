//! Records as JSON lines and as syslog messages, held against golden files.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

use std::net::Ipv4Addr;

use proptest::prelude::*;
use weir_ipfix::{FixedPart, LayoutPair, RecordGroup, standard as slot};
use weir_report::{DEFAULT_SOURCE_ID, JsonWriter, Report, ReportField, SyslogHeader, SyslogWriter};

const TIMESTAMP: &str = "2026-01-02T03:04:05+00:00";

fn fields() -> Vec<ReportField> {
    Report::record_fields().collect()
}

/// The strings of a layout, in its order.
type Strings<'a> = [&'a str; 14];

const STRINGS: Strings<'static> = [
    "platform production",
    "i-0b4e5398b55d9ded7",
    "web-01",
    "eu-west-1",
    "",
    "",
    "",
    "us-east-1",
    "S3",
    "123456789012",
    "vpc-06f6203387a582791",
    "subnet-0b88f26fcc93054ab",
    "eni-055af9a1259535dd9",
    "IPv4",
];

fn layouts() -> LayoutPair {
    LayoutPair::new(32473)
}

fn ipv4_flow(layouts: &LayoutPair) -> FixedPart {
    let mut fixed = FixedPart::new(&layouts.v4);
    fixed.put_u64(slot::OCTETS, 2_671_560);
    fixed.put_u64(slot::PACKETS, 1810);
    fixed.put_u64(slot::START, 1_767_321_987_000);
    fixed.put_u64(slot::END, 1_767_322_042_000);
    fixed.put_u16(slot::SOURCE_PORT, 32926);
    fixed.put_u16(slot::DESTINATION_PORT, 443);
    fixed.put_u8(slot::PROTOCOL, 6);
    fixed.put_u8(slot::TCP_FLAGS, 19);
    fixed.put_u8(slot::FORWARDING_STATUS, 64);
    fixed.put_ipv4(slot::EXPORTER_ADDRESS, Ipv4Addr::new(10, 0, 0, 1));
    fixed.put_ipv4(slot::SOURCE_V4, Ipv4Addr::new(10, 0, 64, 11));
    fixed.put_ipv4(slot::DESTINATION_V4, Ipv4Addr::new(52, 92, 10, 96));
    fixed.put_ipv4(slot::SOURCE_PUBLIC_V4, Ipv4Addr::new(54, 74, 1, 2));
    fixed
}

fn rejected_ipv6_flow(layouts: &LayoutPair) -> FixedPart {
    let mut fixed = FixedPart::new(&layouts.v6);
    fixed.put_u64(slot::PACKETS, 1);
    fixed.put_u8(slot::PROTOCOL, 58);
    fixed.put_u8(slot::FORWARDING_STATUS, 128);
    fixed.put_ipv4(slot::EXPORTER_ADDRESS, Ipv4Addr::new(10, 0, 0, 1));
    fixed.put_ipv6(slot::SOURCE_V6, "2001:db8::1".parse().unwrap());
    fixed.put_ipv6(slot::DESTINATION_V6, "2001:db8:1::2".parse().unwrap());
    fixed
}

fn group(
    layouts: &LayoutPair,
    fixed: &FixedPart,
    is_v6: bool,
    strings: Strings<'_>,
) -> RecordGroup {
    let layout = if is_v6 { &layouts.v6 } else { &layouts.v4 };
    let mut group = RecordGroup::new(layout.revision(), 7);
    let mut record = group.start_record(fixed);
    strings.iter().for_each(|text| record.push_string(text.as_bytes()));
    record.finish();
    group
}

fn json(layouts: &LayoutPair, group: &RecordGroup) -> String {
    let layout = layouts.by_revision(group.revision).unwrap();
    let mut out = Vec::new();
    let mut writer = JsonWriter::new(layouts, Report::Flows, &fields());
    group.records(layout).unwrap().for_each(|record| writer.write(&record, &mut out));
    String::from_utf8(out).unwrap()
}

fn syslog(layouts: &LayoutPair, group: &RecordGroup) -> String {
    let layout = layouts.by_revision(group.revision).unwrap();
    let header = SyslogHeader::new("flows.example.org", DEFAULT_SOURCE_ID);
    let mut writer = SyslogWriter::new(layouts, Report::Flows, &fields(), header);
    writer.set_timestamp(&TIMESTAMP);
    let mut out = Vec::new();
    for record in group.records(layout).unwrap() {
        writer.write(&record, &mut out);
        out.push(b'\n');
    }
    String::from_utf8(out).unwrap()
}

fn samples(layouts: &LayoutPair) -> [RecordGroup; 3] {
    let mut hostile = STRINGS;
    hostile[2] = "say \"hi\"=1, C:\\x\nnfc_id=1\u{2028}büro";
    let mut sparse = [""; 14];
    sparse[13] = "IPv6";
    [
        group(layouts, &ipv4_flow(layouts), false, STRINGS),
        group(layouts, &rejected_ipv6_flow(layouts), true, sparse),
        group(layouts, &ipv4_flow(layouts), false, hostile),
    ]
}

#[test]
fn json_lines_are_as_in_the_golden_file() {
    let layouts = layouts();
    let lines: String = samples(&layouts).iter().map(|group| json(&layouts, group)).collect();
    assert_eq!(lines, include_str!("golden/report_20201.jsonl"));
}

#[test]
fn syslog_messages_are_as_in_the_golden_file() {
    let layouts = layouts();
    let lines: String = samples(&layouts).iter().map(|group| syslog(&layouts, group)).collect();
    assert_eq!(lines, include_str!("golden/report_20201.syslog"));
}

#[test]
fn a_hostname_that_syslog_cannot_hold_is_made_harmless() {
    let layouts = layouts();
    let [group, ..] = samples(&layouts);
    let header = SyslogHeader::new("ho st\n\u{fc}", "");
    let mut writer = SyslogWriter::new(&layouts, Report::Flows, &fields(), header);
    writer.set_timestamp(&TIMESTAMP);
    let mut out = Vec::new();
    let record = group.records(&layouts.v4).unwrap().next().unwrap();
    writer.write(&record, &mut out);
    assert!(out.starts_with(b"<134>1 2026-01-02T03:04:05+00:00 ho?st?? NFO nfc_srv - - "));
}

/// Takes a message's pairs apart by the documented rule alone.
fn pairs(message: &str) -> Vec<(String, Vec<u8>)> {
    let mut rest = message.split_once("nfc_id=").unwrap().1.as_bytes();
    let mut pairs = Vec::new();
    while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
        rest = &rest[blank + 1..];
        let equals = rest.iter().position(|byte| *byte == b'=').unwrap();
        let key = String::from_utf8(rest[..equals].to_vec()).unwrap();
        rest = &rest[equals + 1..];
        let mut value = Vec::new();
        if rest.first() == Some(&b'"') {
            rest = &rest[1..];
            loop {
                match rest {
                    [b'"', after @ ..] => {
                        rest = after;
                        break;
                    }
                    [b'\\', b'x', high, low, after @ ..] => {
                        let hex = String::from_utf8(vec![*high, *low]).unwrap();
                        value.push(u8::from_str_radix(&hex, 16).unwrap());
                        rest = after;
                    }
                    [b'\\', octet, after @ ..] | [octet, after @ ..] => {
                        value.push(*octet);
                        rest = after;
                    }
                    [] => panic!("quotes that do not end: {message}"),
                }
            }
        } else {
            let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
            value.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
        }
        pairs.push((key, value));
    }
    pairs
}

proptest! {
    #[test]
    fn no_text_breaks_a_json_line(name in "\\PC*|[\\x00-\\x7f]{0,40}") {
        let layouts = layouts();
        let mut strings = STRINGS;
        strings[2] = &name;
        let line = json(&layouts, &group(&layouts, &ipv4_flow(&layouts), false, strings));
        prop_assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = (!name.is_empty()).then_some(name.as_str());
        prop_assert_eq!(value.get("src_inst_name").and_then(|name| name.as_str()), expected);
    }

    #[test]
    fn no_text_breaks_a_syslog_message(name in "\\PC*|[\\x00-\\x7f]{0,40}|[ -~\u{2028}\u{85}]{0,9}") {
        let layouts = layouts();
        let mut strings = STRINGS;
        strings[2] = &name;
        let group = group(&layouts, &ipv4_flow(&layouts), false, strings);
        let message = syslog(&layouts, &group);
        prop_assert!(message.strip_suffix('\n').unwrap().chars().all(|each| !each.is_control()));
        let pairs = pairs(message.trim_end_matches('\n'));
        let found = pairs.iter().find(|(key, _)| key == "src_inst_name");
        let expected = (!name.is_empty()).then_some(name.as_bytes());
        prop_assert_eq!(found.map(|(_, value)| value.as_slice()), expected);
        let keys = fields().into_iter().map(|field| field.key);
        prop_assert!(pairs.iter().all(|(key, _)| keys.clone().any(|known| known == key)));
    }
}
