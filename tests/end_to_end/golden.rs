//! Small logs of each format with the outputs that they become, octet for octet: the cases under
//! `tests/golden/formats` document the behaviour. A case is replayed as text and packed in every
//! way that AWS or people pack flow logs; nothing may depend on that.

use std::fs;
use std::path::{Path, PathBuf};

use weir_tests::{Scratch, gzip, run, weir};

use crate::parquet_log;

/// Replays the log of a case as text, gzip and zstd.
#[track_caller]
fn assert_golden(case: &str, arguments: &[&str]) {
    let log = fs::read(folder(case).join("flow.log")).unwrap();
    assert_becomes(case, &log, arguments);
    assert_becomes(case, &gzip(&log), arguments);
    assert_becomes(case, &zstd::encode_all(&log[..], 3).unwrap(), arguments);
}

/// Replays `content` under the name that the expected rejects have and compares both outputs.
#[track_caller]
fn assert_becomes(case: &str, content: &[u8], arguments: &[&str]) {
    let scratch = Scratch::new();
    scratch.write("flow.log", content);
    let mut command = weir("replay");
    command.current_dir(scratch.folder()).arg("flow.log");
    command.arg("--inventory").arg(folder("").join("inventory.json"));
    command.args(["--workers", "1", "--output", "jsonl:-", "--rejects", "rejects.jsonl"]);
    let run = run(command.args(arguments)).ended_with(0);
    let expected = |name: &str| fs::read_to_string(folder(case).join(name)).unwrap();
    assert_same_lines(&run.stdout, &expected("expected.jsonl"));
    assert_same_lines(&scratch.read("rejects.jsonl"), &expected("expected.rejects.jsonl"));
}

/// Equal texts; the first lines that differ are shown.
#[track_caller]
fn assert_same_lines(text: &str, expected: &str) {
    for (line, expected) in text.lines().zip(expected.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text, expected);
}

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/formats").join(case)
}

#[test]
fn version_2_is_the_default_format() {
    assert_golden("v2", &[]);
}

#[test]
fn version_3_tells_what_goes_through_a_nat_gateway() {
    assert_golden("v3", &[]);
}

const VERSION_5_FIELDS: [&str; 2] =
    ["--add-field", "pkt_srcaddr,pkt_dstaddr,flow_direction,traffic_path"];

#[test]
fn version_5_names_aws_services_and_traffic_paths() {
    assert_golden("v5", &VERSION_5_FIELDS);
}

#[test]
fn version_5_as_parquet_becomes_the_same() {
    let log = fs::read_to_string(folder("v5").join("flow.log")).unwrap();
    assert_becomes("v5", &parquet_log::of_text(&log), &VERSION_5_FIELDS);
}

#[test]
fn version_8_names_ecs_tasks_and_reasons_of_rejects() {
    assert_golden("v8", &["--add-field", "ecs_cluster_name,ecs_task_id,reject_reason"]);
}

#[test]
fn version_11_has_tags_and_next_hops() {
    let fields = "encryption_status,instance_tag,interface_tag_2,asg_tag_2,\
                  next_hop_interface_id,next_hop_interface_type";
    assert_golden("v11", &["--add-field", fields]);
}

#[test]
fn a_headerless_log_of_a_custom_order_is_read_by_its_log_format() {
    let format = fs::read_to_string(folder("custom_order").join("log_format")).unwrap();
    assert_golden("custom_order", &["--log-format", format.trim_end()]);
}

#[test]
fn transit_gateway_logs_name_both_vpcs_and_have_no_action() {
    let fields = "tgw_id,tgw_src_vpc_id,tgw_dst_vpc_id,tgw_pair_attachment_id,\
                  packets_lost_blackhole,flow_direction";
    assert_golden("transit_gateway", &["--add-field", fields]);
}
