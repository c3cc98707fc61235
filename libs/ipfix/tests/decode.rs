//! Decoding hand-made messages, octet by octet.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

use std::net::{Ipv4Addr, Ipv6Addr};

use weir_ipfix::decode::{
    DecodeError, Decoder, MAX_TEMPLATES, MessageSummary, Record, Value, message_length,
};

const PEN: u32 = 32473;
const SESSION: u64 = 1;
const DOMAIN: u32 = 7;

/// A message of the sets given, each with its id.
fn message(sequence_number: u32, sets: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, octets) in sets {
        body.extend(id.to_be_bytes());
        body.extend((octets.len() as u16 + 4).to_be_bytes());
        body.extend(octets);
    }
    let mut message = vec![0, 10];
    message.extend((body.len() as u16 + 16).to_be_bytes());
    message.extend(1_700_000_000u32.to_be_bytes());
    message.extend(sequence_number.to_be_bytes());
    message.extend(DOMAIN.to_be_bytes());
    message.extend(body);
    message
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Template 256 with one octet per record: protocolIdentifier.
fn one_octet_template() -> (u16, Vec<u8>) {
    (2, words(&[256, 1, 4, 1]))
}

/// Each field of each record as `name=value`.
fn shown(record: &Record<'_>) -> Vec<String> {
    record.fields().map(|field| format!("{}={:?}", field.element.name, field.value())).collect()
}

fn decode(decoder: &mut Decoder, message: &[u8]) -> (MessageSummary, Vec<Vec<String>>) {
    let mut records = Vec::new();
    let summary =
        decoder.decode(SESSION, message, |record| records.push(shown(record))).expect("decodes");
    (summary, records)
}

fn error(message: &[u8]) -> DecodeError {
    Decoder::new(PEN).decode(SESSION, message, |_| {}).expect_err("is malformed")
}

/// The records of RFC 7011 appendices A.2.1 and A.3: source, destination and next hop addresses,
/// packets, octets.
#[test]
fn the_example_of_rfc_7011_decodes() {
    let template = words(&[256, 5, 8, 4, 12, 4, 15, 4, 2, 4, 1, 4]);
    let data = [
        [192, 0, 2, 12, 192, 0, 2, 254, 192, 0, 2, 1, 0, 0, 0x13, 0x91, 0, 0x51, 0x81, 0x2f],
        [192, 0, 2, 27, 192, 0, 2, 23, 192, 0, 2, 2, 0, 0, 3, 0x55, 0, 0x0e, 0x6c, 0x35],
        [192, 0, 2, 56, 192, 0, 2, 65, 192, 0, 2, 3, 0, 0, 0, 5, 0, 0, 6, 0x3a],
    ];
    let message = message(0, &[(2, template), (256, data.concat())]);
    let (summary, records) = decode(&mut Decoder::new(PEN), &message);
    assert_eq!((summary.records, summary.templates, summary.without_template), (3, 1, 0));
    assert_eq!((summary.observation_domain_id, summary.export_time), (DOMAIN, 1_700_000_000));
    assert_eq!(
        records[0],
        [
            "sourceIPv4Address=Ipv4(192.0.2.12)",
            "destinationIPv4Address=Ipv4(192.0.2.254)",
            "ipNextHopIPv4Address=Ipv4(192.0.2.1)",
            "packetDeltaCount=Unsigned(5009)",
            "octetDeltaCount=Unsigned(5341487)",
        ]
    );
    assert_eq!(records[2][4], "octetDeltaCount=Unsigned(1594)");
}

/// RFC 7011 appendix A.4.2: the lines cards of an exporter, scoped by lineCardId.
#[test]
fn an_options_record_has_its_scope_first() {
    let template = words(&[258, 3, 1, 141, 4, 41, 2, 42, 2]);
    let message = message(0, &[(3, template), (258, words(&[0, 1, 345, 10201]))]);
    let mut seen = 0;
    let summary = Decoder::new(PEN)
        .decode(SESSION, &message, |record| {
            seen += 1;
            assert!(record.is_options());
            let scopes: Vec<bool> = record.fields().map(|field| field.is_scope).collect();
            assert_eq!(scopes, [true, false, false]);
            assert_eq!(record.field(None, 141).expect("scope").value(), Value::Unsigned(1));
            let octets = record.field(None, 42).expect("count").value();
            assert_eq!(octets, Value::Unsigned(10201));
        })
        .expect("decodes");
    assert_eq!((seen, summary.records), (1, 1));
}

