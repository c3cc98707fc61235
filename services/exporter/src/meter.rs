//! What an output counts while it works, to be read at any time.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::rate_meter::RateMeter;
use crate::report::{DropReason, LastError, OutputKind, OutputReport, OutputState};
use crate::window_meter::WindowMeter;

/// The counts of one output. Its thread adds to them once for many records; others read.
#[derive(Debug)]
pub(crate) struct Meter {
    address: String,
    kind: OutputKind,
    limit: AtomicU64,
    max_packet_size: AtomicU64,
    messages: AtomicU64,
    octets: AtomicU64,
    records: AtomicU64,
    refused: AtomicU64,
    dropped: [AtomicU64; DropReason::COUNT],
    reconnects: AtomicU64,
    strings_cut: AtomicU64,
    source_fallbacks: AtomicU64,
    delayed_nanoseconds: AtomicU64,
    waiting_runs: AtomicU64,
    waiting_octets: AtomicU64,
    window: WindowMeter,
    rest: Mutex<Rest>,
}

/// What is no count.
#[derive(Debug)]
struct Rest {
    state: OutputState,
    last_error: Option<LastError>,
    /// Kept as the system gave it: there may be one for each message.
    last_refusal: Option<(SystemTime, i32)>,
    rate: RateMeter,
    /// Why a setting does not count here.
    refused_setting: Option<String>,
}

impl Meter {
    pub(crate) fn new(address: String, kind: OutputKind, limit: u64) -> Self {
        let rest = Rest {
            state: OutputState::Up,
            last_error: None,
            last_refusal: None,
            rate: RateMeter::default(),
            refused_setting: None,
        };
        Self {
            address,
            kind,
            limit: AtomicU64::new(limit),
            max_packet_size: AtomicU64::default(),
            messages: AtomicU64::default(),
            octets: AtomicU64::default(),
            records: AtomicU64::default(),
            refused: AtomicU64::default(),
            dropped: Default::default(),
            reconnects: AtomicU64::default(),
            strings_cut: AtomicU64::default(),
            source_fallbacks: AtomicU64::default(),
            delayed_nanoseconds: AtomicU64::default(),
            waiting_runs: AtomicU64::default(),
            waiting_octets: AtomicU64::default(),
            window: WindowMeter::default(),
            rest: Mutex::new(rest),
        }
    }

    /// The output's address, for messages.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What its window counts, where it has one.
    pub(crate) fn window(&self) -> &WindowMeter {
        &self.window
    }

    /// The rate limit is another.
    pub(crate) fn limited(&self, records_per_second: u64) {
        self.limit.store(records_per_second, Relaxed);
    }

    /// The most octets of a message.
    pub(crate) fn packs(&self, max_packet_size: usize) {
        self.max_packet_size.store(max_packet_size as u64, Relaxed);
    }

    /// Why a setting does not count here; `None` when all do.
    pub(crate) fn refuses(&self, refused_setting: Option<String>) {
        let mut rest = self.rest();
        if let Some(reason) =
            refused_setting.as_ref().filter(|_| rest.refused_setting != refused_setting)
        {
            tracing::warn!(output = self.address, reason, "a setting does not count here");
        }
        rest.refused_setting = refused_setting;
    }

    /// A run is waiting for the output.
    pub(crate) fn queued(&self, octets: u64) {
        self.waiting_runs.fetch_add(1, Relaxed);
        self.waiting_octets.fetch_add(octets, Relaxed);
    }

    /// The output has taken a run, or dropped it.
    pub(crate) fn taken(&self, octets: u64) {
        self.waiting_runs.fetch_sub(1, Relaxed);
        self.waiting_octets.fetch_sub(octets, Relaxed);
    }

    /// Messages were handed to the system at monotonic time `now`.
    pub(crate) fn sent(&self, now: Duration, sent: Sent) {
        self.messages.fetch_add(sent.messages, Relaxed);
        self.octets.fetch_add(sent.octets, Relaxed);
        self.records.fetch_add(sent.records, Relaxed);
        self.rest().rate.add(now, sent.records);
    }

