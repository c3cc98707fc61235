//! Runs of records.

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::watch;
use weir_delivery::RawRun;
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::{
    FoundFormats, GroupFlowLog, GroupFormats, KnownFormats, group_id,
};

use super::{Decoder, StreamRecord, Tally, is_of_unknown_format};
use crate::formats::BatchFormats;

fn batch(ids: std::ops::Range<u32>, pad: usize) -> Vec<u8> {
    let events = ids.map(|id| (id, format!("2 {id} {}", "x".repeat(pad))));
    batch_with("eni-1-all", events)
}

fn batch_of(log_stream: &str, lines: &[&str]) -> Vec<u8> {
    batch_with(log_stream, (0..).zip(lines.iter().map(|line| (*line).to_owned())))
}

fn batch_with(log_stream: &str, lines: impl Iterator<Item = (u32, String)>) -> Vec<u8> {
    let event = |(id, line)| format!("{{\"id\":\"e{id}\",\"timestamp\":1,\"message\":\"{line}\"}}");
    let events: Vec<_> = lines.map(event).collect();
    format!(
        "{{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"123456789012\",\"logGroup\":\"/flows\",\
         \"logStream\":\"{log_stream}\",\"logEvents\":[{}]}}",
        events.join(",")
    )
    .into_bytes()
}

fn decode(decoder: &mut Decoder, sequence: &str, data: &[u8]) -> (Vec<RawRun>, Tally, bool) {
    let log_format = Arc::new(LogFormat::vpc_default());
    let record = StreamRecord {
        place: "stream/shard",
        sequence,
        data,
        region: "eu-west-1",
        log_format: Some(&log_format),
        arrived: 100,
        range: None,
        placements: 0,
    };
    let mut runs = Vec::new();
    let (tally, end) = decoder.decode(&record, &mut runs);
    (runs, tally, end.is_ok())
}

fn decoder() -> Decoder {
    Decoder::new(nothing_known(), 1000)
}

#[test]
fn a_batch_is_a_run_with_its_origin() {
    let (runs, tally, is_ok) = decode(&mut decoder(), "7", &batch(0..3, 1));
    assert!(is_ok);
    assert_eq!(tally, Tally { events: 3, ..Tally::default() });
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!(run.text, "2 0 x\n2 1 x\n2 2 x\n");
    assert_eq!(run.origin.account_id.as_deref(), Some("123456789012"));
    assert_eq!(run.origin.region.as_deref(), Some("eu-west-1"));
    assert_eq!(run.origin.source, "stream/shard /flows eni-1-all");
}

#[test]
fn a_second_reading_has_the_same_runs() {
    let data = batch(0..5000, 200);
    let mut decoder = decoder();
    let first = decode(&mut decoder, "7", &data).0;
    assert!(first.len() > 2);
    assert!(
        first.iter().all(|run| run.text.len() <= RawRun::MAX_TEXT && run.text.ends_with(b"\n"))
    );
    let lines = first.iter().map(|run| memchr::memchr_iter(b'\n', &run.text).count());
    assert_eq!(lines.sum::<usize>(), 5000);
    let second = decode(&mut decoder, "7", &data).0;
    let ids = |runs: &[RawRun]| runs.iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    let other = decode(&mut Decoder::new(nothing_known(), 0), "8", &data).0;
    assert!(ids(&other).iter().all(|id| !ids(&first).contains(id)));
}

#[test]
fn events_that_came_in_another_record_are_dropped() {
    let mut decoder = decoder();
    decode(&mut decoder, "7", &batch(0..3, 1));
    let (runs, tally, _) = decode(&mut decoder, "8", &batch(2..5, 1));
    assert_eq!(runs[0].text, "2 3 x\n2 4 x\n");
    assert_eq!(tally.duplicates, 1);
    // The run of all the events has another id: whoever has forgotten them reads them all.
    let all = decode(&mut Decoder::new(nothing_known(), 0), "8", &batch(2..5, 1)).0;
    assert_ne!(all[0].id, runs[0].id);
    let (none, tally, _) = decode(&mut decoder, "9", &batch(0..5, 1));
    assert!(none.is_empty());
    assert_eq!(tally.duplicates, 5);
}

#[test]
fn a_probe_has_no_run_and_damage_is_told() {
    let probe = br#"{"messageType":"CONTROL_MESSAGE","logEvents":[]}"#;
    let (runs, tally, is_ok) = decode(&mut decoder(), "1", probe);
    assert!(runs.is_empty() && is_ok);
    assert_eq!(tally.control, 1);
    let data = [batch(0..2, 1), b"{\"mess".to_vec()].concat();
    let (runs, _, is_ok) = decode(&mut decoder(), "1", &data);
    assert_eq!((runs.len(), is_ok), (1, false));
    assert!(!decode(&mut decoder(), "1", b"\x1f\x8b\x08rest").2);
}

