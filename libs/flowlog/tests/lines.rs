//! Lines as AWS writes them, and lines that are wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::collections::BTreeSet;

use common::{Flow, Shown, parse};
use weir_flowlog::{Action, Direction, Field, LogFormat, MAX_LINE_LENGTH, NoFlow, RejectReason};

impl Flow {
    fn number(&self, wanted: Field) -> Option<u64> {
        self.numbers.iter().find(|(field, _)| *field == wanted).map(|(_, number)| *number)
    }

    fn address(&self, wanted: Field) -> Option<String> {
        let found = self.addresses.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, address)| address.to_string())
    }

    fn text(&self, wanted: Field) -> Option<&str> {
        let found = self.texts.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, text)| str::from_utf8(text).unwrap())
    }
}

/// What the only line of `text` holds.
fn one(format: &str, text: &[u8]) -> Shown {
    let format = LogFormat::parse(format).unwrap();
    let [(place, shown)]: [_; 1] = parse(&format, text).try_into().unwrap();
    assert_eq!(place, 0);
    shown
}

fn flow(format: &str, text: &str) -> Flow {
    match one(format, text.as_bytes()) {
        Shown::Flow(flow) => flow,
        other => panic!("{text:?} is {other:?}"),
    }
}

fn rejection(format: &str, text: impl AsRef<[u8]>) -> RejectReason {
    match one(format, text.as_ref()) {
        Shown::Rejected(reason, _) => reason,
        other => panic!("{:?} is {other:?}", String::from_utf8_lossy(text.as_ref())),
    }
}

fn version_2() -> String {
    LogFormat::vpc_default().to_string()
}

#[test]
fn accepted_traffic_is_a_flow() {
    let flow = flow(
        &version_2(),
        "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 \
         1418530010 1418530070 ACCEPT OK",
    );
    let numbers = [
        (Field::Version, 2),
        (Field::SrcPort, 20641),
        (Field::DstPort, 22),
        (Field::Protocol, 6),
        (Field::Packets, 20),
        (Field::Bytes, 4249),
        (Field::Start, 1_418_530_010),
        (Field::End, 1_418_530_070),
    ];
    assert_eq!(flow.numbers, numbers);
    assert_eq!(flow.text(Field::AccountId), Some("123456789010"));
    assert_eq!(flow.text(Field::InterfaceId), Some("eni-1235b8ca123456789"));
    assert_eq!(flow.text(Field::SrcPort), Some("20641"));
    assert_eq!(flow.address(Field::SrcAddr).unwrap(), "172.31.16.139");
    assert_eq!(flow.address(Field::DstAddr).unwrap(), "172.31.16.21");
    assert_eq!((flow.action, flow.direction), (Some(Action::Accept), None));
    assert!(!flow.is_ipv6);
}

#[test]
fn rejected_traffic_is_a_flow() {
    let flow = flow(
        &version_2(),
        "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 \
         1418530010 1418530070 REJECT OK",
    );
    assert_eq!(flow.action, Some(Action::Reject));
}

#[test]
fn no_data_and_skipped_records_are_lines_without_a_flow() {
    let line = "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 -";
    for (status, no_flow) in [("NODATA", NoFlow::NoData), ("SKIPDATA", NoFlow::SkipData)] {
        let shown = one(&version_2(), format!("{line} {status}").as_bytes());
        assert_eq!(shown, Shown::WithoutFlow(no_flow));
    }
}

#[test]
fn ipv6_traffic_is_a_flow() {
    let flow = flow(
        &version_2(),
        "2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105 \
         2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK",
    );
    assert!(flow.is_ipv6);
    let source = flow.address(Field::SrcAddr);
    assert_eq!(source.unwrap(), "2001:db8:1234:a100:8d6e:3477:df66:f105");
}

