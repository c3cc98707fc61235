//! Bad input: a message names the file and the cause, the good files around are processed.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::json;
use weir_tests::{Guard, Run, free_udp_port, gzip, run, wait_for, weir};

use crate::shop::{HEADER, LINE, Shop, good};
use crate::totals::assert_conserved;

/// The peak memory that any input may cost, in KiB.
const MEMORY_LIMIT: u64 = 200 * 1024;

/// Replays a bad file between two good ones of two and three lines.
#[track_caller]
pub(crate) fn between_good_files(shop: &Shop, bad: PathBuf) -> Run {
    let before = shop.scratch.write("before.log", good(2));
    let after = shop.scratch.write("after.log", good(3));
    let run = shop.replay([before, bad, after]).ended_with(1);
    let summary = run.summary();
    assert_eq!((&summary["files"], &summary["files_failed"]), (&json!(2), &json!(1)), "{summary}");
    assert_conserved(&summary);
    run
}

/// As [`between_good_files`], with nothing read from the bad one.
#[track_caller]
fn assert_nothing_read(shop: &Shop, bad: PathBuf, words: &[&str]) {
    let run = between_good_files(shop, bad);
    assert_eq!(run.summary()["exported"], 5);
    run.says(words);
}

#[test]
fn the_complete_lines_of_a_truncated_gzip_file_are_kept() {
    let shop = Shop::new();
    // Lines that differ, so that the file does not shrink to nothing.
    let line =
        |number: u32| LINE.replace(" 840 ", &format!(" {} ", 10_000 + number * 7919 % 90_000));
    let lines: String = (0..5000).map(|number| format!("{}\n", line(number))).collect();
    let packed = gzip(format!("{HEADER}\n{lines}"));
    let bad = shop.scratch.write("cut.log.gz", packed.get(..packed.len() / 2).unwrap());
    let run = between_good_files(&shop, bad);
    run.says(&["cut.log.gz", "cut off"]);
    let summary = run.summary();
    assert_eq!(summary["rejected"], json!({}), "half a line is no record");
    let counts: Vec<u64> =
        shop.lines().iter().map(|line| line["bytes_in"].as_u64().unwrap()).collect();
    let (before, rest) = counts.split_at(2);
    let (kept, after) = rest.split_at(rest.len() - 3);
    assert_eq!((before, after), ([840; 2].as_slice(), [840; 3].as_slice()));
    assert!(kept.len() > 1000, "{} lines were kept", kept.len());
    let expected: Vec<u64> = (0..5000).map(|number| 10_000 + number * 7919 % 90_000).collect();
    assert!(expected.starts_with(kept), "the kept lines are the first ones, whole");
}

#[test]
fn a_damaged_gzip_file_is_reported() {
    let shop = Shop::new();
    let mut packed = gzip(good(1000));
    let end = packed.len();
    // The check sum at the end (RFC 1952).
    packed.get_mut(end - 8..end - 4).unwrap().fill(0);
    let bad = shop.scratch.write("damaged.log.gz", packed);
    between_good_files(&shop, bad).says(&["damaged.log.gz", "damaged"]);
}

#[test]
fn binary_noise_is_no_flow_log() {
    let shop = Shop::new();
    let noise: Vec<u8> =
        (0..20_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let bad = shop.scratch.write("noise.bin", noise);
    assert_nothing_read(&shop, bad, &["noise.bin", "binary data"]);
}

#[test]
fn an_empty_file_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.write("empty.log", "");
    assert_nothing_read(&shop, bad, &["empty.log", "empty"]);
}

#[test]
fn an_empty_gzip_file_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.write("empty.log.gz", gzip(""));
    assert_nothing_read(&shop, bad, &["empty.log.gz", "empty"]);
}

#[test]
fn a_header_without_lines_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.write("header.log", format!("{HEADER}\n"));
    assert_nothing_read(&shop, bad, &["header.log", "no records"]);
}

#[test]
fn a_missing_file_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.path("missing.log");
    assert_nothing_read(&shop, bad, &["missing.log", "No such file"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.path("*.nothing");
    assert_nothing_read(&shop, bad, &["*.nothing", "matches nothing"]);
}

#[test]
fn a_line_of_100_mb_is_rejected_in_little_memory() {
    let shop = Shop::new();
    let bad = shop.scratch.path("long.log");
    let mut file = BufWriter::new(File::create(&bad).unwrap());
    writeln!(file, "{HEADER}\n{LINE}").unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'x'; 1024 * 1024]).unwrap();
    }
    writeln!(file, "\n{LINE}").unwrap();
    drop(file);
    let (run, memory) = with_peak_memory(&shop, bad);
    let summary = run.ended_with(0).summary();
    assert_eq!(
        (&summary["exported"], &summary["rejected"]),
        (&json!(2), &json!({"line_too_long": 1}))
    );
    assert!(memory < MEMORY_LIMIT, "{memory} KiB");
    assert!(shop.scratch.read("rejects.jsonl").len() < 100_000, "a reject is cut to what was kept");
}

