//! The kinds of traffic that must occur.

use std::collections::{HashMap, HashSet};

use weir_flowlog::Field;

use super::sample::{Row, number, sample};

fn tuple<'a>(row: &'a Row, fields: [&str; 4]) -> [&'a str; 5] {
    let [source, destination, source_port, destination_port] = fields.map(|x| row[x].as_str());
    [source, destination, source_port, destination_port, &row["protocol"]]
}

const FORWARD: [&str; 4] = ["srcaddr", "dstaddr", "srcport", "dstport"];
const BACKWARD: [&str; 4] = ["dstaddr", "srcaddr", "dstport", "srcport"];

#[test]
fn conversations_inside_a_vpc_are_reported_by_both_interfaces_in_both_directions() {
    let mut reporters: HashMap<_, HashSet<_>> = HashMap::new();
    for row in sample().flows() {
        let key = (tuple(row, FORWARD), row["start"].as_str(), row["bytes"].as_str());
        reporters.entry(key).or_default().insert((&row["interface-id"], &row["flow-direction"]));
    }
    let both = reporters.iter().filter(|(_, reporters)| reporters.len() == 2);
    let tuples: HashSet<_> = both.map(|((tuple, ..), _)| tuple).collect();
    let answered = tuples.iter().filter(|[source, destination, from, to, protocol]| {
        tuples.contains(&[*destination, *source, *to, *from, *protocol])
    });
    assert!(answered.count() > 1_000);
}

#[test]
fn most_flows_have_their_reply_in_the_same_object_and_from_the_same_interface() {
    let mut seen: HashSet<_> = HashSet::new();
    for row in sample().flows() {
        seen.insert((row["interface-id"].as_str(), tuple(row, FORWARD)));
    }
    let accepted: Vec<_> = sample().flows().filter(|row| row["action"] == "ACCEPT").collect();
    let answered =
        |row: &&&Row| seen.contains(&(row["interface-id"].as_str(), tuple(row, BACKWARD)));
    assert!(accepted.iter().filter(answered).count() * 10 > accepted.len() * 9);
}

#[test]
fn nat_gateways_show_packet_addresses_that_are_not_those_of_the_flow() {
    let sample = sample();
    let nat: HashSet<_> = sample
        .inventory
        .interfaces
        .iter()
        .filter(|x| x.interface_type == "nat_gateway")
        .map(|x| &x.id)
        .collect();
    let of_nat = |row: &&Row| nat.contains(&row["interface-id"]);
    let translated =
        |row: &&Row| row["srcaddr"] != row["pkt-srcaddr"] || row["dstaddr"] != row["pkt-dstaddr"];
    assert!(sample.flows().filter(of_nat).filter(translated).count() > 100);
    assert!(sample.flows().filter(of_nat).filter(|row| !translated(row)).count() > 100);
    assert!(sample.flows().filter(|row| !of_nat(row)).any(|row| translated(&row)));
}

#[test]
fn few_interfaces_do_most_of_the_talking() {
    let mut lines: HashMap<_, u64> = HashMap::new();
    for row in sample().flows() {
        *lines.entry(&row["interface-id"]).or_default() += 1;
    }
    let mut counts: Vec<_> = lines.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let all: u64 = counts.iter().sum();
    assert!(counts[..counts.len() / 5].iter().sum::<u64>() * 2 > all);
}

#[test]
fn every_field_has_values_but_those_that_need_what_is_not_there() {
    let absent = [
        Field::SublocationType,
        Field::SublocationId,
        Field::EcsSecondContainerId,
        Field::InterfaceTag2,
        Field::AsgTag2,
    ];
    for field in Field::ALL.into_iter().filter(|field| field.version() != 6) {
        let has_value = sample().flows().any(|row| row[field.name()] != "-");
        assert_eq!(has_value, !absent.contains(&field), "{}", field.name());
    }
}

#[test]
fn the_values_that_matter_all_occur() {
    let wanted = [
        ("tcp-flags", &["0", "1", "2", "3", "4", "6", "18", "19"][..]),
        ("protocol", &["1", "6", "17", "58"]),
        ("type", &["IPv4", "IPv6"]),
        ("action", &["ACCEPT", "REJECT"]),
        ("traffic-path", &["-", "1", "4", "5", "7", "8"]),
        ("pkt-dst-aws-service", &["-", "S3", "DYNAMODB", "CLOUDFRONT", "AMAZON", "EC2"]),
        ("encryption-status", &["0", "1", "2", "3"]),
        ("log-status", &["OK", "NODATA", "SKIPDATA"]),
        ("reject-reason", &["-", "BPA"]),
        ("next-hop-interface-type", &["-", "nat_gateway", "vpc_endpoint", "transit_gateway"]),
    ];
    for (field, values) in wanted {
        let seen: HashSet<_> = sample().rows.iter().map(|row| row[field].as_str()).collect();
        for value in values {
            assert!(seen.contains(value), "{field} {value}");
        }
    }
}

#[test]
fn the_fields_of_a_flow_go_together() {
    for row in sample().flows() {
        assert_eq!(row["flow-direction"] == "egress", row["traffic-path"] != "-", "{row:?}");
        assert_eq!(row["type"] == "IPv6", row["srcaddr"].contains(':'), "{row:?}");
        assert_eq!(row["bytes"] == "-", row["reject-reason"] == "BPA", "{row:?}");
        assert!(row["reject-reason"] == "-" || row["action"] == "REJECT", "{row:?}");
        assert!(row["protocol"] == "6" || row["tcp-flags"] == "0", "{row:?}");
        assert!(number(row, "packets") > 0, "{row:?}");
        assert!(
            row["bytes"] == "-" || number(row, "bytes") >= 40 * number(row, "packets"),
            "{row:?}"
        );
        if ["1", "58"].contains(&row["protocol"].as_str()) {
            assert_eq!((number(row, "srcport"), number(row, "dstport")), (0, 0), "{row:?}");
        }
    }
}

#[test]
fn lines_without_a_flow_tell_when_and_where_alone() {
    let kept = [
        "version",
        "account-id",
        "interface-id",
        "start",
        "end",
        "log-status",
        "vpc-id",
        "subnet-id",
        "instance-id",
        "region",
        "az-id",
    ];
    for row in sample().rows.iter().filter(|row| row["log-status"] != "OK") {
        for (field, value) in row {
            assert_eq!(value != "-", kept.contains(&field.as_str()), "{field}");
        }
    }
}
