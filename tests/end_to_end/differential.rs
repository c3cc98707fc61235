//! weir's reading of flow logs against that of an independent program: the Python package
//! flowlogs-reader. Both must find the same values in the same lines.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};
use weir_tests::{Environment, python, run, weir};

/// The report's keys that hold fields of the line, and the reader's names of these.
const REPORT_KEYS: [(&str, &str); 11] = [
    ("src_ip", "srcaddr"),
    ("dest_ip", "dstaddr"),
    ("src_port", "srcport"),
    ("dest_port", "dstport"),
    ("packets_in", "packets"),
    ("bytes_in", "bytes"),
    ("flow_start_time", "start"),
    ("flow_end_time", "end"),
    ("vpcflow_action", "action"),
    ("tcp_flag", "tcp_flags"),
    ("vpcflow_type", "type"),
];

/// The report's keys that have the reader's names already.
const SAME_KEYS: [&str; 5] = ["account_id", "interface_id", "protocol", "subnet_id", "vpc_id"];

/// Fields that the report does not have; added to the output under the reader's names.
const ADDED_KEYS: [&str; 13] = [
    "version",
    "log_status",
    "instance_id",
    "pkt_srcaddr",
    "pkt_dstaddr",
    "region",
    "az_id",
    "sublocation_type",
    "sublocation_id",
    "pkt_src_aws_service",
    "pkt_dst_aws_service",
    "flow_direction",
    "traffic_path",
];

#[test]
fn another_reader_finds_the_same_values_in_version_2_lines() {
    assert_both_read_the_same("v2");
}

#[test]
fn another_reader_finds_the_same_values_in_version_3_lines() {
    assert_both_read_the_same("v3");
}

#[test]
fn another_reader_finds_the_same_values_in_version_4_lines() {
    assert_both_read_the_same("v4");
}

#[test]
fn another_reader_finds_the_same_values_in_version_5_lines() {
    assert_both_read_the_same("v5");
}

#[track_caller]
fn assert_both_read_the_same(fields: &str) {
    let environment = Environment::generate(&["--records", "3000", "--fields", fields]);
    let expected = sorted(read_by_the_other(&environment));
    let found = sorted(read_by_weir(&environment));
    assert_eq!(expected.len(), 3000, "{fields}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// weir's flows by the other reader's names. The inventory is empty: each value is the line's.
fn read_by_weir(environment: &Environment) -> Vec<Value> {
    let inventory = environment.scratch().write("empty.json", "{}");
    let mut command = weir("replay");
    command.arg(environment.logs()).arg("--inventory").arg(inventory);
    command.args(["--workers", "1", "--output", "jsonl:-", "--add-field", &ADDED_KEYS.join(",")]);
    let run = run(&mut command).ended_with(0);
    json_lines(&run.stdout).map(|line| renamed(&line)).collect()
}

/// What the line itself says, under the other reader's names.
fn renamed(line: &Value) -> Value {
    let same = SAME_KEYS.iter().chain(&ADDED_KEYS).map(|key| (*key, *key));
    let keys = REPORT_KEYS.into_iter().chain(same);
    let members = keys.filter_map(|(key, name)| Some((name.to_owned(), line.get(key)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

/// The other reader's flows. It shows NODATA and SKIPDATA lines as records without addresses;
/// they tell of no flow and are left out here, as weir counts them and exports nothing.
fn read_by_the_other(environment: &Environment) -> Vec<Value> {
    let mut command = python();
    command.args(["-W", "ignore::DeprecationWarning", "-c", include_str!("differential.py")]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap();
    let flows = feed(&mut child, all_lines(environment));
    let output = child.wait_with_output().unwrap();
    flows.join().unwrap();
    assert!(output.status.success(), "the other reader failed");
    let text = String::from_utf8(output.stdout).unwrap();
    json_lines(&text).filter(|flow| flow["log_status"] == "OK").collect()
}

/// Writes beside the reading: pipes hold less than both texts.
fn feed(child: &mut Child, text: String) -> thread::JoinHandle<()> {
    let mut input = child.stdin.take().unwrap();
    thread::spawn(move || input.write_all(text.as_bytes()).unwrap())
}

/// The header line and the lines of all files, which have the same header.
fn all_lines(environment: &Environment) -> String {
    let mut texts = Vec::new();
    unpack_folder(&environment.logs(), &mut texts);
    let (header, _) = texts[0].split_once('\n').unwrap();
    let header = format!("{header}\n");
    let lines = texts.iter().map(|text| text.strip_prefix(&header).unwrap());
    format!("{header}{}", lines.collect::<String>())
}

fn unpack_folder(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            unpack_folder(&path, texts);
        } else {
            let file = fs::File::open(path).unwrap();
            texts.push(std::io::read_to_string(MultiGzDecoder::new(file)).unwrap());
        }
    }
}

fn json_lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"))
}

fn sorted(flows: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<_> = flows.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    texts
}