#[test]
fn enterprise_reverse_and_unknown_elements_have_names() {
    let mut template = words(&[256, 5]);
    for (id, length, enterprise_number) in
        [(1, 65535, Some(PEN)), (1, 1, Some(29305)), (9, 1, Some(99)), (32000, 1, None)]
    {
        template.extend(words(&[if enterprise_number.is_some() { id | 0x8000 } else { id }]));
        template.extend(words(&[length]));
        template.extend(enterprise_number.into_iter().flat_map(u32::to_be_bytes));
    }
    template.extend(words(&[152, 8]));
    let mut data = vec![3, b'1', b'2', b'3', 5, 6, 7];
    data.extend(1_700_000_000_123u64.to_be_bytes());
    let (_, records) = decode(&mut Decoder::new(PEN), &message(0, &[(2, template), (256, data)]));
    assert_eq!(
        records[0],
        [
            "awsAccountId=Text([49, 50, 51])",
            "reverseOctetDeltaCount=Unsigned(5)",
            "enterprise99:9=Octets([6])",
            "ie32000=Octets([7])",
            "flowStartMilliseconds=Milliseconds(1700000000123)",
        ]
    );
}

#[test]
fn own_elements_are_known_under_the_configured_number_alone() {
    let mut template = words(&[256, 1, 0x8001, 1]);
    template.extend(4242u32.to_be_bytes());
    let message = message(0, &[(2, template), (256, vec![b'x'])]);
    assert_eq!(decode(&mut Decoder::new(4242), &message).1, [["awsAccountId=Text([120])"]]);
    assert_eq!(decode(&mut Decoder::new(PEN), &message).1, [["enterprise4242:1=Octets([120])"]]);
}

#[test]
fn variable_lengths_come_with_short_and_long_prefixes() {
    let mut data = vec![2, b'e', b'0', 255, 1, 44];
    data.extend([b'x'; 300]);
    data.extend([255, 0, 1, b'y', 0]);
    let template = (2, words(&[256, 1, 82, 65535]));
    let mut lengths = Vec::new();
    Decoder::new(PEN)
        .decode(SESSION, &message(0, &[template, (256, data)]), |record| {
            lengths.push(record.field(None, 82).expect("interfaceName").octets.len());
        })
        .expect("decodes");
    assert_eq!(lengths, [2, 300, 1, 0]);
}

#[test]
fn addresses_of_both_families_decode() {
    let template = (2, words(&[256, 2, 27, 16, 8, 4]));
    let data = [vec![0x20, 1], vec![0; 13], vec![1], vec![10, 0, 0, 1]].concat();
    let mut seen = Vec::new();
    Decoder::new(PEN)
        .decode(SESSION, &message(0, &[template, (256, data)]), |record| {
            seen.extend(record.fields().map(|field| match field.value() {
                Value::Ipv4(address) => address.to_string(),
                Value::Ipv6(address) => address.to_string(),
                other => panic!("not an address: {other:?}"),
            }));
        })
        .expect("decodes");
    let expected = [Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 1).to_string()];
    assert_eq!(seen, [expected[0].clone(), Ipv4Addr::new(10, 0, 0, 1).to_string()]);
}

#[test]
fn padding_at_the_end_of_sets_is_no_record() {
    let mut template = one_octet_template();
    template.1.extend([0; 3]);
    let wide = (2, [words(&[257, 1, 1, 8]), vec![0; 4]].concat());
    let data = (257, vec![0; 8 + 7]);
    let (summary, records) = decode(&mut Decoder::new(PEN), &message(0, &[template, wide, data]));
    assert_eq!((summary.templates, summary.records, records.len()), (2, 1, 1));
}

#[test]
fn a_template_can_be_redefined_and_withdrawn() {
    let mut decoder = Decoder::new(PEN);
    decode(&mut decoder, &message(0, &[one_octet_template()]));
    let redefined = message(0, &[(2, words(&[256, 1, 7, 2])), (256, vec![0, 80])]);
    assert_eq!(decode(&mut decoder, &redefined).1, [["sourceTransportPort=Unsigned(80)"]]);
    let withdrawn = message(1, &[(2, words(&[256, 0])), (256, vec![0, 80])]);
    let (summary, records) = decode(&mut decoder, &withdrawn);
    assert_eq!((summary.without_template, records.len()), (1, 0));
}

