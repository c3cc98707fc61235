//! Records of the Kinesis Producer Library that hold several user records
//! (<https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>).

use md5::{Digest as _, Md5};

use super::protobuf::{Fields, Value};

/// How an aggregate starts.
const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

/// Octets of the checksum at its end.
const CHECKSUM: usize = 16;

/// An aggregate: its checksum is right, and its message whole.
#[derive(Debug)]
pub struct Aggregate<'a> {
    partition_keys: Vec<&'a [u8]>,
    hash_keys: Vec<&'a [u8]>,
    message: &'a [u8],
}

/// A record that a producer handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRecord<'a> {
    /// Its place in the aggregate, counted from 0: the sub-sequence number.
    pub number: u64,
    /// The hash key that says which shard it belongs to; none when it has no key.
    pub hash_key: Option<u128>,
    /// What is in it.
    pub data: &'a [u8],
}

impl<'a> Aggregate<'a> {
    /// Reads a record of a stream; none when it is no aggregate.
    pub fn read(record: &'a [u8]) -> Option<Self> {
        let rest = record.strip_prefix(&MAGIC)?;
        let (message, checksum) = rest.split_at_checked(rest.len().checked_sub(CHECKSUM)?)?;
        if Md5::digest(message).as_slice() != checksum {
            return None;
        }
        let (mut partition_keys, mut hash_keys) = (Vec::new(), Vec::new());
        for field in Fields(message) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Octets(key)) => partition_keys.push(key),
                (2, Value::Octets(key)) => hash_keys.push(key),
                (3, Value::Octets(record)) => drop(data_of(record)?),
                _ => {}
            }
        }
        Some(Self { partition_keys, hash_keys, message })
    }

    /// Its user records, in order.
    pub fn records(&self) -> impl Iterator<Item = UserRecord<'a>> {
        let records = Fields(self.message).flatten().filter_map(|field| match field.value {
            Value::Octets(record) if field.number == 3 => Some(record),
            _ => None,
        });
        (0..).zip(records).filter_map(|(number, record)| {
            let (data, partition_key, hash_key) = data_of(record)?;
            Some(UserRecord { number, hash_key: self.hash_key(partition_key, hash_key), data })
        })
    }

    /// An explicit hash key goes before the hash of the partition key.
    fn hash_key(&self, partition_key: Option<u64>, hash_key: Option<u64>) -> Option<u128> {
        let at = |table: &[&'a [u8]], index: Option<u64>| {
            table.get(usize::try_from(index?).ok()?).copied()
        };
        let explicit = at(&self.hash_keys, hash_key).and_then(|key| str::from_utf8(key).ok());
        let explicit = explicit.and_then(|key| key.parse().ok());
        explicit.or_else(|| at(&self.partition_keys, partition_key).map(hash_key_of))
    }
}

/// The hash key of a partition key.
pub fn hash_key_of(partition_key: &[u8]) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key).into())
}

/// The data of a user record, and the indexes of its keys.
fn data_of(record: &[u8]) -> Option<(&[u8], Option<u64>, Option<u64>)> {
    let (mut data, mut partition_key, mut hash_key) = (None, None, None);
    for field in Fields(record) {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Number(index)) => partition_key = Some(index),
            (2, Value::Number(index)) => hash_key = Some(index),
            (3, Value::Octets(octets)) => data = Some(octets),
            _ => {}
        }
    }
    Some((data?, partition_key, hash_key))
}
