//! Configuration: a TOML file, overridden by the environment, read key by key.
//!
//! All problems are collected and reported at once, unknown keys among them. What a value may
//! be is said by who reads it: a [`Section`] is taken apart by its owner.

mod environment;
mod problems;
mod section;
mod suggestion;
#[cfg(test)]
mod tests;
mod units;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Serialize;

pub use environment::{ENVIRONMENT_PREFIX, Environment};
pub use problems::InvalidConfig;
use problems::Report;
pub use section::Section;
pub use suggestion::nearest;
pub use units::{DecimalRange, DurationRange, NumberRange, OctetRange, duration_text, octets_text};

/// The most octets of a configuration file.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads the file at `path` under the overrides of this process's environment; see [`read`].
///
/// # Errors
///
/// As [`read`]; also when the file cannot be read.
pub fn load<T>(path: &Path, take: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, InvalidConfig> {
    let name = path.display().to_string();
    let text = read_text(path)
        .map_err(|error| InvalidConfig::of(format!("{name}: cannot be read: {error}")))?;
    read(&name, &text, &Environment::of_process(), take)
}

/// Reads the configuration `text` of the file `name`: `take` takes the known keys out of the
/// root section.
///
/// # Errors
///
/// All problems: TOML that is none, values that were refused, keys that `take` did not take.
pub fn read<T>(
    name: &str,
    text: &str,
    environment: &Environment,
    take: impl FnOnce(&mut Section<'_>) -> T,
) -> Result<T, InvalidConfig> {
    let mut table = problems::parse(name, text)?;
    let mut report = Report::new(name);
    environment.apply(&mut table, &mut report);
    let mut root = Section::root(table, &mut report);
    let value = take(&mut root);
    root.finish();
    report.into_result(value)
}

/// A configuration as TOML.
///
/// # Errors
///
/// When the value has no form in TOML.
pub fn to_toml(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(toml::to_string_pretty(value)?)
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}