#[test]
fn tcp_flags_of_version_3_are_read() {
    let format = "version vpc-id subnet-id instance-id interface-id account-id type srcaddr \
                  dstaddr srcport dstport pkt-srcaddr pkt-dstaddr protocol bytes packets start end \
                  action tcp-flags log-status";
    let line = |flags| {
        format!(
            "3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 \
             eni-1235b8ca123456789 123456789010 IPv4 52.213.180.42 10.0.0.62 43416 5001 \
             52.213.180.42 10.0.0.62 6 568 8 1566848875 1566848933 ACCEPT {flags} OK"
        )
    };
    for flags in [0, 2, 3, 18, 19, 255] {
        assert_eq!(flow(format, &line(flags)).number(Field::TcpFlags), Some(flags));
    }
    assert_eq!(rejection(format, line(256)), RejectReason::InvalidNumber);
    assert_eq!(flow(format, &line(3)).text(Field::Type), Some("IPv4"));
}

#[test]
fn traffic_through_a_nat_gateway_keeps_its_packet_addresses() {
    let format = "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr";
    let line = "- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5";
    let flow = flow(format, line);
    assert_eq!(flow.text(Field::InstanceId), None);
    assert_eq!(flow.address(Field::DstAddr).unwrap(), "10.0.0.220");
    assert_eq!(flow.address(Field::PktDstAddr).unwrap(), "203.0.113.5");
}

#[test]
fn packet_addresses_may_be_of_the_other_family() {
    let format = "srcaddr dstaddr pkt-srcaddr pkt-dstaddr";
    let flow = flow(format, "2001:db8::1 2001:db8::2 64:ff9b::1 192.0.2.1");
    assert!(flow.is_ipv6);
    assert_eq!(flow.address(Field::PktDstAddr).unwrap(), "192.0.2.1");
}

#[test]
fn a_transit_gateway_record_is_a_flow() {
    let flow = flow(
        &LogFormat::transit_gateway_default().to_string(),
        "6 TransitGateway 123456789012 tgw-0a1b tgw-attach-1 111111111111 222222222222 vpc-1 vpc-2 \
         subnet-1 subnet-2 eni-1 eni-2 use1-az1 use1-az2 tgw-attach-2 10.40.1.7 10.41.2.9 49812 443 \
         6 12 3450 1670000000 1670000060 OK IPv4 1 0 2 0 18 us-east-1 egress - S3",
    );
    assert_eq!(flow.text(Field::ResourceType), Some("TransitGateway"));
    assert_eq!(flow.text(Field::TgwPairAttachmentId), Some("tgw-attach-2"));
    assert_eq!(flow.number(Field::PacketsLostMtuExceeded), Some(2));
    assert_eq!(flow.number(Field::TcpFlags), Some(18));
    assert_eq!((flow.action, flow.direction), (None, Some(Direction::Egress)));
    assert_eq!(flow.text(Field::PktSrcAwsService), None);
    assert_eq!(flow.text(Field::PktDstAwsService), Some("S3"));
}

#[test]
fn values_of_each_kind_have_their_range() {
    use RejectReason::*;
    let cases: [(&str, &[&str], &[&str], RejectReason); 14] = [
        ("version", &["2", "255"], &["256", "x", "2.0", "+2"], InvalidNumber),
        ("srcport", &["0", "65535", "00080"], &["65536", "-1", "0x50", "--"], InvalidNumber),
        ("protocol", &["0", "255"], &["256", "tcp"], InvalidNumber),
        ("bytes", &["0", "18446744073709551615"], &["18446744073709551616"], InvalidNumber),
        ("packets-lost-no-route", &["18446744073709551615"], &["1e9"], InvalidNumber),
        ("start", &["18446744073709551"], &["18446744073709552", "1.5"], InvalidNumber),
        ("traffic-path", &["1", "8", "-"], &["igw", "999"], InvalidNumber),
        ("encryption-status", &["0", "3", "-"], &["none"], InvalidNumber),
        (
            "srcaddr",
            &["10.0.0.1", "::", "::ffff:1.2.3.4"],
            &["1.2.3", "10.0.0.256"],
            InvalidAddress,
        ),
        ("pkt-dstaddr", &["fe80::1", "-"], &["fe80::1%eth0", "host"], InvalidAddress),
        ("action", &["ACCEPT", "REJECT", "-"], &["accept", "DROP", "ACCEPTED"], InvalidAction),
        ("log-status", &["OK", "NODATA", "-"], &["ok", "SKIP", "OKAY"], InvalidStatus),
        ("flow-direction", &["ingress", "egress", "-"], &["in", "INGRESS"], InvalidDirection),
        ("account-id", &["unknown", "1", "x=\"1\"", "caf\u{e9}"], &[], InvalidUtf8),
    ];
    for (field, valid, invalid, reason) in cases {
        let format = format!("type {field}");
        for value in valid {
            let shown = one(&format, format!("IPv4 {value}").as_bytes());
            assert!(!matches!(shown, Shown::Rejected(..)), "{field} {value}: {shown:?}");
        }
        for value in invalid {
            assert_eq!(rejection(&format, format!("IPv4 {value}")), reason, "{field} {value}");
        }
    }
}