#[test]
fn lines_by_themselves_are_a_run() {
    let (runs, ..) = decode(&mut decoder(), "1", b"2 a\n2 b");
    assert_eq!(runs[0].text, "2 a\n2 b");
    assert_eq!(runs[0].origin.account_id, None);
}

/// Formats of which nobody tells.
fn nothing_known() -> BatchFormats {
    BatchFormats::new(watch::Sender::new(Some(Arc::default())).subscribe())
}

/// What a sweep found: flow logs of an interface that write to the group of the batches.
fn swept(log_formats: &[&str]) -> Arc<KnownFormats> {
    let log = |(number, log_format): (usize, &&str)| GroupFlowLog {
        id: format!("fl-{number}"),
        resource_id: "vpc-1".to_owned(),
        log_format: (*log_format).to_owned(),
        gone: None,
    };
    let flow_logs = log_formats.iter().enumerate().map(log).collect();
    let group = GroupFormats { flow_logs, covered: Vec::new() };
    let id = group_id("123456789012", "eu-west-1", "/flows");
    let groups = [(id, group)].into();
    Arc::new(KnownFormats::of(&FoundFormats { groups, ..FoundFormats::default() }))
}

/// A decoder that knows what a sweep found.
fn decoder_knowing(log_formats: &[&str]) -> Decoder {
    let known = watch::Sender::new(Some(swept(log_formats))).subscribe();
    Decoder::new(BatchFormats::new(known), 1000)
}

fn format(run: &RawRun) -> String {
    run.format.to_string()
}

#[test]
fn what_is_known_of_a_log_group_goes_before_the_configuration() {
    let mut decoder = decoder_knowing(&["${version} ${bytes} ${vpc-id}"]);
    let (runs, ..) = decode(&mut decoder, "1", &batch(0..1, 1));
    assert_eq!(format(&runs[0]), "version bytes vpc-id");
    assert_eq!(runs[0].origin.flow_log_id.as_deref(), Some("fl-0"));
}

#[test]
fn lines_of_one_stream_are_told_apart_by_their_formats() {
    let mut decoder = decoder_knowing(&["version bytes vpc-id", "srcaddr dstaddr"]);
    let lines = ["2 40 x", "10.0.0.1 10.0.0.2", "2 41 x", "GET / 200 3"];
    let data = batch_of("eni-1-all", &lines);
    let (runs, tally, is_ok) = decode(&mut decoder, "1", &data);
    assert!(is_ok);
    assert_eq!(tally, Tally { events: 4, ..Tally::default() });
    let texts: Vec<_> = runs.iter().map(|run| (format(run), run.text.clone())).collect();
    let rejected = "2 40 x\n2 41 x\nGET / 200 3\n";
    let expected = [("version bytes vpc-id", rejected), ("srcaddr dstaddr", "10.0.0.1 10.0.0.2\n")];
    assert_eq!(texts, expected.map(|(format, text)| (format.to_owned(), text.into())));
    // Another reading that knows of one format alone has other runs.
    let ids = |runs: &[RawRun]| runs.iter().map(|run| run.id).collect::<Vec<_>>();
    let one = decode(&mut decoder_knowing(&["srcaddr dstaddr"]), "1", &data).0;
    assert!(!ids(&runs).contains(&one[0].id));
    let again =
        decode(&mut decoder_knowing(&["version bytes vpc-id", "srcaddr dstaddr"]), "1", &data);
    assert_eq!(ids(&runs), ids(&again.0));
}

#[test]
fn lines_that_are_no_flow_logs_are_counted_in_other_streams() {
    let mut decoder = decoder_knowing(&["version bytes vpc-id"]);
    let data = batch_of("web-server", &["GET / 200 3", "2 40 x"]);
    let (runs, tally, _) = decode(&mut decoder, "1", &data);
    assert_eq!(tally, Tally { events: 2, not_flow_logs: 1, ..Tally::default() });
    assert_eq!(runs.iter().map(|run| run.text.clone()).collect::<Vec<_>>(), ["2 40 x\n"]);
}

