//! Events of log groups, as FilterLogEvents answers with them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::fault::Fault;

/// An event. Times are milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEvent {
    /// The log group.
    pub group: String,
    /// The log stream.
    pub stream: String,
    /// What tells it from all others.
    pub id: String,
    /// What it is found by.
    pub timestamp: u64,
    /// When CloudWatch Logs says that it got it.
    pub ingestion: u64,
    /// From when on it is in answers.
    pub visible: u64,
    /// The line.
    pub message: String,
}

/// What answers may do, by the documentation, and seldom do elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// Events of a page, at most.
    pub page: usize,
    /// Each so-manieth page is empty, and leads to the next; 0 for none.
    pub empty_every: u32,
    /// Each so-manieth call is throttled; 0 for none.
    pub throttle_every: u32,
    /// A page begins with the last event of the page before.
    pub repeats: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self { page: 10_000, empty_every: 0, throttle_every: 0, repeats: false }
    }
}

/// Log groups whose events become visible some time after their timestamps. Clones share them.
///
/// ```
/// use weir_testkit::{AwsDouble, LogEvent, LogGroups, Quirks};
///
/// let (aws, groups) = (AwsDouble::start(), LogGroups::new(Quirks::default()));
/// groups.add([LogEvent { group: "flows".to_owned(), ..LogEvent::default() }]);
/// let answered = groups.clone();
/// aws.on("logs", "FilterLogEvents").answer_with(move |call| answered.answer(call));
/// ```
#[derive(Clone, Debug)]
pub struct LogGroups {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    quirks: Quirks,
    events: Vec<LogEvent>,
    calls: u32,
    pages: u32,
}

impl LogGroups {
    /// No events as yet.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        let state = State { quirks, events: Vec::new(), calls: 0, pages: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Adds events. A group exists once it has one.
    pub fn add(&self, events: impl IntoIterator<Item = LogEvent>) {
        let mut state = self.state();
        state.events.extend(events);
        // By event time, ingestion time and id, as CloudWatch Logs sorts them.
        state.events.sort_by(|one, two| {
            let key = |event: &LogEvent| (event.timestamp, event.ingestion, event.id.clone());
            key(one).cmp(&key(two))
        });
    }

    /// What FilterLogEvents answers now.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Answer {
        self.state().answer(call)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Answer {
        let Quirks { page, empty_every, throttle_every, repeats } = self.quirks;
        self.calls += 1;
        if throttle_every > 0 && self.calls.is_multiple_of(throttle_every) {
            return Fault::Throttled.into();
        }
        let group = call.parameter("logGroupName").unwrap_or_default();
        if !self.events.iter().any(|event| event.group == group) {
            let message = "The specified log group does not exist.";
            return Answer::error("ResourceNotFoundException", message);
        }
        let Some(first) = first_of(call.parameter("nextToken")) else {
            return Answer::error(
                "InvalidParameterException",
                "The specified nextToken is invalid.",
            );
        };
        self.pages += 1;
        if empty_every > 0 && self.pages.is_multiple_of(empty_every) {
            let token = format!("from-{first}-of-{}", self.pages);
            return Answer::json(json!({ "events": [], "nextToken": token }));
        }
        let found = self.found(call, group);
        let next = first + page;
        let from = if repeats && first > 0 { first - 1 } else { first };
        let (from, to) = (from.min(found.len()), next.min(found.len()));
        let events = found.get(from..to).unwrap_or_default().iter();
        let events: Vec<_> = events.map(|event| written(event)).collect();
        let mut body = json!({ "events": events, "searchedLogStreams": [] });
        if next < found.len() {
            body["nextToken"] = Value::String(format!("from-{next}-of-{}", self.pages));
        }
        Answer::json(body)
    }

    fn found(&self, call: &Call, group: &str) -> Vec<&LogEvent> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let start = call.number("startTime").unwrap_or_default();
        let end = call.number("endTime").unwrap_or(u64::MAX);
        let is_asked = |event: &&LogEvent| {
            event.group == group && event.visible <= now && (start..=end).contains(&event.timestamp)
        };
        self.events.iter().filter(is_asked).collect()
    }
}

fn written(event: &LogEvent) -> Value {
    json!({
        "logStreamName": event.stream,
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingestion,
        "eventId": event.id,
    })
}

/// The place that a token stands for.
fn first_of(token: Option<&str>) -> Option<usize> {
    let Some(token) = token else { return Some(0) };
    token.strip_prefix("from-")?.split('-').next()?.parse().ok()
}