#[test]
fn addresses_of_two_families_cannot_be_one_flow() {
    let mixed = rejection("srcaddr dstaddr", "10.0.0.1 2001:db8::1");
    assert_eq!(mixed, RejectReason::MixedAddressFamilies);
    assert!(flow("srcaddr dstaddr", "- 2001:db8::1").is_ipv6);
    assert!(!flow("srcaddr dstaddr", "10.0.0.1 -").is_ipv6);
}

#[test]
fn without_a_status_absent_traffic_means_no_data() {
    let no_data = Shown::WithoutFlow(NoFlow::NoData);
    assert_eq!(one("interface-id srcaddr bytes start", b"eni-1 - - 1700000000"), no_data);
    assert_eq!(one("log-status bytes", b"- -"), no_data);
    assert_eq!(flow("interface-id srcaddr bytes", "eni-1 - 0").number(Field::Bytes), Some(0));
    assert_eq!(flow("interface-id start", "eni-1 -").number(Field::Start), None);
    assert_eq!(flow("log-status bytes", "OK -").number(Field::Bytes), None);
}

#[test]
fn columns_of_unknown_fields_are_skipped() {
    let flow = flow("new-field srcport other-field bytes", "a,b 80 - 7");
    assert_eq!(flow.numbers, [(Field::SrcPort, 80), (Field::Bytes, 7)]);
    assert_eq!(flow.texts.len(), 2);
}

#[test]
fn blanks_and_carriage_returns_around_values_are_tolerated() {
    let plain = flow("srcport account-id", "80 x");
    for text in
        ["80 x\n", "80 x\r\n", " 80 x", "80 x ", "80   x\n", "80\tx", "\t80 x \t\r\n", "80 x\r"]
    {
        assert_eq!(flow("srcport account-id", text), plain, "{text:?}");
    }
}

#[test]
fn a_wrong_number_of_values_rejects_the_line() {
    for text in ["80", "80 x y", "80 x y\r\n", " 80 ", "80  "] {
        assert_eq!(
            rejection("srcport account-id", text),
            RejectReason::WrongFieldCount,
            "{text:?}"
        );
    }
}

#[test]
fn a_missing_value_is_seen_wherever_it_is_missing() {
    for length in 1..200 {
        let value = "x".repeat(length);
        for text in [format!("{value}  b"), format!(" {value} b"), format!("{value} b ")] {
            let format = "account-id region type";
            assert_eq!(rejection(format, &text), RejectReason::WrongFieldCount, "{text:?}");
            let second =
                parse(&LogFormat::parse(format).unwrap(), format!("a b c\n{text}\n").as_bytes());
            assert!(matches!(second[1].1, Shown::Rejected(..)), "{text:?}");
        }
    }
}

