//! The Python of the tests, with the packages that `tests/tools/install` puts there.

use std::env;
use std::process::Command;

/// A command that runs the Python of the tests.
///
/// # Panics
/// When it has not been installed: a test that is skipped shows nothing.
#[track_caller]
pub fn python() -> Command {
    python_program("python3")
}

/// A command that runs a program of one of its packages.
///
/// # Panics
/// As [`python`].
#[track_caller]
pub fn python_program(name: &str) -> Command {
    let test = env::current_exe().expect("the test knows its own path");
    let program = format!("test-tools/python/bin/{name}");
    let found = test.ancestors().map(|folder| folder.join(&program));
    let found = found.into_iter().find(|path| path.is_file());
    Command::new(found.unwrap_or_else(|| panic!("{name} is missing: run tests/tools/install")))
}
