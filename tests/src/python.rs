//! The Python of the tests, with the packages that `tests/tools/install` puts there.

use std::env;
use std::process::Command;

/// A command that runs the Python of the tests.
///
/// # Panics
/// When it has not been installed: a test that is skipped shows nothing.
#[track_caller]
pub fn python() -> Command {
    let test = env::current_exe().expect("the test knows its own path");
    let found = test.ancestors().map(|folder| folder.join("test-tools/python/bin/python3"));
    let found = found.into_iter().find(|path| path.is_file());
    Command::new(found.expect("the Python of the tests is missing: run tests/tools/install"))
}
