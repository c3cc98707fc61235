//! The sources against the rules.

use std::fs;
use std::path::Path;

use crate::rooms::{IMPURE_PATHS, MAIN_LINES, ROOMS, Rank};
use crate::workspace::{Workspace, rank_of, rust_files};

#[test]
fn pure_crates_know_no_clock_environment_files_or_network() {
    let workspace = Workspace::read();
    let pure = workspace.members.keys().filter(|room| rank_of(room) == Rank::Pure);
    let files = pure.flat_map(|room| rust_files(&workspace.folder(room).join("src")));
    let impure: Vec<_> = files.flat_map(|file| impure_lines(&file)).collect();
    assert!(impure.is_empty(), "\n{}\n", impure.join("\n"));
}

fn impure_lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let impure = lines.filter(|(_, line)| IMPURE_PATHS.iter().any(|path| uses(line, path)));
    impure.map(|(at, line)| format!("{}:{}: {}", file.display(), at + 1, line.trim())).collect()
}

/// Whether `line` has `path` as a name of its own, not as the end of a longer one.
fn uses(line: &str, path: &str) -> bool {
    let is_end_of_name = |before: &str| {
        before.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_')
    };
    line.match_indices(path).any(|(at, _)| !is_end_of_name(line.get(..at).unwrap_or_default()))
}

#[test]
fn a_path_is_found_as_a_name_of_its_own() {
    assert!(uses("let now = Instant::now();", "Instant::now"));
    assert!(uses("fs::read(path)", "fs::"));
    assert!(!uses("use crate::buffs::Buff;", "fs::"));
}

#[test]
fn every_module_starts_with_a_line_that_says_what_it_is() {
    let workspace = Workspace::read();
    let files = ROOMS.iter().flat_map(|(room, _)| {
        let folder = workspace.folder(room);
        ["src", "tests", "examples", "benches"].map(|part| rust_files(&folder.join(part)))
    });
    let silent = files.flatten().filter(|file| {
        let text = fs::read_to_string(file).unwrap();
        !text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() <= 100)
    });
    let silent: Vec<_> = silent.collect();
    assert!(silent.is_empty(), "without a first line of documentation: {silent:#?}");
}

#[test]
fn a_main_function_only_starts_what_the_library_does() {
    let workspace = Workspace::read();
    for room in workspace.members.keys() {
        let main = workspace.folder(room).join("src/main.rs");
        let Ok(text) = fs::read_to_string(&main) else { continue };
        let lines = text.lines().count();
        assert!(lines <= MAIN_LINES, "{} has {lines} lines", main.display());
    }
}