#[test]
fn all_templates_of_one_kind_can_be_withdrawn() {
    let mut decoder = Decoder::new(PEN);
    let options = (3, words(&[257, 1, 1, 4, 1]));
    decode(&mut decoder, &message(0, &[one_octet_template(), options]));
    let sets = [(2, words(&[2, 0])), (256, vec![6]), (257, vec![17])];
    let (summary, records) = decode(&mut decoder, &message(0, &sets));
    assert_eq!(
        (summary.without_template, records),
        (1, vec![vec!["protocolIdentifier=Unsigned(17)".to_owned()]])
    );
}

#[test]
fn templates_belong_to_one_session_and_domain() {
    let mut decoder = Decoder::new(PEN);
    decode(&mut decoder, &message(0, &[one_octet_template()]));
    let data = message(0, &[(256, vec![6])]);
    let mut other_domain = data.clone();
    other_domain[15] = 8;
    let without = |decoder: &mut Decoder, session, message: &[u8]| {
        decoder.decode(session, message, |_| {}).expect("decodes").without_template
    };
    assert_eq!(without(&mut decoder, SESSION, &data), 0);
    assert_eq!(without(&mut decoder, SESSION + 1, &data), 1);
    assert_eq!(without(&mut decoder, SESSION, &other_domain), 1);
    decoder.forget_session(SESSION);
    assert_eq!(without(&mut decoder, SESSION, &data), 1);
}

#[test]
fn a_flood_of_templates_does_not_displace_those_in_use() {
    let mut decoder = Decoder::new(PEN);
    decode(&mut decoder, &message(0, &[one_octet_template()]));
    for session in 0..2 * MAX_TEMPLATES as u64 {
        decoder
            .decode(100 + session, &message(0, &[one_octet_template()]), |_| {})
            .expect("decodes");
        let (summary, _) = decode(&mut decoder, &message(0, &[(256, vec![6])]));
        assert_eq!(summary.without_template, 0);
    }
    let early = decoder.decode(100, &message(0, &[(256, vec![6])]), |_| {}).expect("decodes");
    assert_eq!(early.without_template, 1);
}

#[test]
fn sequence_gaps_tell_the_missing_records() {
    let mut decoder = Decoder::new(PEN);
    let records = |count| (256, vec![6; count]);
    let mut gap = |sequence_number, sets: &[(u16, Vec<u8>)]| {
        decode(&mut decoder, &message(sequence_number, sets)).0.sequence_gap
    };
    assert_eq!(gap(u32::MAX - 1, &[one_octet_template(), records(3)]), None);
    assert_eq!(gap(1, &[records(4)]), Some(0), "numbers wrap at 2^32");
    assert_eq!(gap(15, &[records(5)]), Some(10));
    // The lost message comes late: over all gaps nothing is missing.
    assert_eq!(gap(5, &[records(10)]), Some(-15));
    assert_eq!(gap(20, &[records(1)]), Some(5));
    // Records that cannot be counted leave nothing to expect.
    assert_eq!(gap(21, &[(300, vec![0; 8])]), Some(0));
    assert_eq!(gap(29, &[records(1)]), None);
    assert_eq!(gap(30, &[]), Some(0));
}

/// One record of RFC 5610 section 3.9: scope and then type and name.
fn type_information(id: u16, enterprise_number: u32, data_type: u8, name: &[u8]) -> Vec<u8> {
    let mut record = enterprise_number.to_be_bytes().to_vec();
    record.extend(id.to_be_bytes());
    record.push(data_type);
    record.push(name.len() as u8);
    record.extend(name);
    record
}

#[test]
fn names_and_types_of_foreign_elements_are_learnt() {
    let mut decoder = Decoder::new(PEN);
    let descriptions = [
        type_information(9, 99, 18, b"acmeProbeAddress"),
        type_information(0x8001, PEN, 1, b"renamed"),
        type_information(10, 99, 3, b"bad\nname"),
        type_information(11, 99, 3, b"\xff"),
    ];
    let options = words(&[300, 4, 2, 346, 4, 303, 2, 339, 1, 341, 65535]);
    decode(&mut decoder, &message(0, &[(3, options), (300, descriptions.concat())]));

    let mut template = words(&[256, 4]);
    for (id, length, enterprise_number) in [(9, 4, 99u32), (1, 1, PEN), (10, 1, 99), (11, 1, 99)] {
        template.extend(words(&[id | 0x8000, length]));
        template.extend(enterprise_number.to_be_bytes());
    }
    let data = vec![192, 0, 2, 1, b'a', 1, 2];
    let (_, records) = decode(&mut decoder, &message(4, &[(2, template), (256, data)]));
    assert_eq!(
        records[0],
        [
            "acmeProbeAddress=Ipv4(192.0.2.1)",
            "awsAccountId=Text([97])",
            "enterprise99:10=Octets([1])",
            "enterprise99:11=Octets([2])",
        ]
    );
}

