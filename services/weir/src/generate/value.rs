//! What a record has in one of its fields.

use std::net::IpAddr;

/// The value of a field, before any format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// What a record does not have: `-` in text, null in Parquet.
    Absent,
    Number(u64),
    Text(&'a str),
    Address(IpAddr),
}

impl<'a> Value<'a> {
    pub(super) fn number(number: Option<u64>) -> Self {
        number.map_or(Value::Absent, Value::Number)
    }

    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Value::Absent, Value::Text)
    }
}
