//! Batches, messages and text.

use weir_flowlog::envelope::EnvelopeError;

use crate::{Read, batch, read};

const LINE: &str = "2 123456789012 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 4 5 6 ACCEPT OK";

fn events(read: &Read) -> &[(u128, String)] {
    match read {
        Read::Batch { events, .. } => events,
        other => panic!("no batch: {other:?}"),
    }
}

#[test]
fn a_batch_has_its_origin_and_the_line_of_each_event() {
    let (all, end) = read(batch(&[("1", LINE), ("2", "x\n"), ("3", "y\r\n")]).as_bytes());
    assert_eq!(end, Ok(()));
    let [Read::Batch { owner, log_group, log_stream, events }] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!((owner.as_str(), log_group.as_str()), ("123456789012", "/vpc/flows"));
    assert_eq!(log_stream, "eni-0a1b2c3d4e5f67890-all");
    let lines: Vec<_> = events.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, [&format!("{LINE}\n"), "x\n", "y\n"]);
    assert!(events[0].0 != 0 && events[0].0 != events[1].0);
}

#[test]
fn an_id_is_the_same_as_a_number_and_as_text() {
    let text = batch(&[("42", LINE)]);
    let number = text.replace("\"42\"", "42");
    assert_ne!(text, number);
    let ids = [text, number].map(|data| events(&read(data.as_bytes()).0[0])[0].0);
    assert_eq!(ids[0], ids[1]);
    let inexact = batch(&[("42", LINE)]).replace("\"42\"", &"9".repeat(56));
    assert_eq!(events(&read(inexact.as_bytes()).0[0])[0].0, 0);
    let missing = batch(&[("42", LINE)]).replace("\"id\":\"42\",", "");
    assert_eq!(events(&read(missing.as_bytes()).0[0])[0].0, 0);
}

#[test]
fn keys_come_in_any_order_and_unknown_ones_are_passed_over() {
    let data = r#"{"logEvents":[{"extractedFields":{"a":["b"]},"message":"m","id":"7"}],
        "policyLevel":"ACCOUNT_LEVEL_POLICY","logStream":"s","messageType":"DATA_MESSAGE",
        "logGroup":"g","owner":"o"}"#;
    let (all, end) = read(data.as_bytes());
    assert_eq!(end, Ok(()));
    let Read::Batch { owner, log_group, log_stream, events } = &all[0] else { panic!("{all:?}") };
    assert_eq!([owner, log_group, log_stream], ["o", "g", "s"]);
    assert_eq!(events[0].1, "m\n");
}

#[test]
fn a_control_message_has_no_lines() {
    let probe = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"",
        "logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,
        "message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}"#;
    assert_eq!(read(probe.as_bytes()), (vec![Read::Control], Ok(())));
}

#[test]
fn documents_stand_behind_each_other() {
    let (one, two) = (batch(&[("1", "a")]), batch(&[("2", "b"), ("3", "c")]));
    let message = "{\"message\":\"2 d\"}";
    for between in ["", "\n", " \r\n"] {
        let data = [&one, &two, message, ""].join(between);
        let (all, end) = read(data.as_bytes());
        assert_eq!(end, Ok(()));
        assert_eq!((events(&all[0]).len(), events(&all[1]).len()), (1, 2));
        assert_eq!(all[2], Read::Lines("2 d\n".to_owned()));
    }
}

#[test]
fn a_delivery_of_firehose_has_the_data_of_its_records() {
    let delivery = r#"{"requestId":"r","timestamp":1578090901599,
        "records":[{"data":"aGVsbG8="},{"recordId":"49","data":""},{"data":"AAH/"}]}"#;
    let expected = [&b"hello"[..], b"", &[0, 1, 255]].map(|data| Read::Delivered(data.to_vec()));
    let (all, end) = read(delivery.repeat(2).as_bytes());
    assert_eq!(end, Ok(()));
    assert_eq!(all, [expected.clone(), expected].concat());
    for damaged in [
        r#"{"records":[{"data":"aGVsbG8"}]}"#,
        r#"{"records":[{"data":7}]}"#,
        r#"{"records":[{"id":"x"}]}"#,
        r#"{"records":{}}"#,
    ] {
        let (all, end) = read(damaged.as_bytes());
        assert!(all.is_empty() && matches!(end, Err(EnvelopeError::Json { .. })), "{damaged}");
    }
    let both = r#"{"records":[],"logEvents":[{"id":"1","message":"m"}]}"#;
    assert_eq!(read(both.as_bytes()), (vec![], Err(EnvelopeError::Unknown)));
}

#[test]
fn text_is_lines() {
    let text = format!("{LINE}\n{LINE}");
    assert_eq!(read(text.as_bytes()), (vec![Read::Lines(text)], Ok(())));
    assert_eq!(read(b" \n"), (vec![], Ok(())));
    assert_eq!(read(b""), (vec![], Ok(())));
}

#[test]
fn damage_is_told_and_what_was_whole_before_is_read() {
    let data = format!("{}{}", batch(&[("1", "a")]), &batch(&[("2", "b")])[..100]);
    let (all, end) = read(data.as_bytes());
    assert_eq!(all.len(), 1);
    assert!(matches!(end, Err(EnvelopeError::Json { documents: 1, .. })), "{end:?}");
}

#[test]
fn what_is_no_flow_log_is_refused() {
    for data in ["{}", "{\"a\":1}", "{\"messageType\":\"DATA_MESSAGE\"}"] {
        assert_eq!(read(data.as_bytes()).1, Err(EnvelopeError::Unknown), "{data}");
    }
    let beside = batch(&[("1", "a")]).replace("{\"logEvents", "{\"message\":\"b\",\"logEvents");
    assert!(beside.contains("\"b\""));
    assert_eq!(read(beside.as_bytes()), (vec![], Err(EnvelopeError::Unknown)));
    assert_eq!(read(b"\x1f\x8b\x08\0").1, Err(EnvelopeError::NoText));
    assert_eq!(read(b"\0\0\0").1, Err(EnvelopeError::NoText));
    let deep = "{\"a\":".repeat(1000);
    assert!(matches!(read(deep.as_bytes()).1, Err(EnvelopeError::Json { .. })));
    assert!(matches!(read(b"{\"message\":\"\xff\"}").1, Err(EnvelopeError::Json { .. })));
}

#[test]
fn a_line_that_is_too_long_is_cut_to_what_shows_that() {
    let long = "x".repeat(20_000);
    let (all, _) = read(batch(&[("1", &format!("{long}\nshort")), ("2", "next")]).as_bytes());
    let lines: String = events(&all[0]).iter().map(|(_, line)| line.as_str()).collect();
    let lengths: Vec<_> = lines.lines().map(str::len).collect();
    assert_eq!(lengths, [weir_flowlog::MAX_LINE_LENGTH + 1, 5, 4]);
}

#[test]
fn escapes_are_undone() {
    let (all, _) = read(br#"{"message":"2 \"a\" \u00e9 \\"}"#);
    assert_eq!(all, [Read::Lines("2 \"a\" \u{e9} \\\n".to_owned())]);
}
