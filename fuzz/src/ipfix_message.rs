//! IPFIX messages of any exporter.

use weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;
use weir_ipfix::decode::{DecodeError, Decoder, MessageSummary, Record, message_length};

/// Every set and every template record has this many octets at least.
const SHORTEST: usize = 4;

/// Decodes a stream of messages, as they come over TCP.
///
/// - What is visited is counted, and all of it lies in the message: no message makes records,
///   templates or sets out of nothing.
/// - A record's fields are within the record, and each has a value and a name.
/// - Errors name an octet of the message.
///
/// # Panics
/// When one of these does not hold.
pub fn ipfix_message(data: &[u8]) {
    let mut decoder = Decoder::new(DEFAULT_ENTERPRISE_NUMBER);
    let mut rest = data;
    while let Ok(Some(length)) = message_length(rest) {
        let (message, after) = rest.split_at(length.min(rest.len()));
        let has_wrong_length =
            |result| matches!(result, Err::<MessageSummary, _>(DecodeError::MessageLength { .. }));
        if has_wrong_length(decode(&mut decoder, message)) {
            // The most likely fault, and it hides what comes after.
            let result = decode(&mut decoder, &with_length(message));
            assert!(!has_wrong_length(result), "the length is right now");
        }
        rest = after;
    }
    decoder.forget_session(SESSION);
    let again = decode(&mut decoder, data);
    assert!(again.is_err() || again.is_ok_and(|summary| summary.sequence_gap.is_none()));
}

const SESSION: u64 = 7;

fn decode(decoder: &mut Decoder, message: &[u8]) -> Result<MessageSummary, DecodeError> {
    let (mut records, mut octets) = (0, 0);
    let result = decoder.decode(SESSION, message, |record| {
        records += 1;
        octets += record.octets().len();
        check_record(record);
    });
    assert!(octets <= message.len(), "records of {octets} octets");
    match &result {
        Ok(summary) => check_summary(summary, records, message),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
    result
}

fn check_summary(summary: &MessageSummary, records: u32, message: &[u8]) {
    assert_eq!(summary.records, records, "visited records");
    assert_eq!(message[12..16], summary.observation_domain_id.to_be_bytes());
    let others = summary.templates + summary.without_template + summary.reserved_sets;
    let octets = records as usize + SHORTEST * others as usize;
    assert!(octets <= message.len(), "{summary:?} in {} octets", message.len());
}

fn check_record(record: &Record<'_>) {
    assert!(!record.octets().is_empty(), "a record of nothing");
    assert_eq!(record.session, SESSION);
    let mut octets = 0;
    for field in record.fields() {
        octets += field.octets.len();
        let element = field.element;
        assert!(!element.name.to_string().contains(char::is_control), "{element:?}");
        assert!(element.id < 0x8000, "{element:?}");
        let found = record.field(element.enterprise_number, element.id);
        assert!(found.is_some_and(|found| found.element == element), "{element:?}");
        // NaN is a value too, and equals nothing.
        assert_eq!(format!("{:?}", field.value()), format!("{:?}", field.value()));
    }
    assert!((1..=record.octets().len()).contains(&octets) || has_empty_values(record));
}

/// Whether all values are of variable length and empty.
fn has_empty_values(record: &Record<'_>) -> bool {
    record.fields().count() > 0 && record.fields().all(|field| field.octets.is_empty())
}

/// The message with its own length in the header.
fn with_length(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    if let Some(stated) = message.get_mut(2..4) {
        stated.copy_from_slice(&length.to_be_bytes());
    }
    message
}
