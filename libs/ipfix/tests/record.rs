//! Records in groups: what is written is read, and damage is found.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, prelude::*, sample::Index};
use support::{Sample, group, kept, layout, layouts, sample};
use weir_ipfix::{
    AddressFamily, FixedPart, InterfaceSide, Layout, MalformedGroup, PREFIX_LENGTH, RecordGroup,
    RecordView, Slot, standard,
};

/// Reads a record in every way; returns what was read in bytes.
fn read_all(record: &RecordView<'_>) -> usize {
    for slot in record.layout().slots() {
        record.unsigned(*slot);
        record.address(*slot);
        assert_eq!(record.is_present(*slot), record.unsigned(*slot).is_some());
    }
    record.source_address();
    record.destination_address();
    record.interface_side();
    let mut places = Vec::new();
    record.locate_strings(&mut places);
    record.locate_strings(&mut places);
    let located: Vec<_> = places.into_iter().map(|place| &record.data()[place]).collect();
    let strings: Vec<_> = record.strings().collect();
    assert_eq!(located, strings);
    assert_eq!(strings.len(), record.layout().string_count());
    PREFIX_LENGTH + record.data().len()
}

fn any_samples() -> impl Strategy<Value = (Layout, Vec<Sample>)> {
    let of = |layout: Layout| vec(sample(&layout), 0..5).prop_map(move |all| (layout.clone(), all));
    let [v4, v6] = layouts();
    prop_oneof![of(v4), of(v6)]
}

/// Damage to a group.
#[derive(Clone, Debug)]
enum Damage {
    Truncate(Index),
    Append(Vec<u8>),
    Remove(Index),
    Insert(Index, u8),
    Octet(Index, u8),
    Length(Index, u16),
    ForgetLength(Index),
    AddLength(Index, u16),
    MoveBoundary(Index, i16),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Truncate),
        vec(any::<u8>(), 1..100).prop_map(Damage::Append),
        any::<Index>().prop_map(Damage::Remove),
        (any::<Index>(), any::<u8>()).prop_map(|(place, octet)| Damage::Insert(place, octet)),
        (any::<Index>(), any::<u8>()).prop_map(|(place, octet)| Damage::Octet(place, octet)),
        (any::<Index>(), any::<u16>()).prop_map(|(place, length)| Damage::Length(place, length)),
        any::<Index>().prop_map(Damage::ForgetLength),
        (any::<Index>(), 0u16..200).prop_map(|(place, length)| Damage::AddLength(place, length)),
        (any::<Index>(), -40i16..40).prop_map(|(place, by)| Damage::MoveBoundary(place, by)),
    ]
}

