//! One section of a configuration, taken apart key by key.

use std::fmt::{self, Display};
use std::time::Duration;

use toml::{Table, Value};

use super::problems::Report;
use super::suggestion::nearest;
use super::units::{DecimalRange, DurationRange, NumberRange, OctetRange};

/// The most characters of a refused value that a problem repeats.
const MAX_SHOWN: usize = 60;

/// One table of the file. Each known key is taken out once; what is left in the end is reported
/// as unknown. What cannot be accepted is reported, and `None` is returned as if it were missing.
#[derive(Debug)]
pub struct Section<'a> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    report: &'a mut Report,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: Table, report: &'a mut Report) -> Self {
        Self { path: String::new(), table, known: Vec::new(), report }
    }

    /// Reports a problem of `key`, which may be a path below this section.
    pub fn problem(&mut self, key: &str, message: impl Display) {
        let path = self.path_of(key);
        self.report.add(&path, message);
    }

    /// Reports `key` as missing when the section does not have it; `advice` says what to write.
    pub fn require(&mut self, key: &str, advice: impl Display) {
        if !self.table.contains_key(key) {
            self.problem(key, format_args!("missing: {advice}"));
        }
    }

    /// A string as `parse` reads it; its error says what is accepted.
    pub fn text<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let path = self.path_of(key);
        self.parsed(&path, &value, &parse)
    }

    /// A list of strings, each as `parse` reads it; `None` also when one of them is refused.
    pub fn texts<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let path = self.path_of(key);
        let Value::Array(items) = value else {
            let advice = "is no list: write [\"…\", \"…\"]";
            self.report.add(&path, format_args!("{} {advice}", Shown(&value)));
            return None;
        };
        let items = items.iter().enumerate();
        let parsed = items.map(|(at, item)| self.parsed(&format!("{path}[{at}]"), item, &parse));
        // Collected first, so that every refusal is reported.
        parsed.collect::<Vec<_>>().into_iter().collect()
    }

    /// A whole number within `range`.
    pub fn number(&mut self, key: &'static str, range: &NumberRange) -> Option<u64> {
        let value = self.take(key)?;
        let number = value.as_integer();
        let accepted = number.and_then(|number| u64::try_from(number).ok());
        let accepted = accepted.filter(|number| range.contains(*number));
        if accepted.is_none() {
            let wrong = if number.is_some() { "out of range" } else { "no whole number" };
            self.problem(key, format_args!("{} is {wrong}: {range}", Shown(&value)));
        }
        accepted
    }

    /// A number within `range`, with or without decimals.
    pub fn decimal(&mut self, key: &'static str, range: &DecimalRange) -> Option<f64> {
        let value = self.take(key)?;
        // Exact up to 2^53; what is larger is far outside of every range.
        let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        let accepted = number.filter(|number| range.contains(*number));
        if accepted.is_none() {
            let wrong = if number.is_some() { "out of range" } else { "no number" };
            self.problem(key, format_args!("{} is {wrong}: {range}", Shown(&value)));
        }
        accepted
    }

    /// A time such as `"600s"` within `range`.
    pub fn duration(&mut self, key: &'static str, range: &DurationRange) -> Option<Duration> {
        self.text(key, |text| range.parse(text))
    }

    /// A size such as `"64MiB"` within `range`, in octets.
    pub fn octets(&mut self, key: &'static str, range: &OctetRange) -> Option<u64> {
        self.text(key, |text| range.parse(text))
    }

    /// Whether the file or the environment gives the key at `path` below this section: a section
    /// and its key, `rpc.plaintext`; of a list of sections one of them may. Only what was not taken
    /// as yet is seen.
    pub fn gives(&self, path: &str) -> bool {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        self.table.get(first).is_some_and(|value| has(value, rest))
    }

    /// Whether the section is missing, or all of it has been taken.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Leaves the rest of the section unread: it is for a build of weir that has what it is about.
    pub fn pass_over(&mut self) {
        self.table.clear();
    }

    /// `true` or `false`.
    pub fn switch(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        if value.as_bool().is_none() {
            self.problem(key, format_args!("{} is no switch: give true or false", Shown(&value)));
        }
        value.as_bool()
    }

    /// The section `[key]`, empty when it is missing.
    pub fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let path = self.path_of(key);
        let table =
            self.take(key).and_then(|value| self.table_of(&path, value, &format!("[{path}]")));
        self.within(path, table.unwrap_or_default(), read)
    }

    /// The list of sections `[[key]]`.
    pub fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let path = self.path_of(key);
        let heading = format!("[[{path}]]");
        let Value::Array(items) = value else {
            let shown = Shown(&value);
            self.report.add(&path, format_args!("{shown} is no list: write {heading}"));
            return None;
        };
        let mut sections = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{at}]");
            let table = self.table_of(&path, item, &heading);
            sections.extend(table.map(|table| self.within(path, table, &mut read)));
        }
        Some(sections)
    }

    /// Reports every key that nobody took.
    pub(super) fn finish(mut self) {
        for key in std::mem::take(&mut self.table).keys() {
            let message = match nearest(key, &self.known) {
                Some(known) => format!("unknown key: did you mean {known}?"),
                None => format!("unknown key: known here are {}", self.known.join(", ")),
            };
            self.problem(key, message);
        }
    }

    fn within<T>(
        &mut self,
        path: String,
        table: Table,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut section = Section { path, table, known: Vec::new(), report: &mut *self.report };
        let value = read(&mut section);
        section.finish();
        value
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn table_of(&mut self, path: &str, value: Value, heading: &str) -> Option<Table> {
        match value {
            Value::Table(table) => Some(table),
            other => {
                let shown = Shown(&other);
                self.report.add(path, format_args!("{shown} is no section: write {heading}"));
                None
            }
        }
    }

    fn parsed<T, E: Display>(
        &mut self,
        path: &str,
        value: &Value,
        parse: &impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        // A variable's text may look like a number: `2024` is as good a file name as any.
        let Some(text) = value.as_str().or_else(|| self.report.override_of(path)) else {
            let shown = Shown(value);
            self.report.add(path, format_args!("{shown} is no string: write it in quotes"));
            return None;
        };
        let parsed = parse(text);
        let refuse =
            |error| self.report.add(path, format_args!("{} is refused: {error}", Shown(value)));
        parsed.map_err(refuse).ok()
    }
}

/// Whether `value` has the key at `path`.
fn has(value: &Value, path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        _ if path.is_empty() => true,
        Value::Table(table) => table.get(first).is_some_and(|value| has(value, rest)),
        Value::Array(items) => items.iter().any(|item| has(item, path)),
        _ => false,
    }
}

/// A refused value as a problem shows it.
struct Shown<'a>(&'a Value);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            Value::String(text) => format!("\"{text}\""),
            Value::Array(_) => "[…]".to_owned(),
            Value::Table(_) => "{…}".to_owned(),
            other => other.to_string(),
        };
        match text.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => write!(f, "{}…", text.get(..end).unwrap_or_default()),
            None => f.write_str(&text),
        }
    }
}
