//! Aggregates of the Kinesis Producer Library, by the public format.

use md5::{Digest as _, Md5};
use proptest::prelude::*;
use weir_flowlog::envelope::{Aggregate, hash_key_of};

fn number(mut number: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    while number >= 0x80 {
        octets.push(number as u8 | 0x80);
        number >>= 7;
    }
    octets.push(number as u8);
    octets
}

fn octets(field: u64, value: &[u8]) -> Vec<u8> {
    [number(field << 3 | 2), number(value.len() as u64), value.to_vec()].concat()
}

/// A user record: partition key's index, explicit hash key's index, data.
type Record<'a> = (u64, Option<u64>, &'a [u8]);

/// An aggregate with these tables and records.
pub(crate) fn aggregate(keys: &[&str], hash_keys: &[&str], records: &[Record<'_>]) -> Vec<u8> {
    let mut message: Vec<u8> = keys.iter().flat_map(|key| octets(1, key.as_bytes())).collect();
    message.extend(hash_keys.iter().flat_map(|key| octets(2, key.as_bytes())));
    for (key, hash_key, data) in records {
        let mut record = [number(8), number(*key)].concat();
        if let Some(hash_key) = hash_key {
            record.extend([number(16), number(*hash_key)].concat());
        }
        record.extend(octets(3, data));
        message.extend(octets(3, &record));
    }
    let checksum = Md5::digest(&message);
    [&[0xf3, 0x89, 0x9a, 0xc2][..], &message, checksum.as_slice()].concat()
}

#[test]
fn user_records_have_their_data_and_the_hash_key_of_their_shard() {
    let data = aggregate(
        &["a", "b"],
        &["340282366920938463463374607431768211455"],
        &[(0, None, b"one"), (1, Some(0), b""), (1, None, &[7; 300])],
    );
    let aggregate = Aggregate::read(&data).unwrap();
    let records: Vec<_> = aggregate.records().collect();
    assert_eq!(records.iter().map(|record| record.number).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!([records[0].data, records[1].data, records[2].data], [b"one", &b""[..], &[7; 300]]);
    let keys: Vec<_> = records.iter().map(|record| record.hash_key.unwrap()).collect();
    assert_eq!(keys, [hash_key_of(b"a"), u128::MAX, hash_key_of(b"b")]);
    // `printf a | md5sum`
    assert_eq!(format!("{:032x}", keys[0]), "0cc175b9c0f1b6a831c399e269772661");
}

#[test]
fn what_has_another_start_or_checksum_is_no_aggregate() {
    let good = aggregate(&["a"], &[], &[(0, None, b"one")]);
    assert!(Aggregate::read(&good).is_some());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(Aggregate::read(&bad).is_none(), "octet {at}");
    }
    for length in 0..good.len() {
        assert!(Aggregate::read(&good[..length]).is_none());
    }
}

#[test]
fn a_record_without_data_makes_it_no_aggregate() {
    let message = octets(3, &number(8));
    let checksum = Md5::digest(&message);
    let data = [&[0xf3, 0x89, 0x9a, 0xc2][..], &message, checksum.as_slice()].concat();
    assert!(Aggregate::read(&data).is_none());
}

#[test]
fn an_index_without_a_key_gives_no_hash_key() {
    let data = aggregate(&[], &[], &[(9, Some(9), b"one")]);
    let aggregate = Aggregate::read(&data).unwrap();
    assert_eq!(aggregate.records().next().unwrap().hash_key, None);
}

proptest! {
    #[test]
    fn records_are_read_as_they_were_put_in(
        data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
    ) {
        let records: Vec<_> = data.iter().map(|data| (0, None, data.as_slice())).collect();
        let packed = aggregate(&["key"], &[], &records);
        let aggregate = Aggregate::read(&packed).unwrap();
        let read: Vec<_> = aggregate.records().map(|record| record.data.to_vec()).collect();
        prop_assert_eq!(read, data);
    }

    #[test]
    fn no_octets_are_too_strange(message in prop::collection::vec(any::<u8>(), 0..300)) {
        let checksum = Md5::digest(&message);
        let data = [&[0xf3, 0x89, 0x9a, 0xc2][..], &message, checksum.as_slice()].concat();
        if let Some(aggregate) = Aggregate::read(&data) {
            let octets: usize = aggregate.records().map(|record| record.data.len()).sum();
            prop_assert!(octets <= message.len());
        }
    }
}
