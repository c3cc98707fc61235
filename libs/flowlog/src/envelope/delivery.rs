//! Records that Firehose delivers: a list of objects, each with data in base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document::{Key, KeySeed};

/// Memory that is kept from document to document, at most.
const KEPT: usize = 4 << 20;

/// The data of the records of a delivery, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    data: Vec<u8>,
    ends: Vec<usize>,
}

impl Delivered {
    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.ends.clear();
        self.data.shrink_to(KEPT);
        self.ends.shrink_to(KEPT / size_of::<usize>());
    }

    /// The data of each record.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let data = self.data.get(start..end).unwrap_or_default();
            start = end;
            data
        })
    }

    fn push(&mut self, text: &str) -> Result<(), base64::DecodeError> {
        STANDARD.decode_vec(text, &mut self.data)?;
        self.ends.push(self.data.len());
        Ok(())
    }
}

pub(super) struct RecordList<'a>(pub(super) &'a mut Delivered);

impl<'de> DeserializeSeed<'de> for RecordList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RecordList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while records.next_element_seed(Record(self.0))?.is_some() {}
        Ok(())
    }
}

struct Record<'a>(&'a mut Delivered);

impl<'de> DeserializeSeed<'de> for Record<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record with data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_data = false;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if let Key::Data = key {
                has_data = true;
                map.next_value_seed(Data(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if has_data { Ok(()) } else { Err(A::Error::custom("a record without data")) }
    }
}

/// Data in base64.
struct Data<'a>(&'a mut Delivered);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Data<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data in base64")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.push(text).map_err(E::custom)
    }
}
