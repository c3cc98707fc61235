//! Runs every input that the fuzz targets' corpus keeps through its target.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

// The targets themselves: fuzzing needs a nightly compiler, running them does not.
#[path = "../../fuzz/src/lib.rs"]
pub mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use targets::{TARGETS, Target};

#[test]
fn flow_log_lines_have_the_outcome_of_a_plain_reading() {
    run("flow_log_line");
}

#[test]
fn headers_are_read_back_as_they_are_written() {
    run("header");
}

#[test]
fn objects_read_the_same_however_they_arrive() {
    run("object");
}

#[test]
fn parquet_files_have_a_line_for_each_row() {
    run("parquet");
}

#[test]
fn messages_hold_all_that_is_decoded_from_them() {
    run("ipfix_message");
}

#[test]
fn inventories_are_found_as_they_are_listed() {
    run("inventory");
}

#[test]
fn records_of_streams_have_the_lines_that_are_in_them() {
    run("envelope");
}

#[test]
fn objects_of_documents_have_the_lines_that_are_in_them() {
    run("wrapped_object");
}

#[test]
fn each_target_has_inputs_and_each_folder_a_target() {
    let mut folders: Vec<_> = entries(&corpus()).iter().map(|path| name_of(path)).collect();
    folders.sort_unstable();
    assert_eq!(folders, TARGETS.map(|(name, _)| name.to_owned()));
}

/// Runs the inputs of one target.
fn run(name: &str) {
    let inputs = entries(&corpus().join(name));
    assert!(!inputs.is_empty(), "{name} has no inputs");
    for input in inputs {
        let data = fs::read(&input).unwrap();
        let outcome = std::panic::catch_unwind(|| target(name)(&data));
        assert!(outcome.is_ok(), "the input is {}", input.display());
    }
}

fn target(name: &str) -> Target {
    TARGETS.iter().find(|(known, _)| *known == name).unwrap().1
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
