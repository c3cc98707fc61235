//! The crate `netflow_parser`.
//!
//! Version 1.0.6 stops at the first empty value of variable length, which RFC 7011 section 7
//! permits. So each string of this sample has a value, and each message has one record, whose
//! padding, if there is any, is not empty.

use std::collections::HashMap;
use std::net::IpAddr;

use netflow_parser::variable_versions::ipfix::FlowSetBody;
use netflow_parser::variable_versions::ipfix::lookup::{IANAIPFixField, IPFixField};
use netflow_parser::{FieldValue, NetflowPacket, NetflowParser};
use weir_tests::{FlowLine, Scratch, UdpSink, gzip, run, weir};

use IANAIPFixField as Iana;

const INVENTORY: &str = r#"{
  "vpcs": [{"id": "vpc-1", "account_id": "111111111111", "region": "eu-west-1", "name": "shop",
            "cidrs": ["10.0.0.0/16"]}],
  "instances": [{"id": "i-web", "name": "web"}, {"id": "i-db", "name": "db ünï"}],
  "interfaces": [
    {"id": "eni-web", "account_id": "111111111111", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
     "instance_id": "i-web", "addresses": [{"private": "10.0.1.10", "public": "198.51.100.10"}],
     "ipv6_addresses": ["2001:db8:1::10"]},
    {"id": "eni-db", "account_id": "111111111111", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
     "instance_id": "i-db", "addresses": [{"private": "10.0.1.20"}],
     "ipv6_addresses": ["2001:db8:1::20"]}
  ]
}"#;

const LOG: &str = "\
account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
log-status vpc-id subnet-id tcp-flags type pkt-src-aws-service pkt-dst-aws-service flow-direction
111111111111 eni-web 10.0.1.10 10.0.1.20 40000 5432 6 10 840 1767322552 1767322554 ACCEPT OK \
vpc-1 subnet-1 19 IPv4 EC2 AMAZON egress
111111111111 eni-db 10.0.1.10 10.0.1.20 40001 5432 6 18446744073709551615 4294967296 1767322553 \
1767322555 REJECT OK vpc-1 subnet-1 2 IPv4 EC2 AMAZON ingress
111111111111 eni-web 2001:db8:1::10 2001:db8:1::20 65535 0 58 1 64 1767322552 1767322612 ACCEPT \
OK vpc-1 subnet-1 0 IPv6 EC2 S3 egress
";

/// The values of a record by element.
type Record = HashMap<IPFixField, FieldValue>;

fn decode(datagrams: &[weir_tests::Datagram]) -> Vec<Record> {
    let mut parser = NetflowParser::default();
    let mut records = Vec::new();
    for datagram in datagrams {
        let parsed = parser.parse_bytes(&datagram.payload);
        assert!(parsed.error.is_none(), "{:?}", parsed.error);
        for packet in parsed.packets {
            let NetflowPacket::IPFix(message) = packet else { panic!("{packet:?}") };
            for set in message.flowsets {
                match set.body {
                    FlowSetBody::Data(data) => {
                        records.extend(data.fields.into_iter().map(Record::from_iter));
                    }
                    FlowSetBody::NoTemplate(info) => panic!("data before its template: {info:?}"),
                    _ => {}
                }
            }
        }
    }
    records
}

struct Fields<'r>(&'r Record);

impl Fields<'_> {
    fn octets(&self, field: IPFixField) -> Vec<u8> {
        let value = self.0.get(&field).unwrap_or_else(|| panic!("no {field:?} in {:?}", self.0));
        let mut octets = Vec::new();
        match value {
            FieldValue::String(text) => octets.extend_from_slice(&text.raw),
            value => value.write_be_bytes(&mut octets).unwrap(),
        }
        octets
    }

    fn number(&self, field: Iana) -> u64 {
        let octets = self.octets(IPFixField::IANA(field));
        octets.iter().fold(0, |number, octet| (number << 8) | u64::from(*octet))
    }

    fn address(&self, field: Iana) -> IpAddr {
        let octets = self.octets(IPFixField::IANA(field));
        let v4 = <[u8; 4]>::try_from(octets.as_slice()).map(IpAddr::from);
        v4.unwrap_or_else(|_| IpAddr::from(<[u8; 16]>::try_from(octets.as_slice()).unwrap()))
    }

    fn own(&self, id: u16) -> String {
        let field = IPFixField::Enterprise { enterprise_number: 32473, field_number: id };
        String::from_utf8(self.octets(field)).unwrap()
    }
}

