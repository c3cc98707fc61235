//! Any line in any format makes one well-formed record.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use weir_enrich::{LineEnricher, NATIVE_FIELDS, RecordGroups};
use weir_flowlog::{BlockParser, Field, Line, LogFormat};
use weir_ipfix::{InformationElement, LayoutPair, Places, element};

use crate::inventory::snapshot;
use crate::reading::{ENTERPRISE_NUMBER, groups};

/// Every native field, and elements that no field of a line fills.
pub(crate) fn all_added() -> Vec<InformationElement> {
    let geo = [element::SOURCE_GEO_REGION, element::DESTINATION_GEO_REGION];
    NATIVE_FIELDS.iter().map(|native| native.element).chain(geo).collect()
}

pub(crate) fn any_format() -> impl Strategy<Value = Vec<Field>> {
    subsequence(Field::ALL.to_vec(), 1..=Field::COUNT).prop_shuffle()
}

/// Values that fit many fields, ids and addresses of the inventory among them.
pub(crate) fn any_value() -> impl Strategy<Value = String> {
    let known = select(vec![
        "-",
        "0",
        "6",
        "255",
        "65535",
        "99999999999",
        "eni-web",
        "eni-app",
        "vpc-p",
        "vpc-q",
        "subnet-2",
        "tgw-1",
        "tgw-2",
        "i-web",
        "unknown",
        "10.0.0.5",
        "10.2.0.5",
        "3.5.0.20",
        "52.92.0.1",
        "2a05:d018:1::5",
        "fd00:2::5",
        "ACCEPT",
        "REJECT",
        "OK",
        "egress",
        "ingress",
    ]);
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        1 => any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        1 => any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string()),
        1 => any::<u32>().prop_map(|number| number.to_string()),
        1 => "[!-~äß€]{1,400}",
    ]
}

/// A value that `field` accepts, mostly.
pub(crate) fn value(field: Field, any: &str, number: u64) -> String {
    use weir_flowlog::FieldKind;
    match (field.kind(), number % 8) {
        (_, 0) => "-".to_owned(),
        (_, 1) if number % 1000 < 100 => any.to_owned(),
        (FieldKind::Text, _) => any.to_owned(),
        (FieldKind::Number { max }, _) => (number % max.max(1)).to_string(),
        (FieldKind::Address, _) => {
            ["10.0.0.5", "10.0.1.7", "10.2.0.5", "3.5.0.20"][(number >> 3) as usize % 4].to_owned()
        }
        (FieldKind::Action, _) => "ACCEPT".to_owned(),
        (FieldKind::LogStatus, _) => "OK".to_owned(),
        (FieldKind::Direction, _) => "egress".to_owned(),
    }
}

proptest! {
    #[test]
    fn every_flow_is_one_well_formed_record(
        fields in any_format(),
        values in vec(vec((any_value(), any::<u64>()), Field::COUNT), 1..4),
    ) {
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        let format = LogFormat::parse(&names.join(" ")).unwrap();
        let mut text = String::new();
        for line in &values {
            let pairs = fields.iter().zip(line);
            let tokens: Vec<_> =
                pairs.map(|(field, (any, number))| value(*field, any, *number)).collect();
            text.push_str(&tokens.join(" "));
            text.push('\n');
        }
        let mut flows = 0;
        BlockParser::new().parse(&format, text.as_bytes(), |outcome| {
            flows += usize::from(matches!(outcome.line, Line::Flow(_)));
        });
        let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &all_added());
        let (groups, _) = groups(&snapshot(), &layouts, &format, text.as_bytes());
        let mut records = 0;
        for group in &groups {
            let layout = layouts.by_revision(group.revision).unwrap();
            records += group.records(layout).unwrap().count();
        }
        prop_assert_eq!(records, flows);
    }

    #[test]
    fn lines_that_wait_for_each_other_make_the_records_that_each_makes_alone(
        picks in vec((0..4_usize, 0..6_usize, 0..6_usize), 0..150),
    ) {
        let enis = ["eni-web", "eni-app", "eni-q", "eni-new"];
        let addresses = ["10.0.0.5", "10.0.1.7", "10.2.0.5", "3.5.0.20", "52.92.0.1", "10.9.9.9"];
        let mut text = String::new();
        for (eni, source, destination) in picks {
            let pair = (addresses[source], addresses[destination]);
            text.push_str(&format!("{} {} {} i-1\n", enis[eni], pair.0, pair.1));
        }
        let format = LogFormat::parse("interface-id srcaddr dstaddr instance-id").unwrap();
        let layouts = LayoutPair::with_extras(ENTERPRISE_NUMBER, &all_added());
        let snapshot = snapshot();
        let (together, totals) = groups(&snapshot, &layouts, &format, text.as_bytes());
        let (mut lines, mut alone) = (LineEnricher::new(&layouts), RecordGroups::new());
        let mut unknown_vpc = 0;
        BlockParser::new().parse(&format, text.as_bytes(), |outcome| {
            if let Line::Flow(line) = outcome.line {
                lines.queue(&snapshot, line, &mut alone);
                unknown_vpc += lines.finish(&snapshot, &mut alone).unknown_vpc;
            }
        });
        prop_assert_eq!(together, alone.take());
        prop_assert_eq!(totals.unknown_vpc, unknown_vpc);
    }

    #[test]
    fn groups_tell_which_of_the_records_are_theirs(picks in vec(0..4_usize, 0..100)) {
        let enis = ["eni-web", "eni-r", "eni-q", "eni-new"];
        let line = |pick: &usize| format!("{} 10.0.0.5 10.2.0.5\n", enis[*pick]);
        let format = LogFormat::parse("interface-id srcaddr dstaddr").unwrap();
        let layouts = LayoutPair::new(ENTERPRISE_NUMBER);
        let snapshot = snapshot();
        let mut expected: BTreeMap<u32, Places> = BTreeMap::new();
        for (place, pick) in (0..).zip(&picks) {
            let (alone, _) = groups(&snapshot, &layouts, &format, line(pick).as_bytes());
            let places = expected.entry(alone[0].observation_domain_id).or_default();
            places.add(place..place + 1);
        }
        let text: String = picks.iter().map(line).collect();
        let (together, _) = groups(&snapshot, &layouts, &format, text.as_bytes());
        let found = together.iter().map(|group| (group.observation_domain_id, group.places));
        prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    }
}
