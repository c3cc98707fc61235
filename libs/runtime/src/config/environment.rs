//! Overrides from the environment.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::problems::{Override, Report};

/// What the names of overriding variables begin with.
pub const ENVIRONMENT_PREFIX: &str = "WEIR__";

/// What separates the levels of a key in the name of a variable.
const SEPARATOR: &str = "__";

/// The variables that override a configuration file: `WEIR__SECTION__KEY`.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }

    /// Puts the values into `table`, over those that are there.
    pub(super) fn apply(&self, table: &mut Table, report: &mut Report) {
        for (variable, text) in &self.0 {
            let name = variable.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or_default().to_lowercase();
            let keys: Vec<&str> = name.split(SEPARATOR).collect();
            let key = keys.join(".");
            let by = Override { variable: variable.clone(), text: text.clone() };
            report.add_override(key.clone(), by);
            if !put(table, &keys, value_of(text)) {
                report.add(&key, "no such key: a list is given whole, as a TOML array");
            }
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    /// The overrides among all variables.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let is_override = |(name, _): &(String, String)| name.starts_with(ENVIRONMENT_PREFIX);
        Self(variables.into_iter().filter(is_override).collect())
    }
}

/// A value of TOML, else the text itself: `600s` needs no quotes.
fn value_of(text: &str) -> Value {
    text.parse().unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Puts `value` at its place; sections on the way are made. False when something else is there.
fn put(table: &mut Table, keys: &[&str], value: Value) -> bool {
    match keys {
        [] => false,
        [key] => {
            table.insert((*key).to_owned(), value);
            true
        }
        [key, rest @ ..] => {
            let entry = table.entry(*key).or_insert_with(|| Value::Table(Table::new()));
            entry.as_table_mut().is_some_and(|inner| put(inner, rest, value))
        }
    }
}
