//! `weir check --dump` on each case of tests/golden/config: `in.toml` and perhaps `env` in,
//! `expected.toml` or `expected.err` out.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workplace::{Outcome, Workplace};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/config");
const DUMP: [&str; 4] = ["check", "--config", "weir.toml", "--dump"];

fn cases() -> Vec<PathBuf> {
    let cases = fs::read_dir(CASES).unwrap();
    let mut cases: Vec<_> = cases.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn read(case: &Path, name: &str) -> Option<String> {
    fs::read_to_string(case.join(name)).ok()
}

fn dump(case: &Path) -> Outcome {
    let variables = read(case, "env").unwrap_or_default();
    let variables: Vec<_> = variables.lines().map(|line| line.split_once('=').unwrap()).collect();
    Workplace::with_config(&read(case, "in.toml").unwrap()).run_under(&variables, &DUMP)
}

#[test]
fn each_case_gives_the_expected_configuration_or_all_of_its_problems() {
    let cases = cases();
    assert!(cases.len() >= 10, "the cases are missing: {cases:?}");
    for case in cases {
        let (code, stdout, stderr) = dump(&case);
        let expected = match (read(&case, "expected.toml"), read(&case, "expected.err")) {
            (Some(dump), None) => (0, dump, String::new()),
            (None, Some(problems)) => (64, String::new(), problems),
            _ => panic!("{} needs expected.toml or expected.err", case.display()),
        };
        assert_eq!((code, stdout, stderr), expected, "{}", case.display());
    }
}

#[test]
fn a_dumped_configuration_reads_back_as_the_same() {
    for dump in cases().iter().filter_map(|case| read(case, "expected.toml")) {
        let (_, again, _) = Workplace::with_config(&dump).run(&DUMP);
        assert_eq!(again, dump);
    }
}
