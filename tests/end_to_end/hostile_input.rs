//! Input made to do harm, or in forms that nobody expects: names, pipes, swarms, bombs, lies.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use weir_tests::Guard;

use crate::bad_input::{between_good_files, with_peak_memory};
use crate::parquet_log;
use crate::shop::{HEADER, LINE, Shop, good, log};
use crate::totals::assert_conserved;

/// The peak memory that hostile input may cost, in KiB.
const MEMORY_LIMIT: u64 = 100 * 1024;

/// A line end, an escape sequence that clears a terminal, a quote, and no UTF-8.
const EVIL_NAME: &[u8] = b"evil\n\x1b[2J\"\xff.log";

fn write_evil(shop: &Shop, content: &str) -> PathBuf {
    let path = shop.scratch.folder().join(OsStr::from_bytes(EVIL_NAME));
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_file_with_an_evil_name_is_read_and_its_rejects_are_json() {
    let shop = Shop::new();
    let file = write_evil(&shop, &log(&[LINE, "broken"]));
    let run = shop.replay([file]).ended_with(0);
    assert_eq!(run.summary()["exported"], 1);
    let rejects = shop.rejects();
    let source = rejects[0]["source"].as_str().unwrap();
    assert_eq!(rejects.len(), 1);
    assert!(source.ends_with("evil\n\u{1b}[2J\"\u{fffd}.log"), "{source:?}");
}

#[test]
fn a_message_about_an_evil_name_is_one_line_that_shows_it_escaped() {
    let shop = Shop::new();
    let file = write_evil(&shop, "");
    let run = shop.replay([file]).ended_with(1);
    let messages: Vec<&str> = run.stderr.trim_end_matches('\n').split('\n').collect();
    let [of_file, of_all] = messages[..] else { panic!("{messages:?}") };
    assert!(of_file.ends_with("evil\\n\\u{1b}[2J\"\u{fffd}.log: the file is empty"), "{of_file:?}");
    assert!(of_all.starts_with("weir: 1 of the paths"), "{of_all:?}");
    assert!(!messages.concat().contains(char::is_control), "{messages:?}");
}

#[test]
fn evil_names_in_a_folder_do_not_keep_the_others_from_being_read() {
    let shop = Shop::new();
    let good_file = shop.scratch.write("logs/good.log", good(2));
    let folder = good_file.parent().unwrap();
    fs::write(folder.join(OsStr::from_bytes(EVIL_NAME)), good(3)).unwrap();
    let summary = shop.replay([folder]).ended_with(0).summary();
    assert_eq!((&summary["files"], &summary["exported"]), (&json!(2), &json!(5)));
}

/// Lines that differ in their octets, 1000 and up.
fn numbered(lines: std::ops::Range<usize>) -> String {
    let line = |number: usize| LINE.replace(" 840 ", &format!(" {} ", 1000 + number));
    lines.map(|number| format!("{}\n", line(number))).collect()
}

#[test]
fn a_pipe_that_pauses_within_a_line_is_read_whole() {
    const LINES: usize = 20_000;
    let shop = Shop::new();
    let pipe = shop.scratch.path("growing.log");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = shop.command([&pipe]);
    let mut child = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    // Each part is larger than a pipe holds (64 KiB): what comes before has been read when the
    // next is written. The first ends within a number.
    let feeder = thread::spawn(move || {
        let text = format!("{HEADER}\n{}", numbered(0..LINES));
        let middle = text.len() / 2;
        let within_a_number = middle + text[middle..].find(" 10 1").unwrap() + " 10 1".len();
        let mut pipe = OpenOptions::new().write(true).open(pipe).unwrap();
        for part in [&text[..within_a_number], &text[within_a_number..]] {
            pipe.write_all(part.as_bytes()).unwrap();
        }
    });
    let summary = child.output().ended_with(0).summary();
    feeder.join().unwrap();
    assert_eq!((&summary["exported"], &summary["rejected"]), (&json!(LINES), &json!({})));
    assert_conserved(&summary);
    let octets = shop.lines().into_iter().map(|line| line["bytes_in"].as_u64().unwrap());
    assert!(octets.eq((0..LINES as u64).map(|number| 1000 + number)), "whole lines in order");
}

#[test]
fn a_pipe_in_a_folder_is_reported_and_its_neighbours_are_read() {
    let shop = Shop::new();
    let folder = shop.scratch.path("folder");
    fs::create_dir(&folder).unwrap();
    for name in ["a.log", "c.log"] {
        fs::write(folder.join(name), format!("{HEADER}\n{}", numbered(0..3))).unwrap();
    }
    assert!(Command::new("mkfifo").arg(folder.join("b.pipe")).status().unwrap().success());
    symlink("/dev/zero", folder.join("d.zero")).unwrap();
    symlink(&folder, folder.join("e.loop")).unwrap();
    let run = shop.replay([folder]).ended_with(1);
    run.says(&["b.pipe", "d.zero", "not a regular file"]);
    let summary = run.summary();
    assert_eq!((&summary["files"], &summary["files_failed"]), (&json!(2), &json!(2)));
    assert_eq!(summary["exported"], 6);
}

#[test]
fn a_file_that_ends_within_a_line_gives_no_part_of_it() {
    let shop = Shop::new();
    let cut = &LINE[..LINE.len() - " ACCEPT OK".len()];
    let text = format!("{}{cut}", good(3));
    let summary = shop.replay_text(&text);
    assert_eq!(
        (&summary["exported"], &summary["rejected"]),
        (&json!(3), &json!({"wrong_field_count": 1}))
    );
}

#[test]
fn many_tiny_files_in_nested_folders_are_all_read_in_little_memory() {
    const FILES: usize = 2000;
    let shop = Shop::new();
    let tiny = good(2);
    for number in 0..FILES {
        shop.scratch.write(&format!("logs/{}/{}/tiny.log", number % 40, number / 40), &tiny);
    }
    let (run, memory) = with_peak_memory(&shop, shop.scratch.path("logs"));
    let summary = run.ended_with(0).summary();
    assert_eq!(
        (&summary["files"], &summary["exported"]),
        (&json!(FILES), &json!(2 * FILES)),
        "{summary}"
    );
    assert!(memory < MEMORY_LIMIT, "{memory} KiB");
}

/// A log with two lines, then 200 MB of empty lines.
fn write_bomb(mut packed: impl Write) {
    packed.write_all(good(2).as_bytes()).unwrap();
    let blank = vec![b'\n'; 1_000_000];
    for _ in 0..200 {
        packed.write_all(&blank).unwrap();
    }
    packed.flush().unwrap();
}

#[track_caller]
fn assert_bomb_is_defused(shop: &Shop, bomb: PathBuf) {
    assert!(fs::metadata(&bomb).unwrap().len() < 250_000, "it would be no bomb");
    let (run, memory) = with_peak_memory(shop, bomb);
    let run = run.ended_with(1);
    run.says(&["bomb.log", "1000 times as long as the compressed data"]);
    assert_eq!(run.summary()["exported"], 2, "what came before is kept");
    assert!(memory < MEMORY_LIMIT, "{memory} KiB");
}

#[test]
fn a_gzip_bomb_of_empty_lines_is_refused_by_its_ratio() {
    let shop = Shop::new();
    let path = shop.scratch.path("bomb.log.gz");
    let file = BufWriter::new(File::create(&path).unwrap());
    let mut encoder = GzEncoder::new(file, Compression::best());
    write_bomb(&mut encoder);
    encoder.finish().unwrap().flush().unwrap();
    assert_bomb_is_defused(&shop, path);
}

#[test]
fn a_zstd_bomb_of_empty_lines_is_refused_by_its_ratio() {
    let shop = Shop::new();
    let path = shop.scratch.path("bomb.log.zst");
    let mut encoder = zstd::Encoder::new(File::create(&path).unwrap(), 3).unwrap();
    write_bomb(&mut encoder);
    encoder.finish().unwrap();
    assert_bomb_is_defused(&shop, path);
}

/// Octets at the end of a Parquet file: the footer's length (4, little endian) and `PAR1`.
const TRAILER: usize = 8;

fn footer_length(file: &[u8]) -> usize {
    let at = file.len() - TRAILER;
    u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize
}

#[test]
fn a_parquet_footer_that_is_longer_than_its_file_is_reported() {
    let shop = Shop::new();
    let mut content = parquet_log::of_text(&good(100));
    let at = content.len() - TRAILER;
    content[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let bad = shop.scratch.write("long-footer.parquet", content);
    let run = between_good_files(&shop, bad);
    run.says(&["long-footer.parquet", "Parquet"]);
    assert_eq!(run.summary()["exported"], 5);
}

#[test]
fn a_parquet_footer_of_columns_that_are_not_there_is_reported() {
    let shop = Shop::new();
    let large = parquet_log::of_text(&format!("{HEADER}\n{}", numbered(0..50_000)));
    let footer = &large[large.len() - TRAILER - footer_length(&large)..];
    let bad = shop.scratch.write("liar.parquet", [b"PAR1", footer].concat());
    let run = between_good_files(&shop, bad);
    run.says(&["liar.parquet", "Parquet"]);
    assert_eq!(run.summary()["exported"], 5);
}

#[test]
fn a_parquet_footer_over_pages_of_noise_is_reported_and_costs_little_memory() {
    let shop = Shop::new();
    let mut content = parquet_log::of_text(&format!("{HEADER}\n{}", numbered(0..50_000)));
    let end = content.len() - TRAILER - footer_length(&content);
    content[b"PAR1".len()..end].fill(0x7f);
    let bad = shop.scratch.write("noise.parquet", content);
    let (run, memory) = with_peak_memory(&shop, bad);
    run.ended_with(1).says(&["noise.parquet", "Parquet"]);
    assert!(memory < MEMORY_LIMIT, "{memory} KiB");
}
