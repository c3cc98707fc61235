//! The `weir` binary as a user runs it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What came of a run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A command that runs `weir SUBCOMMAND`.
///
/// # Panics
/// When the binary has not been built.
pub fn weir(subcommand: &str) -> Command {
    weir_of(&weir_program(), subcommand)
}

/// The same of another binary.
pub(crate) fn weir_of(program: &Path, subcommand: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(subcommand).stdin(Stdio::null());
    command
}

/// Runs `command` to its end.
///
/// # Panics
/// When it cannot be started.
pub fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    Run::from(output)
}

/// The binary under test, which lies above the test executable: `target/<profile>/deps/<test>`.
///
/// # Panics
/// When it has not been built.
pub fn weir_program() -> PathBuf {
    let test = env::current_exe().expect("the test knows its own path");
    let found = test.ancestors().skip(1).map(|folder| folder.join("weir"));
    let found = found.take(2).find(|path| path.is_file());
    found.expect("no weir binary beside the tests: run `cargo build --workspace --bins` first")
}

impl Run {
    /// The JSON summary, the last line of standard output.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn summary(&self) -> Value {
        let last = self.stdout.lines().last();
        let last = last.unwrap_or_else(|| panic!("no summary on standard output: {self:?}"));
        serde_json::from_str(last)
            .unwrap_or_else(|error| panic!("{error} in the summary: {self:?}"))
    }

    /// The same run, once its exit code is known to be `code`.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Holds standard error against what it must mention.
    ///
    /// # Panics
    /// When one of `words` is missing.
    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in:\n{}", self.stderr);
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
