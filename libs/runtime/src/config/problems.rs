//! What is wrong with a configuration, all at once.

use std::collections::BTreeMap;
use std::fmt;

use toml::Table;

use crate::exit::push_escaped;

/// All that is wrong with a configuration: bad usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig {
    problems: Vec<String>,
}

impl InvalidConfig {
    /// One problem.
    pub fn of(problem: String) -> Self {
        Self { problems: vec![problem] }
    }

    /// Each problem with its place, what is wrong and what is accepted.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for InvalidConfig {
    /// One line for each problem, control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            let mut line = String::new();
            push_escaped(&mut line, problem);
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidConfig {}

/// Reads TOML.
pub(super) fn parse(name: &str, text: &str) -> Result<Table, InvalidConfig> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count();
        let shown: String = text.lines().nth(line).unwrap_or_default().chars().take(60).collect();
        let (line, message) = (line + 1, error.message());
        // The parser takes a string without quotes for a number, and says so.
        let is_bare = shown.contains('=') && !shown.contains(['"', '\'']);
        let advice = if is_bare { "; strings stand in quotes" } else { "" };
        InvalidConfig::of(format!("{name}: line {line}: `{shown}` is no TOML: {message}{advice}"))
    })
}

/// A variable that overrides a key.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub(super) variable: String,
    pub(super) text: String,
}

/// The problems found so far, and where values come from.
#[derive(Debug)]
pub(super) struct Report {
    file: String,
    overrides: BTreeMap<String, Override>,
    problems: Vec<String>,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), overrides: BTreeMap::new(), problems: Vec::new() }
    }

    pub(super) fn add_override(&mut self, key: String, by: Override) {
        self.overrides.insert(key, by);
    }

    /// The text that a variable gives for exactly this key.
    pub(super) fn override_of(&self, key: &str) -> Option<&str> {
        self.overrides.get(key).map(|by| by.text.as_str())
    }

    /// Adds a problem of `key`, under the name of the file or variable that it comes from.
    pub(super) fn add(&mut self, key: &str, message: impl fmt::Display) {
        let overrides = self.overrides.iter().filter(|(outer, _)| is_within(key, outer));
        let origin = overrides.max_by_key(|(outer, _)| outer.len());
        let origin = origin.map_or(&self.file, |(_, by)| &by.variable);
        self.problems.push(format!("{origin}: {key}: {message}"));
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, InvalidConfig> {
        match self.problems {
            problems if problems.is_empty() => Ok(value),
            problems => Err(InvalidConfig { problems }),
        }
    }
}

/// Whether `key` is `outer` or a key below it.
fn is_within(key: &str, outer: &str) -> bool {
    let rest = key.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