fn assert_is(record: &Record, line: &FlowLine) {
    let fields = Fields(record);
    let number = |field: &str| line.number(field).unwrap();
    assert_eq!(fields.number(Iana::OctetDeltaCount), number("bytes"));
    assert_eq!(fields.number(Iana::PacketDeltaCount), number("packets"));
    assert_eq!(fields.number(Iana::FlowStartMilliseconds), number("start") * 1000);
    assert_eq!(fields.number(Iana::FlowEndMilliseconds), number("end") * 1000);
    assert_eq!(fields.number(Iana::SourceTransportPort), number("srcport"));
    assert_eq!(fields.number(Iana::DestinationTransportPort), number("dstport"));
    assert_eq!(fields.number(Iana::ProtocolIdentifier), number("protocol"));
    assert_eq!(fields.number(Iana::TcpControlBits), number("tcp-flags"));
    let status = if line.get("action") == Some("ACCEPT") { 64 } else { 128 };
    assert_eq!(fields.number(Iana::ForwardingStatus), status);
    let is_egress = line.get("flow-direction") == Some("egress");
    assert_eq!(fields.number(Iana::FlowDirection), u64::from(is_egress));
    assert_ne!(fields.number(Iana::IngressInterface), 0);
    assert_ne!(fields.number(Iana::EgressInterface), 0);
    assert_eq!(fields.address(Iana::ExporterIpv4address).to_string(), "10.0.0.1");
    let source = line.address("srcaddr").unwrap();
    if source.is_ipv4() {
        assert_eq!(fields.address(Iana::SourceIpv4address), source);
        assert_eq!(Some(fields.address(Iana::DestinationIpv4address)), line.address("dstaddr"));
        assert_eq!(fields.address(Iana::PostNatsourceIpv4address).to_string(), "198.51.100.10");
        assert_eq!(fields.address(Iana::PostNatdestinationIpv4address).to_string(), "0.0.0.0");
    } else {
        assert_eq!(fields.address(Iana::SourceIpv6address), source);
        assert_eq!(Some(fields.address(Iana::DestinationIpv6address)), line.address("dstaddr"));
    }
    assert_strings(&fields, line);
    let padding = IPFixField::IANA(Iana::PaddingOctets);
    let elements = record.keys().filter(|element| **element != padding).count();
    assert_eq!(elements, if source.is_ipv4() { 31 } else { 29 }, "no element is unchecked");
}

fn assert_strings(fields: &Fields<'_>, line: &FlowLine) {
    let exporter = fields.octets(IPFixField::IANA(Iana::ObservationDomainName));
    assert_eq!(exporter, b"shop");
    let text = |field: &str| line.get(field).unwrap();
    let expected = [
        (1, text("account-id")),
        (2, text("vpc-id")),
        (3, text("subnet-id")),
        (4, text("interface-id")),
        (5, text("type")),
        (11, "i-web"),
        (12, "web"),
        (13, "eu-west-1"),
        (14, text("pkt-src-aws-service")),
        (21, "i-db"),
        (22, "db ünï"),
        (23, "eu-west-1"),
        (24, text("pkt-dst-aws-service")),
    ];
    for (id, expected) in expected {
        assert_eq!(fields.own(id), expected, "element {id}");
    }
}

#[test]
fn netflow_parser_reads_every_field_as_it_stands_in_the_line() {
    let scratch = Scratch::new();
    let inventory = scratch.write("inventory.json", INVENTORY);
    let log = scratch.write("flows.log.gz", gzip(LOG));
    let sink = UdpSink::open();
    let mut command = weir("replay");
    command.arg(&log).arg("--inventory").arg(inventory).args(["--collector", &sink.url()]);
    // 100 ms of the rate are one record, so that no message has more.
    command.args(["--rate-limit", "10"]);
    run(&mut command).ended_with(0);
    let records = decode(&sink.close());
    let lines = FlowLine::read_file(&log);
    assert_eq!(records.len(), lines.len());
    for line in &lines {
        let has_port = |record: &&Record| {
            Fields(record).number(Iana::SourceTransportPort) == line.number("srcport").unwrap()
        };
        assert_is(records.iter().find(has_port).unwrap(), line);
    }
}