#[test]
fn fields_of_length_zero_are_left_out() {
    let template = (2, words(&[256, 2, 7, 0, 4, 1]));
    let (_, records) = decode(&mut Decoder::new(PEN), &message(0, &[template, (256, vec![6, 17])]));
    assert_eq!(records, [["protocolIdentifier=Unsigned(6)"], ["protocolIdentifier=Unsigned(17)"]]);
    let endless = message(0, &[(2, words(&[256, 1, 7, 0])), (256, vec![6, 17])]);
    assert_eq!(error(&endless), DecodeError::EmptyRecords { template_id: 256, octet: 20 });
}

#[test]
fn reserved_sets_are_skipped_and_counted() {
    let sets = [(4, vec![1, 2, 3]), one_octet_template(), (256, vec![6])];
    let (summary, _) = decode(&mut Decoder::new(PEN), &message(0, &sets));
    assert_eq!((summary.reserved_sets, summary.records), (1, 1));
}

#[test]
fn every_fault_is_told_with_its_octet() {
    let cases: [(Vec<u8>, &str); 10] = [
        (
            vec![0, 9, 0, 1],
            "version 9 at octet 0, but IPFIX is version 10: check what the exporter sends",
        ),
        (vec![], "message header at octet 0 needs 16 octets, but 0 are left"),
        (vec![0, 10, 0, 16], "message header at octet 0 needs 16 octets, but 4 are left"),
        (
            [&message(0, &[])[..], &[0]].concat(),
            "message length 16 at octet 2, but there are 17 octets",
        ),
        (
            message(0, &[(2, words(&[256, 2, 4, 1]))]),
            "field specifier at octet 28 needs 2 octets, but 0 are left",
        ),
        (
            message(0, &[(2, words(&[255, 1, 4, 1]))]),
            "template id 255 at octet 20, but templates are numbered from 256",
        ),
        (
            message(0, &[(2, words(&[256, 513]))]),
            "template 256 at octet 20 has 513 fields, the limit is 512",
        ),
        (
            message(0, &[(3, words(&[256, 1, 0, 4, 1]))]),
            "options template 256 at octet 20 has 0 scope fields, not 1 to 1",
        ),
        (
            message(0, &[(2, words(&[256, 1, 0x8004, 1, 0]))]),
            "enterprise number at octet 28 needs 4 octets, but 2 are left",
        ),
        (
            message(0, &[(2, words(&[256, 1, 82, 65535])), (256, vec![5, b'a'])]),
            "field value at octet 33 needs 5 octets, but 1 are left",
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(error(&message).to_string(), expected);
    }
}

#[test]
fn a_set_that_leaves_its_message_is_refused() {
    let mut long = message(0, &[one_octet_template()]);
    long[19] = 13;
    assert_eq!(error(&long).to_string(), "set 2 at octet 16 states 13 octets, not 4 to 12");
    let mut short = message(0, &[one_octet_template()]);
    short[19] = 3;
    assert_eq!(error(&short).to_string(), "set 2 at octet 16 states 3 octets, not 4 to 12");
}

#[test]
fn a_malformed_message_keeps_what_came_before_the_fault() {
    let mut decoder = Decoder::new(PEN);
    let sets = [one_octet_template(), (256, vec![6, 17]), (2, words(&[1, 1]))];
    let mut records = 0;
    decoder.decode(SESSION, &message(0, &sets), |_| records += 1).expect_err("is malformed");
    assert_eq!(records, 2);
    let (summary, _) = decode(&mut decoder, &message(2, &[(256, vec![6])]));
    assert_eq!((summary.records, summary.sequence_gap), (1, None));
}

#[test]
fn messages_are_framed_in_a_stream() {
    let message = message(0, &[one_octet_template()]);
    assert_eq!(message_length(&message[..3]), Ok(None));
    assert_eq!(message_length(&message[..4]), Ok(Some(28)));
    assert_eq!(message_length(&[0, 10, 0, 15]), Err(DecodeError::MessageTooShort { stated: 15 }));
    assert_eq!(message_length(b"GET / HTTP"), Err(DecodeError::Version { found: 0x4745 }));
}