#[test]
fn a_record_whose_format_nobody_knows_is_decoded_later() {
    let (sender, known) = watch::channel(Some(Arc::default()));
    let mut decoder = Decoder::new(BatchFormats::new(known), 1000);
    let data = [batch(0..3, 1), batch(3..5, 1)].concat();
    let record = StreamRecord {
        place: "stream/shard",
        sequence: "7",
        data: &data,
        region: "eu-west-1",
        log_format: None,
        arrived: 100,
        range: None,
        placements: 0,
    };
    let mut runs = Vec::new();
    let (_, end) = decoder.decode(&record, &mut runs);
    let error = end.unwrap_err();
    assert_eq!(error.name(), "unknown_format");
    assert!(error.to_string().contains("log group /flows of account 123456789012"), "{error}");
    assert!(runs.is_empty());
    sender.send_replace(Some(swept(&["version bytes vpc-id"])));
    let (tally, end) = decoder.decode(&record, &mut runs);
    assert!(end.is_ok());
    assert_eq!(tally, Tally { events: 5, ..Tally::default() }, "no event counts as seen before");
    assert_eq!(runs.len(), 2);
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// What Firehose sends to an HTTP endpoint.
fn delivery(records: &[&[u8]]) -> Vec<u8> {
    let record = |data: &&[u8]| serde_json::json!({"data": STANDARD.encode(data)});
    let records: Vec<_> = records.iter().map(record).collect();
    let delivery = serde_json::json!({
        "requestId": "ed4acda5-034f-9f42-bba1-f29aea6d7d8f",
        "timestamp": 1_578_090_901_599_u64,
        "records": records,
    });
    delivery.to_string().into_bytes()
}

#[test]
fn what_firehose_makes_of_batches_and_lines_is_read() {
    let (one, two) = (batch(0..2, 1), batch(2..4, 1));
    let lines = "2 0 x\n2 1 x\n2 2 x\n2 3 x\n";
    let forms = [
        // Packed records behind each other, as they came, and packed once more.
        [gzip(&one), gzip(&two)].concat(),
        gzip(&[gzip(&one), gzip(&two)].concat()),
        // Unpacked by Firehose.
        [one.clone(), two.clone()].concat(),
        // Sent to an HTTP endpoint, also packed.
        delivery(&[&gzip(&one), &gzip(&two)]),
        gzip(&delivery(&[&gzip(&one), &two])),
        delivery(&[b"2 0 x\n", b"2 1 x\n2 2 x\n", b"2 3 x\n"]),
        delivery(&[br#"{"message":"2 0 x"}{"message":"2 1 x"}"#, &two]),
    ];
    for (place, form) in forms.iter().enumerate() {
        let (runs, _, is_ok) = decode(&mut decoder(), "1", form);
        assert!(is_ok, "{place}");
        let text: Vec<_> = runs.iter().flat_map(|run| run.text.iter().copied()).collect();
        assert_eq!(String::from_utf8(text).unwrap(), lines, "{place}");
        let ids: HashSet<_> = runs.iter().map(|run| run.id).collect();
        assert_eq!(ids.len(), runs.len(), "{place}");
    }
    let (runs, _, is_ok) = decode(&mut decoder(), "1", &delivery(&[&one, b"\0\0", &two]));
    assert_eq!((runs.len(), is_ok), (2, false), "the rest of a delivery is read");
}

#[test]
fn a_record_unpacks_to_no_more_than_it_may_however_it_is_nested() {
    let deep = (0..5).fold(batch(0..1, 1), |inner, _| gzip(&inner));
    assert!(!decode(&mut decoder(), "1", &deep).2);
    let deep = (0..5).fold(batch(0..1, 1), |inner, _| delivery(&[&inner]));
    assert!(!decode(&mut decoder(), "1", &deep).2);
    // Each alone would do.
    let large = gzip(&b"2 a line\n".repeat(50 << 20 >> 3)[..50 << 20]);
    let (runs, _, is_ok) = decode(&mut decoder(), "1", &delivery(&[&large, &large, &large]));
    let octets: usize = runs.iter().map(|run| run.text.len()).sum();
    assert_eq!((octets, is_ok), (100 << 20, false));
}

#[test]
fn a_delivery_waits_for_the_formats_of_what_is_in_it_also_behind_damage() {
    let (sender, known) = watch::channel(Some(Arc::default()));
    let mut decoder = Decoder::new(BatchFormats::new(known), 1000);
    let data = gzip(&delivery(&[&batch(0..2, 1), b"\0\0", &gzip(&batch(2..4, 1))]));
    let record = StreamRecord {
        place: "stream/shard",
        sequence: "7",
        data: &data,
        region: "eu-west-1",
        log_format: None,
        arrived: 100,
        range: None,
        placements: 0,
    };
    let damaged = delivery(&[b"\0\0", &batch(0..2, 1)]);
    for data in [&data, &damaged] {
        let (_, end) = decoder.decode(&StreamRecord { data, ..record }, &mut Vec::new());
        assert!(is_of_unknown_format(&end), "{end:?}");
    }
    sender.send_replace(Some(swept(&["version bytes vpc-id"])));
    let mut runs = Vec::new();
    let (tally, end) = decoder.decode(&record, &mut runs);
    assert!(end.is_err_and(|error| error.name() != "unknown_format"), "the damage is told");
    assert_eq!((tally.events, tally.duplicates, runs.len()), (4, 0, 2));
}
