//! How a process ends, and what it says then.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::config::InvalidConfig;

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: all is well.
    Success,
    /// 1: something failed.
    Failure,
    /// 2: the time to end ran out, work in flight was given up.
    Cut,
    /// 64: bad usage or configuration (EX_USAGE of sysexits.h).
    Usage,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => Self::FAILURE,
            ExitStatus::Cut => Self::from(2),
            ExitStatus::Usage => Self::from(64),
        }
    }
}

/// Gives an error another end of the process than 1.
#[derive(Debug)]
struct EndsWith {
    status: ExitStatus,
    error: anyhow::Error,
}

impl Display for EndsWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for EndsWith {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Marks `error` as bad usage or configuration: the process ends with 64 instead of 1.
pub fn usage(error: anyhow::Error) -> anyhow::Error {
    anyhow::Error::new(EndsWith { status: ExitStatus::Usage, error })
}

/// Marks `error` as an end that came before all work was done: the process ends with 2 instead of
/// 1.
pub(crate) fn cut(error: anyhow::Error) -> anyhow::Error {
    anyhow::Error::new(EndsWith { status: ExitStatus::Cut, error })
}

/// An error with all its causes as one line; a configuration's problems each as one. Control characters are escaped: names of files and
/// what is in them come from outside.
pub fn describe(error: &anyhow::Error) -> String {
    if let Some(invalid) = error.downcast_ref::<InvalidConfig>() {
        return invalid.to_string();
    }
    let mut line = "weir".to_owned();
    for cause in error.chain() {
        line.push_str(": ");
        push_escaped(&mut line, &cause.to_string());
    }
    line
}

pub(crate) fn push_escaped(line: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_control() || turns_text(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}

/// Characters that turn the text's direction or break its line without being control characters:
/// with them a name can look like another (Unicode UAX #9 section 2, UAX #14).
fn turns_text(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Ends main: prints the error, if there is one, and says how the process ends.
pub fn finish(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitStatus::Success.into() };
    // Where standard error is closed there is nobody to tell.
    drop(writeln!(io::stderr(), "{}", describe(&error)));
    status_of(&error).into()
}

/// How a process ends that fails with `error`.
fn status_of(error: &anyhow::Error) -> ExitStatus {
    if error.downcast_ref::<InvalidConfig>().is_some() {
        return ExitStatus::Usage;
    }
    error.downcast_ref::<EndsWith>().map_or(ExitStatus::Failure, |ends| ends.status)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

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
    fn characters_that_turn_the_text_are_escaped_and_letters_are_not() {
        let error = anyhow!("\u{202e}gol.é\u{2028}\u{85}x");
        assert_eq!(describe(&error), "weir: \\u{202e}gol.é\\u{2028}\\u{85}x");
    }

    #[test]
    fn bad_usage_ends_with_64_and_a_cut_drain_with_2_also_under_context_and_all_else_with_1() {
        let error = usage(anyhow!("cause")).context("outer");
        assert_eq!(status_of(&error), ExitStatus::Usage);
        assert_eq!(status_of(&anyhow!("cause")), ExitStatus::Failure);
        assert_eq!(status_of(&cut(anyhow!("cause")).context("outer")), ExitStatus::Cut);
        // ExitCode shows its number in no other way.
        let code = |status: ExitStatus| format!("{:?}", ExitCode::from(status));
        assert_eq!(code(ExitStatus::Success), format!("{:?}", ExitCode::from(0)));
        assert_eq!(code(ExitStatus::Failure), format!("{:?}", ExitCode::from(1)));
        assert_eq!(code(ExitStatus::Cut), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(ExitStatus::Usage), format!("{:?}", ExitCode::from(64)));
    }
}
