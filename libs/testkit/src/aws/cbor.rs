//! The bodies of Smithy's RPC v2 protocol, as what JSON has for them
//! (<https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>).

use bytes::Bytes;
use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

/// How deep a body may be.
const DEEPEST: usize = 32;

/// A body as JSON; times are seconds since 1970-01-01 00:00 UTC.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    value(&mut Decoder::new(body), DEEPEST).map_err(|error| error.to_string())
}

/// JSON as a body.
pub(super) fn write(value: &Value) -> Bytes {
    let mut encoder = Encoder::new(Vec::new());
    encode(&mut encoder, value);
    encoder.into_writer().into()
}

fn value(from: &mut Decoder<'_>, deepest: usize) -> Result<Value, Error> {
    let deepest = deepest.checked_sub(1).ok_or_else(|| Error::message("it is too deep"))?;
    Ok(match from.datatype()? {
        Type::Bool => json!(from.bool()?),
        Type::Null | Type::Undefined => {
            from.skip()?;
            Value::Null
        }
        Type::F16 | Type::F32 | Type::F64 => json!(from.f64()?),
        Type::String => json!(from.str()?),
        Type::StringIndef => {
            let parts: Result<String, Error> = from.str_iter()?.collect();
            json!(parts?)
        }
        // A time is a tagged number.
        Type::Tag => {
            from.tag()?;
            value(from, deepest)?
        }
        Type::Array | Type::ArrayIndef => {
            let (mut items, count) = (Vec::new(), from.array()?);
            while goes_on(from, count, items.len())? {
                items.push(value(from, deepest)?);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let (mut members, mut read, count) = (Map::new(), 0, from.map()?);
            while goes_on(from, count, read)? {
                let name = from.str()?.to_owned();
                members.insert(name, value(from, deepest)?);
                read += 1;
            }
            Value::Object(members)
        }
        Type::Bytes | Type::BytesIndef => return Err(Error::message("octets are not expected")),
        _ => {
            let number = i128::from(from.int()?);
            i64::try_from(number).map_or_else(|_| json!(number as f64), |number| json!(number))
        }
    })
}

/// Whether there is another item of a list whose length is known, or whose end is marked.
fn goes_on(from: &mut Decoder<'_>, count: Option<u64>, read: usize) -> Result<bool, Error> {
    match count {
        Some(count) => Ok((read as u64) < count),
        None if from.datatype()? == Type::Break => from.skip().map(|()| false),
        None => Ok(true),
    }
}

fn encode(to: &mut Encoder<Vec<u8>>, value: &Value) {
    let written = match value {
        Value::Null => to.null().map(drop),
        Value::Bool(it) => to.bool(*it).map(drop),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => to.i64(whole).map(drop),
            None => to.f64(number.as_f64().unwrap_or_default()).map(drop),
        },
        Value::String(text) => to.str(text).map(drop),
        Value::Array(items) => {
            let begun = to.array(items.len() as u64).map(drop);
            items.iter().for_each(|item| encode(to, item));
            begun
        }
        Value::Object(members) => {
            let begun = to.map(members.len() as u64).map(drop);
            for (name, member) in members {
                encode(to, &Value::String(name.clone()));
                encode(to, member);
            }
            begun
        }
    };
    // Memory takes everything.
    written.expect("a vector is written to");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let body = json!({"A": [1, -2, 2.5, "text", null, true], "B": {"C": []}});
        assert_eq!(read(&write(&body)).unwrap(), body);
        assert_eq!(read(b"").unwrap(), json!({}));
        assert!(read(b"\xbf\x61").is_err());
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(read(&write(&deep)).unwrap_err(), "decode error: it is too deep");
    }
}