impl Damage {
    fn inflict(&self, group: &mut RecordGroup) {
        let (octets, records) = (group.bytes.len(), group.lengths.len());
        match self {
            Self::Append(octets) => group.bytes.to_mut().extend(octets),
            Self::AddLength(place, length) => {
                group.lengths.insert(place.index(records + 1), *length);
            }
            _ if records == 0 || octets == 0 => {}
            Self::Truncate(place) => group.bytes.to_mut().truncate(place.index(octets)),
            Self::Remove(place) => drop(group.bytes.to_mut().remove(place.index(octets))),
            Self::Insert(place, octet) => group.bytes.to_mut().insert(place.index(octets), *octet),
            Self::Octet(place, octet) => group.bytes.to_mut()[place.index(octets)] = *octet,
            Self::Length(place, length) => group.lengths[place.index(records)] = *length,
            Self::ForgetLength(place) => drop(group.lengths.remove(place.index(records))),
            Self::MoveBoundary(place, by) => {
                let first = place.index(records);
                let second = (first + 1) % records;
                group.lengths[first] = group.lengths[first].saturating_add_signed(*by);
                group.lengths[second] = group.lengths[second].saturating_sub_signed(*by);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read((layout, samples) in any_samples()) {
        let group = group(&layout, 7, &samples);
        prop_assert_eq!((group.len(), group.is_empty()), (samples.len(), samples.is_empty()));
        let records: Vec<_> = group.records(&layout).expect("is well formed").collect();
        prop_assert_eq!(records.len(), samples.len());
        for (record, sample) in records.iter().zip(&samples) {
            read_all(record);
            for (slot, number) in layout.slots().iter().zip(&sample.numbers) {
                let value = number.as_ref().map(|octets| {
                    octets.iter().fold(0u64, |value, octet| value << 8 | u64::from(*octet))
                });
                prop_assert_eq!(record.unsigned(*slot), value);
            }
            let texts = sample.texts.iter().map(|text| kept(text).as_bytes());
            prop_assert!(record.strings().eq(texts));
        }
    }

    #[test]
    fn cut_strings_are_counted((layout, samples) in any_samples()) {
        let mut group = RecordGroup::new(layout.revision(), 7);
        for sample in &samples {
            let too_long = sample.texts.iter().filter(|text| text.len() > 1024).count();
            prop_assert_eq!(sample.push_to(&mut group, &layout) as usize, too_long);
        }
    }

    #[test]
    fn a_damaged_group_is_refused_or_read_without_a_panic(
        (layout, samples) in any_samples(),
        damages in vec(damage(), 1..4),
    ) {
        let mut group = group(&layout, 7, &samples);
        for damage in &damages {
            damage.inflict(&mut group);
        }
        if let Ok(records) = group.records(&layout) {
            let read: usize = records.map(|record| read_all(&record)).sum();
            prop_assert_eq!(read, group.bytes.len());
        }
    }

    #[test]
    fn damage_to_the_structure_is_always_found(
        (layout, samples) in any_samples(),
        place: Index,
        difference in 1u16..100,
    ) {
        prop_assume!(!samples.is_empty());
        let intact = group(&layout, 7, &samples);
        let is_refused = |change: &dyn Fn(&mut RecordGroup)| {
            let mut group = intact.clone();
            change(&mut group);
            group.records(&layout).is_err()
        };
        let record = place.index(samples.len());
        prop_assert!(is_refused(&|group| group.bytes.to_mut().truncate(place.index(intact.bytes.len()))));
        prop_assert!(is_refused(&|group| group.bytes.to_mut().push(0)));
        prop_assert!(is_refused(&|group| group.lengths[record] += difference));
        prop_assert!(is_refused(&|group| group.lengths[record] -= difference.min(group.lengths[record])));
        prop_assert!(is_refused(&|group| _ = group.lengths.remove(record)));
        prop_assert!(is_refused(&|group| group.lengths.insert(record, 0)));
        // The length prefix of the last string.
        let end: usize = intact.lengths[..=record].iter().map(|length| usize::from(*length)).sum();
        let last = kept(samples[record].texts.last().expect("a text")).len();
        let prefix = end - last - if last < 255 { 1 } else { 3 };
        prop_assert!(is_refused(&|group| group.bytes.to_mut()[prefix] ^= 1));
    }
}

fn one_record(layout: &Layout, fixed: &FixedPart) -> RecordGroup {
    let mut group = RecordGroup::new(layout.revision(), 7);
    let mut record = group.start_record(fixed);
    (0..layout.string_count()).for_each(|_| record.push_string(b""));
    record.finish();
    group
}

#[test]
fn addresses_and_the_interface_side_are_read_as_written() {
    let [v4, v6] = layouts();
    let (one, two) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let mut fixed = FixedPart::new(&v4);
    fixed.put_ipv4(standard::SOURCE_V4, one);
    fixed.put_ipv4(standard::DESTINATION_PUBLIC_V4, two);
    fixed.put_interface_side(InterfaceSide::Source);
    let group = one_record(&v4, &fixed);
    let record = group.records(&v4).expect("is well formed").next().expect("a record");
    assert_eq!(record.source_address(), Some(IpAddr::V4(one)));
    assert_eq!(record.destination_address(), None);
    assert_eq!(record.address(standard::DESTINATION_PUBLIC_V4), Some(IpAddr::V4(two)));
    assert_eq!(record.interface_side(), InterfaceSide::Source);

    let mut fixed = FixedPart::new(&v6);
    fixed.put_ipv6(standard::DESTINATION_V6, Ipv6Addr::LOCALHOST);
    fixed.put_interface_side(InterfaceSide::Destination);
    let group = one_record(&v6, &fixed);
    let record = group.records(&v6).expect("is well formed").next().expect("a record");
    assert_eq!(record.source_address(), None);
    assert_eq!(record.destination_address(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    assert_eq!(record.interface_side(), InterfaceSide::Destination);
}

#[test]
fn a_value_of_zero_is_present_and_a_missing_one_is_not() {
    let layout = layout(AddressFamily::V4);
    let mut fixed = FixedPart::new(&layout);
    fixed.put_u64(standard::OCTETS, 0);
    let group = one_record(&layout, &fixed);
    let record = group.records(&layout).expect("is well formed").next().expect("a record");
    assert_eq!(record.unsigned(standard::OCTETS), Some(0));
    assert_eq!(record.unsigned(standard::PACKETS), None);
}

#[test]
fn a_cleared_fixed_part_is_like_a_new_one() {
    for layout in &layouts() {
        let mut fixed = FixedPart::new(layout);
        for Slot { offset, bit, .. } in layout.slots() {
            let octet = Slot { offset: *offset, length: 1, bit: *bit };
            fixed.put_u8(octet, 0xff);
        }
        fixed.put_interface_side(InterfaceSide::Source);
        fixed.clear();
        assert_eq!(one_record(layout, &fixed), one_record(layout, &FixedPart::new(layout)));
    }
}

#[test]
fn several_encoded_strings_are_appended_at_once() {
    let layout = layout(AddressFamily::V4);
    let texts: Vec<_> = (0..layout.string_count()).map(|number| number.to_string()).collect();
    let sample = Sample::of_texts(&layout, texts.clone());
    let mut at_once = RecordGroup::new(layout.revision(), 7);
    let mut encoded = Vec::new();
    for text in texts.get(1..).unwrap_or_default() {
        weir_ipfix::push_string(&mut encoded, text.as_bytes());
    }
    let mut record = at_once.start_record(&sample.fixed_part(&layout));
    record.push_string(texts[0].as_bytes());
    record.push_encoded(&encoded);
    record.finish();
    assert_eq!(at_once, group(&layout, 7, &[sample]));
}

#[test]
fn the_error_tells_what_is_wrong_and_where() {
    let [v4, v6] = layouts();
    let intact = group(&v4, 7, &[Sample::of_length(&v4, 1), Sample::of_length(&v4, 1)]);
    let error = |group: &RecordGroup, layout: &Layout| group.records(layout).err();
    let (found, expected) = (v4.revision(), v6.revision());
    assert_eq!(error(&intact, &v6), Some(MalformedGroup::Revision { found, expected }));
    let mut longer = intact.clone();
    longer.bytes.to_mut().push(0);
    assert_eq!(error(&longer, &v4), Some(MalformedGroup::Lengths { record: 2 }));
    let mut moved = intact.clone();
    moved.lengths[0] -= 1;
    moved.lengths[1] += 1;
    assert_eq!(error(&moved, &v4), Some(MalformedGroup::Record { record: 0 }));
    let mut short = intact;
    short.lengths[0] = 3;
    assert_eq!(error(&short, &v4), Some(MalformedGroup::Record { record: 0 }));
}
