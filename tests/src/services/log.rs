//! What a service logs, line by line, while it runs.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::ChildStderr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

/// Lines that are shown of a log when a test fails.
const SHOWN: usize = 60;

/// The lines so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Reads `stderr` to its end in a thread of its own, so that the child never waits for it.
    pub(super) fn follow(stderr: ChildStderr) -> Self {
        let log = Self::default();
        let lines = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lines().push(line);
            }
        });
        log
    }

    /// The fields of each line with this message.
    pub(super) fn fields(&self, message: &str) -> Vec<Value> {
        let lines = self.lines();
        let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let fields = parsed.map(|mut line| line["fields"].take());
        let of = |fields: &Value| fields["message"].as_str().is_some_and(|it| it.contains(message));
        fields.filter(of).collect()
    }

    /// The value of a field in the first line with this message.
    fn field(&self, message: &str, field: &str) -> Option<Value> {
        Some(self.fields(message).first_mut()?[field].take())
    }

    pub(super) fn address(&self, message: &str, field: &str) -> Option<SocketAddr> {
        let address = self.field(message, field)?;
        address.as_str().map(|text| text.parse().expect("an address is logged"))
    }

    pub(super) fn number(&self, message: &str, field: &str) -> Option<u64> {
        self.field(message, field)?.as_u64()
    }

    pub(super) fn contains(&self, words: &str) -> bool {
        self.lines().iter().any(|line| line.contains(words))
    }

    pub(super) fn contains_both(&self, words: &str, others: &str) -> bool {
        self.lines().iter().any(|line| line.contains(words) && line.contains(others))
    }

    /// The last lines.
    pub(super) fn tail(&self) -> String {
        let lines = self.lines();
        let left_out = lines.len().saturating_sub(SHOWN);
        lines.get(left_out..).unwrap_or_default().join("\n")
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