#[test]
fn control_characters_reject_the_line() {
    for text in [
        "80 x\0",
        "\x0080 x",
        "80\x0bx",
        "80 \x1b[0m",
        "80 x\x7f",
        "80 x\r\r\n",
        "8\r0 x",
        "80 \u{85}",
        "\0",
    ] {
        let reason = rejection("srcport account-id", text);
        assert_eq!(reason, RejectReason::InvalidCharacter, "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_reject_the_line() {
    for text in [&b"80 \xff"[..], b"80 a\xc3", b"80 \xed\xa0\x80"] {
        assert_eq!(rejection("srcport account-id", text), RejectReason::InvalidUtf8, "{text:?}");
    }
}

#[test]
fn a_rejected_line_is_handed_on_without_its_line_end() {
    let format = LogFormat::parse("srcport").unwrap();
    let shown = parse(&format, b"80\n\n not a port\t\r\n81\n");
    assert_eq!(shown.len(), 3);
    let rejected = Shown::Rejected(RejectReason::WrongFieldCount, b" not a port\t".to_vec());
    assert_eq!(shown[1], (2, rejected));
    assert_eq!(shown[2].0, 3);
}

#[test]
fn blank_lines_count_and_are_not_shown() {
    let format = LogFormat::parse("srcport").unwrap();
    for blank in ["", " ", "\t \t", "\r", " \r"] {
        let text = format!("{blank}\n1\n{blank}\n{blank}\n2\n{blank}");
        let places: Vec<_> = parse(&format, text.as_bytes()).iter().map(|(at, _)| *at).collect();
        assert_eq!(places, [1, 4], "{blank:?}");
    }
    assert_eq!(parse(&format, b""), []);
    assert_eq!(parse(&format, b"\n\n\r\n"), []);
}

#[test]
fn lines_are_read_up_to_the_longest() {
    let format = LogFormat::parse("srcport account-id").unwrap();
    let line = |length: usize| format!("80 {}", "x".repeat(length - 3));
    for (length, line_end) in
        [(0, "\n"), (0, "\r\n"), (1, "\n"), (1, "\r\n"), (MAX_LINE_LENGTH, "\n")]
    {
        let long = line(MAX_LINE_LENGTH + length);
        let text = format!("1 a{line_end}{long}{line_end}2 b");
        let shown = parse(&format, text.as_bytes());
        let is_read = matches!(shown[1].1, Shown::Flow(_));
        assert_eq!((shown.len(), is_read), (3, length == 0));
        if length > 0 {
            let rejected = Shown::Rejected(RejectReason::LineTooLong, long.into_bytes());
            assert_eq!(shown[1].1, rejected);
        }
    }
}

#[test]
fn a_huge_line_is_rejected_and_those_around_it_are_read() {
    let format = LogFormat::parse("srcport").unwrap();
    for (filler, shown_places) in
        [("x", vec![0, 1, 3]), (" ", vec![0, 3]), ("\u{e9} ", vec![0, 1, 3])]
    {
        let huge = filler.repeat(300_000);
        let shown = parse(&format, format!("1\n{huge}\n\n2").as_bytes());
        let places: Vec<_> = shown.iter().map(|(at, _)| *at).collect();
        assert_eq!(places, shown_places);
        assert!(matches!(shown.last(), Some((3, Shown::Flow(_)))));
    }
    let shown = parse(&format, &[b'7'; 100_000]);
    assert_eq!(shown, [(0, Shown::Rejected(RejectReason::LineTooLong, vec![b'7'; 100_000]))]);
}

#[test]
fn texts_of_any_length_are_read_whole() {
    let format = LogFormat::parse("srcport account-id").unwrap();
    let text: String = (0..60_000).map(|n| format!("{} {n}\n", n % 65_536)).collect();
    let shown = parse(&format, text.as_bytes());
    assert_eq!(shown.len(), 60_000);
    for (place, (index, shown)) in shown.iter().enumerate() {
        let Shown::Flow(flow) = shown else { panic!("line {place} is {shown:?}") };
        assert_eq!((*index, flow.number(Field::SrcPort)), (place, Some(place as u64)));
        assert_eq!(flow.text(Field::AccountId), Some(&*place.to_string()));
    }
}

#[test]
fn reasons_have_names_of_their_own() {
    let names: BTreeSet<_> = RejectReason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), RejectReason::COUNT);
    for (place, reason) in RejectReason::ALL.into_iter().enumerate() {
        assert_eq!(reason as usize, place);
    }
}

#[test]
fn lines_that_fit_several_formats_are_rejected_as_ambiguous() {
    let format = LogFormat::undecided();
    let shown: Vec<_> =
        parse(&format, b"443 80\n\n1\xff\n").into_iter().map(|(_, it)| it).collect();
    let rejected = |reason, text: &[u8]| Shown::Rejected(reason, text.to_vec());
    let expected = [
        rejected(RejectReason::AmbiguousFormat, b"443 80"),
        rejected(RejectReason::InvalidUtf8, b"1\xff"),
    ];
    assert_eq!(shown, expected);
    assert!(LogFormat::parse(&format.to_string()).is_err());
}