#[test]
fn a_gzip_bomb_of_one_line_is_rejected_in_little_memory() {
    let shop = Shop::new();
    let content = [format!("{HEADER}\n").into_bytes(), vec![b'0'; 100_000_000]].concat();
    let bad = shop.scratch.write("bomb.log.gz", gzip(content));
    let (run, memory) = with_peak_memory(&shop, bad);
    assert_eq!(run.summary()["exported"], 0);
    assert!(memory < MEMORY_LIMIT, "{memory} KiB");
}

/// Replays `file` and asks for the most memory that the process had (VmHWM, see proc(5)), in
/// KiB. The process is held at its end by a pipe that nobody reads until then.
pub(crate) fn with_peak_memory(shop: &Shop, file: PathBuf) -> (Run, u64) {
    let mut command = shop.command([file]);
    let mut child = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    wait_for("the replay to end", || {
        // A process that has ended has no memory any more.
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(now.unwrap_or(0));
        child.child().try_wait().unwrap()
    });
    assert!(peak > 0, "the memory was never seen");
    (child.output(), peak)
}

#[test]
fn a_folder_is_read_with_all_that_is_in_it() {
    let shop = Shop::new();
    shop.scratch.write("logs/a/b/one.log", good(1));
    shop.scratch.write("logs/two.log.gz", gzip(good(2)));
    shop.scratch.write("logs/.hidden", "no flow log");
    let summary = shop.replay([shop.scratch.path("logs")]).ended_with(0).summary();
    assert_eq!((&summary["exported"], &summary["files"]), (&json!(3), &json!(2)));
}

#[test]
fn a_pattern_stands_for_the_files_that_match() {
    let shop = Shop::new();
    shop.scratch.write("logs/one.log", good(1));
    shop.scratch.write("logs/two.log", good(2));
    shop.scratch.write("logs/three.txt", good(4));
    let summary = shop.replay([shop.scratch.path("logs/*.log")]).ended_with(0).summary();
    assert_eq!((&summary["exported"], &summary["files"]), (&json!(3), &json!(2)));
}

#[test]
fn an_empty_folder_is_reported() {
    let shop = Shop::new();
    let bad = shop.scratch.path("nothing-here");
    std::fs::create_dir(&bad).unwrap();
    let run = shop.replay([bad]).ended_with(1);
    run.says(&["nothing-here"]);
}

#[test]
fn control_characters_in_a_file_name_do_not_reach_the_terminal() {
    let shop = Shop::new();
    let bad = shop.scratch.write("evil\u{1b}[31m.log", "");
    let run = shop.replay([bad]).ended_with(1);
    run.says(&["evil"]);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

#[test]
fn a_collector_where_nothing_listens_is_reported_and_the_replay_goes_on() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1000));
    let url = format!("udp://127.0.0.1:{}", free_udp_port());
    let run = run(shop.command([file]).args(["--collector", &url])).ended_with(1);
    run.says(&[&url, "refused", "nothing listens there"]);
    assert_eq!(run.summary()["exported"], 1000);
    assert_eq!(shop.lines().len(), 1000);
}

#[test]
fn a_collector_without_an_address_is_reported() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1));
    // RFC 6761: a name under .invalid never resolves.
    let arguments = ["--collector", "udp://collector.invalid:4739"];
    run(shop.command([file]).args(arguments)).ended_with(1).says(&["udp://collector.invalid:4739"]);
}

#[test]
fn an_inventory_that_cannot_be_read_is_reported() {
    let broken = [
        ("not json", "not JSON"),
        (r#"{"vpcs": [{"id": "vpc-1"}]}"#, "account_id"),
        (r#"{"vpcz": []}"#, "vpcz"),
        (r#"{"vpcs": ["#, "line 1"),
        ("", "JSON"),
    ];
    for (json, word) in broken {
        let shop = Shop::new();
        let file = shop.scratch.write("flows.log", good(1));
        let inventory = shop.scratch.write("broken.json", json);
        let mut command = weir("replay");
        run(command.arg(file).arg("--inventory").arg(inventory))
            .ended_with(1)
            .says(&["broken.json", word]);
    }
}

#[test]
fn a_missing_inventory_is_reported() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1));
    let mut command = weir("replay");
    command.arg(file).arg("--inventory").arg(shop.scratch.path("gone.json"));
    run(&mut command).ended_with(1).says(&["gone.json", "No such file"]);
}

#[test]
fn outputs_in_a_missing_folder_are_reported() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1));
    let path = shop.scratch.path("gone/out").display().to_string();
    for arguments in [["--output", &format!("jsonl:{path}")], ["--rejects", &path]] {
        let mut command = weir("replay");
        command.arg(&file).arg("--inventory").arg(shop.inventory()).args(arguments);
        run(&mut command).ended_with(1).says(&[&path, "No such file"]);
    }
}

#[test]
fn a_full_disk_is_a_failure_and_no_success() {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(100));
    let mut command = weir("replay");
    command.arg(file).arg("--inventory").arg(shop.inventory());
    run(command.args(["--output", "jsonl:/dev/full"])).ended_with(1).says(&["/dev/full"]);
}
