//! Records of a stream: batches of log events, messages, aggregates, text.

use serde_json::{Deserializer, Value};
use weir_flowlog::envelope::{Aggregate, Envelope, EnvelopeReader};

/// Reads a record of a stream.
///
/// - What is shown does not depend on what the reader read before.
/// - The lines of a batch are the messages that a reader of JSON finds, whole documents alone.
/// - The events' ends divide the lines; there are no more lines than octets.
/// - A document that is there as a whole is the same with anything behind it, and none before.
/// - The records of an aggregate are parts of it.
///
/// # Panics
/// When one of these does not hold.
pub fn envelope(data: &[u8]) {
    if let Some(aggregate) = Aggregate::read(data) {
        let octets: usize = aggregate.records().map(|record| record.data.len()).sum();
        assert!(octets <= data.len(), "{octets} octets of {}", data.len());
    }
    let mut reader = EnvelopeReader::new();
    let first = read(&mut reader, data);
    assert_eq!(read(&mut reader, data), first, "a second time");
    check_documents(&mut reader, data);
    // A delivery shows as much as it has records, and not once for each document.
    let has_delivery = data.windows(8).any(|window| window == b"records\"");
    if data.trim_ascii_start().starts_with(b"{") && !has_delivery {
        let mut documents = Deserializer::from_slice(data).into_iter::<Value>();
        for (lines, is_control) in first {
            // What is read in one pass is read by a reader that keeps everything, too; but for
            // keys that stand twice, of which it keeps the last.
            let Some(Ok(document)) = documents.next() else { return };
            if is_control || has_twice(data) {
                continue;
            }
            assert_eq!(String::from_utf8_lossy(&lines), messages(&document));
        }
    }
}

/// Holds the first document against itself with less and with more behind it.
fn check_documents(reader: &mut EnvelopeReader, data: &[u8]) {
    let mut shown = 0;
    let whole = reader.read_document(data, |_| shown += 1);
    let Ok(Some(length)) = whole else { return };
    let cut = data.get(..length.saturating_sub(1)).unwrap_or_default();
    let read = reader.read_document(cut, |_| panic!("part of a document"));
    assert_eq!(read, Ok(None), "without its last octet");
    let alone = reader.read_document(&data[..length], |_| shown -= 1);
    assert_eq!((alone, shown), (whole, 0), "with nothing behind it");
}

/// Whether some key may stand in a document more than once.
fn has_twice(data: &[u8]) -> bool {
    let keys: [&[u8]; 2] = [b"message\"", b"logEvents\""];
    let count = |key: &[u8]| data.windows(key.len()).filter(|window| window == &key).count();
    count(keys[1]) > 1 || count(keys[0]) > 1 || data.contains(&b'\\')
}

fn messages(document: &Value) -> String {
    let line = |value: &Value| {
        let text = value.as_str().unwrap_or_default().trim_end_matches(['\n', '\r']);
        format!("{text}\n")
    };
    match document.get("logEvents").and_then(Value::as_array) {
        Some(events) => events.iter().filter_map(|event| event.get("message")).map(line).collect(),
        None => document.get("message").map(line).unwrap_or_default(),
    }
}

/// The lines of each envelope, and whether it is a probe.
fn read(reader: &mut EnvelopeReader, data: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let mut all = Vec::new();
    let end = reader.read(data, |envelope| {
        all.push(match envelope {
            Envelope::Control => (Vec::new(), true),
            Envelope::Lines(lines) => (lines.to_vec(), false),
            Envelope::Delivered(data) => (data.to_vec(), false),
            Envelope::Batch(batch) => {
                let ends = batch.events.iter().map(|event| event.end as usize);
                let last = ends.fold(0, |before, end| {
                    assert!(before < end, "an event without a line");
                    end
                });
                assert_eq!(last, batch.lines.len(), "lines of no event");
                (batch.lines.to_vec(), false)
            }
        });
    });
    if let Err(error) = end {
        assert!(error.to_string().len() < 1024, "{error}");
    }
    let octets: usize = all.iter().map(|(lines, _)| lines.len()).sum();
    assert!(octets <= data.len() + 1, "{octets} octets of {}", data.len());
    all
}