    /// The system told that an earlier message was refused.
    pub(crate) fn refused(&self, error: &io::Error) {
        self.refused.fetch_add(1, Relaxed);
        let code = error.raw_os_error().unwrap_or_default();
        self.rest().last_refusal = Some((SystemTime::now(), code));
    }

    /// The run's records were dropped.
    pub(crate) fn dropped(&self, reason: DropReason, records: u64) {
        if let Some(count) = self.dropped.get(reason as usize) {
            count.fetch_add(records, Relaxed);
        }
    }

    pub(crate) fn reconnected(&self) {
        self.reconnects.fetch_add(1, Relaxed);
    }

    pub(crate) fn strings_cut(&self, strings: u64) {
        self.strings_cut.fetch_add(strings, Relaxed);
    }

    /// Records left from the unbound socket.
    pub(crate) fn fell_back(&self, records: u64) {
        self.source_fallbacks.fetch_add(records, Relaxed);
    }

    /// The rate limit delayed records.
    pub(crate) fn delayed(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.delayed_nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    /// The output takes runs.
    pub(crate) fn is_up(&self) {
        self.rest().state = OutputState::Up;
    }

    /// A connection is being made. An output that is down stays so until there is one.
    pub(crate) fn is_connecting(&self) {
        let mut rest = self.rest();
        if rest.state == OutputState::Up {
            rest.state = OutputState::Connecting;
        }
    }

    /// There is a connection. An output that is down stays so until something was delivered.
    pub(crate) fn is_connected(&self) {
        let mut rest = self.rest();
        if rest.state == OutputState::Connecting {
            rest.state = OutputState::Up;
        }
    }

    /// An attempt has failed. `is_down` when it was not the first, or there is no hope at once.
    pub(crate) fn failed(&self, error: String, is_down: bool) {
        let now = SystemTime::now();
        let mut rest = self.rest();
        let since = match rest.state {
            OutputState::Down { since, .. } => since,
            _ => now,
        };
        rest.state = match is_down {
            true => OutputState::Down { since, error: error.clone() },
            false => OutputState::Connecting,
        };
        rest.last_error = Some(LastError { at: now, error });
    }

    pub(crate) fn report(&self, now: Duration) -> OutputReport {
        let rest = self.rest();
        let last_refusal = rest.last_refusal.map(|(at, code)| LastError {
            at,
            error: io::Error::from_raw_os_error(code).to_string(),
        });
        OutputReport {
            address: self.address.clone(),
            kind: self.kind,
            state: rest.state.clone(),
            messages: self.messages.load(Relaxed),
            octets: self.octets.load(Relaxed),
            records: self.records.load(Relaxed),
            refused: self.refused.load(Relaxed),
            last_refusal,
            last_error: rest.last_error.clone(),
            dropped: self.dropped.each_ref().map(|count| count.load(Relaxed)),
            reconnects: self.reconnects.load(Relaxed),
            strings_cut: self.strings_cut.load(Relaxed),
            source_fallbacks: self.source_fallbacks.load(Relaxed),
            delayed: Duration::from_nanos(self.delayed_nanoseconds.load(Relaxed)),
            records_per_second_limit: self.limit.load(Relaxed),
            max_packet_size: self.max_packet_size.load(Relaxed),
            refused_setting: rest.refused_setting.clone(),
            records_per_second: rest.rate.rate(now),
            waiting_runs: self.waiting_runs.load(Relaxed),
            waiting_octets: self.waiting_octets.load(Relaxed),
            window: self.window.report(),
        }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was handed to the system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) messages: u64,
    pub(crate) octets: u64,
    pub(crate) records: u64,
}

impl Sent {
    pub(crate) fn add(&mut self, messages: u64, octets: usize, records: u64) {
        self.messages += messages;
        self.octets += octets as u64;
        self.records += records;
    }
}
