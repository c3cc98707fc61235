//! Geographic regions from a MaxMind database that the test makes itself.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use weir_delivery::{Origin, Run, RunId};
use weir_enricher::{Enricher, GeoDatabase};
use weir_flowlog::LogFormat;
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_ipfix::LayoutPair;
use weir_ipfix::element::{DESTINATION_GEO_REGION, SOURCE_GEO_REGION};

/// A MaxMind database of IPv4 networks, each with a country and a subdivision or none
/// (<https://maxmind.github.io/MaxMind-DB/>).
fn database(networks: &[([u8; 4], u8, &str, &str)]) -> Vec<u8> {
    // Each node has two records: a node, or `None` for nothing, or a network's number.
    #[derive(Clone, Copy)]
    enum Record {
        Nothing,
        Node(usize),
        Network(usize),
    }
    let mut nodes = vec![[Record::Nothing; 2]];
    for (number, (address, length, ..)) in networks.iter().enumerate() {
        let bits = u32::from(Ipv4Addr::from(*address));
        let mut node = 0;
        for depth in 0..*length {
            let side = (bits >> (31 - depth) & 1) as usize;
            if depth + 1 == *length {
                nodes[node][side] = Record::Network(number);
            } else if let Record::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([Record::Nothing; 2]);
                nodes[node][side] = Record::Node(nodes.len() - 1);
                node = nodes.len() - 1;
            }
        }
    }
    let (mut data, mut places) = (Vec::new(), Vec::new());
    for (_, _, country, subdivision) in networks {
        places.push(data.len());
        map(&mut data, 1 + usize::from(!subdivision.is_empty()));
        text(&mut data, "country");
        map(&mut data, 1);
        text(&mut data, "iso_code");
        text(&mut data, country);
        if !subdivision.is_empty() {
            text(&mut data, "subdivisions");
            data.extend([1, 4]); // an array (extended type 4 + 7) of one
            map(&mut data, 1);
            text(&mut data, "iso_code");
            text(&mut data, subdivision);
        }
    }
    let mut file = Vec::new();
    for record in nodes.iter().flatten() {
        let value = match record {
            Record::Nothing => nodes.len(),
            Record::Node(node) => *node,
            Record::Network(number) => nodes.len() + 16 + places[*number],
        };
        file.extend(&(value as u32).to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    map(&mut file, 9);
    text(&mut file, "node_count");
    unsigned(&mut file, 6, nodes.len() as u32);
    for (key, value) in [("record_size", 24), ("ip_version", 4)] {
        text(&mut file, key);
        unsigned(&mut file, 5, value);
    }
    for (key, value) in [("binary_format_major_version", 2), ("binary_format_minor_version", 0)] {
        text(&mut file, key);
        unsigned(&mut file, 5, value);
    }
    text(&mut file, "database_type");
    text(&mut file, "Test-City");
    text(&mut file, "build_epoch");
    file.extend([0, 2]); // a number of 64 bits (extended type 2 + 7) without octets: 0
    text(&mut file, "languages");
    file.extend([0, 4]);
    text(&mut file, "description");
    map(&mut file, 0);
    file
}

fn map(out: &mut Vec<u8>, pairs: usize) {
    out.push(0b111_00000 | pairs as u8);
}

fn text(out: &mut Vec<u8>, value: &str) {
    assert!(value.len() < 29, "longer texts need another length");
    out.push(0b010_00000 | value.len() as u8);
    out.extend(value.as_bytes());
}

/// A number of 16 bits (type 5) or 32 bits (type 6).
fn unsigned(out: &mut Vec<u8>, data_type: u8, value: u32) {
    let octets = if data_type == 5 { &value.to_be_bytes()[2..] } else { &value.to_be_bytes()[..] };
    out.push(data_type << 5 | octets.len() as u8);
    out.extend(octets);
}

/// The regions of both sides, as records of these lines hold them.
fn regions(database: Vec<u8>, lines: &str) -> Vec<(String, String)> {
    let extras = [SOURCE_GEO_REGION, DESTINATION_GEO_REGION];
    let layouts = Arc::new(LayoutPair::with_extras(1, &extras));
    let snapshot = Snapshot::build(&Inventory::default(), &FallbackExporter::default()).unwrap();
    let database = GeoDatabase::from_bytes(database).unwrap();
    let mut enricher = Enricher::new(Arc::clone(&layouts), Arc::new(snapshot))
        .with_geo_database(Arc::new(database));
    let run = enricher.enrich(&Run {
        id: RunId(1),
        origin: Arc::new(Origin::default()),
        format: Arc::new(LogFormat::parse("srcaddr dstaddr").unwrap()),
        first_line: 1,
        text: lines.as_bytes(),
    });
    let mut found = Vec::new();
    for group in &run.groups {
        let layout = layouts.by_revision(group.revision).unwrap();
        for record in group.records(layout).unwrap() {
            let strings: Vec<_> = record.strings().map(String::from_utf8_lossy).collect();
            let text = |element| strings[layout.string_index(element).unwrap()].to_string();
            found.push((text(&SOURCE_GEO_REGION), text(&DESTINATION_GEO_REGION)));
        }
    }
    found
}

fn sample() -> Vec<u8> {
    database(&[([198, 51, 100, 0], 24, "US", "VA"), ([203, 0, 113, 128], 25, "DE", "")])
}

/// What other tests use as a database.
#[test]
fn the_golden_database_is_the_sample() {
    let golden = include_bytes!("../../../tests/golden/geo/tiny.mmdb");
    assert_eq!(sample(), golden);
}

#[test]
fn both_sides_have_the_region_of_their_address() {
    let lines = "198.51.100.7 203.0.113.200\n203.0.113.201 198.51.100.8\n";
    let expected = [("US-VA", "DE"), ("DE", "US-VA")];
    assert_eq!(regions(sample(), lines), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn what_the_database_does_not_hold_has_no_region() {
    let lines = "10.0.0.1 203.0.113.1\n2001:db8::1 2001:db8::2\n";
    assert_eq!(regions(sample(), lines), vec![(String::new(), String::new()); 2]);
}

#[test]
fn a_region_is_right_however_often_it_is_asked_for() {
    let lines = "198.51.100.7 203.0.113.200\n".repeat(1000);
    let found = regions(sample(), &lines);
    assert_eq!(found.len(), 1000);
    assert!(found.iter().all(|each| *each == ("US-VA".to_owned(), "DE".to_owned())));
}

#[test]
fn content_that_is_no_database_is_refused() {
    for content in [Vec::new(), b"not a database".to_vec(), vec![0; 4096]] {
        assert!(GeoDatabase::from_bytes(content).is_err());
    }
}
