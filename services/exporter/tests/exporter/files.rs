//! JSON lines and rejected lines in files.

use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};
use weir_delivery::{EnrichedRun, Origin, RejectedLine, RunId, RunTally};
use weir_exporter::{ExporterConfig, FileTarget, OutputConfig, OutputTarget};
use weir_flowlog::RejectReason;
use weir_ipfix::{DataType, FixedPart, InformationElement, LayoutPair, RecordGroup, standard};
use weir_report::{FieldSource, ReportField};

use crate::support::{
    Running, file, flows_with_text, lasting, layouts, run, simple_run, wait_until,
};

fn to_json(name: &str) -> (ExporterConfig, std::path::PathBuf) {
    let path = file(name);
    let target = OutputTarget::JsonLines(FileTarget::File(path.clone()));
    let outputs = vec![OutputConfig::new(target)];
    (ExporterConfig { outputs, ..ExporterConfig::default() }, path)
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("UTF-8");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is complete");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn json_lines_are_complete_at_the_end_and_what_was_there_before_is_gone() {
    let (config, path) = to_json("complete.jsonl");
    fs::write(&path, "something else\n").unwrap();
    let (exporter, layouts) = (Running::start(&config), layouts());
    let hostile = "a \"name\"\n{}\u{7f}\\";
    for id in 0..4 {
        let first = u64::try_from(id).unwrap() * 1000;
        let groups = vec![
            flows_with_text(&layouts.v4, 7, first..first + 600, hostile),
            flows_with_text(&layouts.v6, 8, first + 600..first + 1000, hostile),
        ];
        exporter.deliver(&run(id, groups));
    }
    exporter.report();
    let lines = lines(&path);
    let numbers: Vec<_> = lines.iter().map(|line| line["bytes_in"].as_u64().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(0..4000));
    assert!(lines.iter().all(|line| line["src_inst_name"] == hostile && line["nfc_id"] == 20201));
}

#[test]
fn the_lines_of_a_committed_run_are_in_the_file() {
    let (config, path) = to_json("committed.jsonl");
    let exporter = Running::start(&config);
    exporter.deliver(&run(1, vec![flows_with_text(&layouts().v4, 7, 0..3, "web-01")]));
    assert_eq!(lines(&path).len(), 3);
    exporter.report();
}

#[test]
fn extra_elements_are_numbers_or_strings_and_left_out_when_absent() {
    let number = InformationElement::weir(101, "reason", DataType::Unsigned32);
    let text = InformationElement::weir(102, "note", DataType::String);
    let (mut config, path) = to_json("extras.jsonl");
    config.extra_elements = vec![number, text];
    let field = |key, element| ReportField { key, source: FieldSource::Any(element) };
    config.outputs[0].fields.extend([field("reason", number), field("note", text)]);
    let layouts = LayoutPair::with_extras(config.enterprise_number, &config.extra_elements);
    let groups = [&layouts.v4, &layouts.v6].map(|layout| {
        let mut group = RecordGroup::new(layout.revision(), 7);
        let mut fixed = FixedPart::new(layout);
        for note in [b"12".as_slice(), b""] {
            let mut record = group.start_record(&fixed);
            (1..layout.string_count()).for_each(|_| record.push_string(b""));
            record.push_string(note);
            record.finish();
            fixed.put_u32(layout.slot(&number).unwrap(), 34);
            fixed.put_u64(standard::OCTETS, 5);
        }
        group
    });
    let exporter = Running::start(&config);
    assert_eq!(exporter.exporter().layouts().v4.revision(), layouts.v4.revision());
    exporter.deliver(&run(1, groups.into()));
    exporter.report();
    let noted = json!({"nfc_id": 20201, "note": "12"});
    let reasoned = json!({"nfc_id": 20201, "bytes_in": 5, "reason": 34});
    assert_eq!(lines(&path), [noted.clone(), reasoned.clone(), noted, reasoned]);
}

#[test]
fn rejected_lines_are_kept_with_source_line_reason_and_text_whatever_they_hold() {
    let path = file("rejects.jsonl");
    let rejects = Some(FileTarget::File(path.clone()));
    let exporter = Running::start(&ExporterConfig { rejects, ..ExporterConfig::default() });
    let source = "bucket/\"a\"\n{\u{1b}[31m}.log";
    let origin = Arc::new(Origin { source: source.to_owned(), ..Origin::default() });
    let texts: [&[u8]; 3] = [b"2 - \"x\"}\n{", b"\xff\xfe\x00\x1b[0m", b""];
    let reasons =
        [RejectReason::WrongFieldCount, RejectReason::InvalidUtf8, RejectReason::LineTooLong];
    let rejected = texts.iter().zip(reasons).zip(10..).map(|((text, reason), line)| RejectedLine {
        line,
        reason,
        text: text.to_vec(),
    });
    let tally = RunTally { lines: 3, ..RunTally::default() };
    let rejected = rejected.collect();
    exporter.deliver(&EnrichedRun { rejected, tally, ..EnrichedRun::new(RunId(1), origin) });
    let report = exporter.report();
    let expected = [
        json!({"source": source, "line": 10, "reason": "wrong_field_count",
               "text": "2 - \"x\"}\n{"}),
        json!({"source": source, "line": 11, "reason": "invalid_utf8",
               "text": "\u{fffd}\u{fffd}\u{0}\u{1b}[0m"}),
        json!({"source": source, "line": 12, "reason": "line_too_long", "text": ""}),
    ];
    assert_eq!(lines(&path), expected);
    assert_eq!((report.rejected_lines(), report.tally.lines), (3, 3));
    let of = |reason| RejectReason::ALL.iter().position(|each| *each == reason).unwrap();
    assert!(reasons.iter().all(|reason| report.rejected[of(*reason)] == 1));
}

#[test]
fn many_rejected_lines_are_all_kept() {
    let path = file("many-rejects.jsonl");
    let rejects = Some(FileTarget::File(path.clone()));
    let exporter = Running::start(&ExporterConfig { rejects, ..ExporterConfig::default() });
    let reason = RejectReason::InvalidNumber;
    let rejected = |line| RejectedLine { line, reason, text: b"x".repeat(900) };
    let rejected: Vec<_> = (1..=1000).map(rejected).collect();
    exporter.deliver(&EnrichedRun { rejected, ..run(1, Vec::new()) });
    exporter.report();
    let numbers: Vec<_> = lines(&path).iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(1..=1000));
}

/// The numbers of the flows in a file.
fn numbers(path: &std::path::Path) -> Vec<u64> {
    lines(path).iter().map(|line| line["bytes_in"].as_u64().unwrap()).collect()
}

#[test]
fn a_service_appends_and_follows_a_file_that_is_moved_away() {
    let (config, path) = to_json("kept.jsonl");
    let moved = file("kept.jsonl.1");
    fs::write(&path, "{\"bytes_in\":1000}\n").unwrap();
    let exporter = Running::start(&lasting(config));
    exporter.deliver(&simple_run(1, 0..3));
    fs::rename(&path, &moved).unwrap();
    wait_until("the file is made anew", || path.exists());
    exporter.deliver(&simple_run(2, 3..6));
    assert_eq!(exporter.report().outputs[0].reconnects, 1);
    assert_eq!((numbers(&moved), numbers(&path)), (vec![1000, 0, 1, 2], vec![3, 4, 5]));
}
