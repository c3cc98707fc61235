//! How a process ends, and what it says then.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: all is well.
    Success,
    /// 1: something failed.
    Failure,
    /// 64: bad usage or configuration (EX_USAGE of sysexits.h).
    Usage,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => Self::FAILURE,
            ExitStatus::Usage => Self::from(64),
        }
    }
}

/// Marks an error as bad usage or configuration.
#[derive(Debug)]
struct Usage(anyhow::Error);

impl Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Usage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Marks `error` as bad usage or configuration: the process ends with 64 instead of 1.
pub fn usage(error: anyhow::Error) -> anyhow::Error {
    anyhow::Error::new(Usage(error))
}

/// An error with all its causes as one line. Control characters are escaped: names of files and
/// what is in them come from outside.
pub fn describe(error: &anyhow::Error) -> String {
    let mut line = "weir".to_owned();
    for cause in error.chain() {
        line.push_str(": ");
        push_escaped(&mut line, &cause.to_string());
    }
    line
}

fn push_escaped(line: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}

/// Ends main: prints the error, if there is one, and says how the process ends.
pub fn finish(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitStatus::Success.into() };
    // Where standard error is closed there is nobody to tell.
    drop(writeln!(io::stderr(), "{}", describe(&error)));
    let is_usage = error.downcast_ref::<Usage>().is_some();
    if is_usage { ExitStatus::Usage.into() } else { ExitStatus::Failure.into() }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn an_error_is_one_line_with_all_causes_and_no_control_characters() {
        let error = anyhow!("no such\u{1b}[31m file").context("a\nb.log");
        assert_eq!(describe(&error), "weir: a\\nb.log: no such\\u{1b}[31m file");
    }

    #[test]
    fn usage_keeps_the_message_and_its_causes() {
        let error = usage(anyhow!("cause").context("message"));
        assert_eq!(describe(&error), "weir: message: cause");
    }

    #[test]
    fn context_around_a_usage_error_leaves_it_one() {
        let error = Err::<(), _>(usage(anyhow!("cause"))).context("outer").unwrap_err();
        assert!(error.downcast_ref::<Usage>().is_some());
    }
}
