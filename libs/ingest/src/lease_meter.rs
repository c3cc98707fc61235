//! Shows what a worker does with its leases, as much as the metrics level says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::metrics::{AsyncInstrument, Meter};
use opentelemetry::{KeyValue, global};
use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_lease::{CallOutcome, LeaseCall, LeaseObserver, Round};

/// Counts what a worker does with the leases of a table. Everything is counted at each level; the
/// level decides what is shown. Make it after telemetry has started.
#[derive(Debug)]
pub struct LeaseMeter {
    table: &'static str,
    level: watch::Receiver<MetricsLevel>,
    units: AtomicU64,
    free: AtomicU64,
    workers: AtomicU64,
    needed: AtomicU64,
    chosen: AtomicU64,
    taken: AtomicU64,
    held: AtomicU64,
    lost: AtomicU64,
    calls: [CallMeter; LeaseCall::ALL.len()],
}

/// What is counted of the calls of one kind.
#[derive(Debug, Default)]
struct CallMeter {
    outcomes: [AtomicU64; CallOutcome::ALL.len()],
    took_us: AtomicU64,
}

/// A number that is shown: its name, what it is, and where it is counted.
type Shown = (&'static str, &'static str, fn(&LeaseMeter) -> &AtomicU64);

/// What each worker tells of the last look at all leases.
const LEVELS: [(MetricsLevel, Shown); 6] = [
    (MetricsLevel::Summary, ("weir_lease_held", "Units that this worker has.", |it| &it.held)),
    (MetricsLevel::Summary, ("weir_lease_free", "Units that no worker has.", |it| &it.free)),
    (
        MetricsLevel::Summary,
        ("weir_lease_workers", "Workers that have units, and this one.", |it| &it.workers),
    ),
    (MetricsLevel::Detailed, ("weir_lease_units", "Units that may be read now.", |it| &it.units)),
    (
        MetricsLevel::Detailed,
        ("weir_lease_needed", "Units that this worker lacks of its share.", |it| &it.needed),
    ),
    (
        MetricsLevel::Detailed,
        ("weir_lease_chosen", "Units that it takes, or asks others for.", |it| &it.chosen),
    ),
];

/// What it has done.
const COUNTERS: [Shown; 2] = [
    ("weir_lease_taken_total", "Units that this worker has taken.", |it| &it.taken),
    ("weir_lease_lost_total", "Units that it has lost.", |it| &it.lost),
];

impl LeaseMeter {
    /// Counts from zero, and shows all that is counted of the leases of `table` as long as it
    /// lives.
    pub fn start(table: &'static str) -> Arc<Self> {
        Self::at_level(table, watch::Sender::new(MetricsLevel::Detailed).subscribe())
    }

    /// The same, shown by the level as it is at each time.
    pub fn at_level(table: &'static str, level: watch::Receiver<MetricsLevel>) -> Arc<Self> {
        let zero = AtomicU64::default;
        let this = Arc::new(Self {
            table,
            level,
            units: zero(),
            free: zero(),
            workers: zero(),
            needed: zero(),
            chosen: zero(),
            taken: zero(),
            held: zero(),
            lost: zero(),
            calls: Default::default(),
        });
        let (meter, shown) = (global::meter("weir"), Arc::downgrade(&this));
        show_rounds(&meter, &shown);
        show_calls(&meter, &shown);
        this
    }

    fn shows(&self, least: MetricsLevel) -> bool {
        *self.level.borrow() >= least
    }

    fn label(&self) -> KeyValue {
        KeyValue::new("table", self.table)
    }
}

impl LeaseObserver for LeaseMeter {
    fn called(&self, call: LeaseCall, outcome: CallOutcome, took: Duration) {
        let Some(meter) = self.calls.get(call as usize) else { return };
        if let Some(count) = meter.outcomes.get(outcome as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        meter.took_us.fetch_add(micros, Ordering::Relaxed);
    }

    fn round(&self, round: &Round) {
        for (level, now) in [
            (&self.units, round.units),
            (&self.free, round.free),
            (&self.workers, round.workers),
            (&self.needed, round.needed),
            (&self.chosen, round.chosen),
            (&self.held, round.held),
        ] {
            level.store(now as u64, Ordering::Relaxed);
        }
        self.taken.fetch_add(round.taken as u64, Ordering::Relaxed);
        self.lost.fetch_add(round.lost as u64, Ordering::Relaxed);
    }
}

fn show_rounds(meter: &Meter, leases: &Weak<LeaseMeter>) {
    for (least, (name, description, of)) in LEVELS {
        let gauge = meter.u64_observable_gauge(name).with_description(description);
        gauge.with_callback(number(leases, least, of)).build();
    }
    for (name, description, of) in COUNTERS {
        let counter = meter.u64_observable_counter(name).with_description(description);
        counter.with_callback(number(leases, MetricsLevel::Summary, of)).build();
    }
}

fn number(
    leases: &Weak<LeaseMeter>,
    least: MetricsLevel,
    of: fn(&LeaseMeter) -> &AtomicU64,
) -> impl Fn(&dyn AsyncInstrument<u64>) + Send + Sync + 'static {
    let leases = Weak::clone(leases);
    move |observer| {
        if let Some(leases) = leases.upgrade().filter(|leases| leases.shows(least)) {
            observer.observe(of(&leases).load(Ordering::Relaxed), &[leases.label()]);
        }
    }
}

fn show_calls(meter: &Meter, leases: &Weak<LeaseMeter>) {
    let shown = Weak::clone(leases);
    let counter = meter.u64_observable_counter("weir_lease_calls_total");
    let counter = counter.with_description("Calls of the store for leases, by their outcome.");
    let show = move |observer: &dyn AsyncInstrument<u64>| {
        for leases in shown.upgrade().iter().filter(|leases| leases.shows(MetricsLevel::Detailed)) {
            for (call, meter) in LeaseCall::ALL.iter().zip(&leases.calls) {
                for (outcome, count) in CallOutcome::ALL.iter().zip(&meter.outcomes) {
                    let call = KeyValue::new("call", call.name());
                    let labels = [leases.label(), call, KeyValue::new("outcome", outcome.name())];
                    observer.observe(count.load(Ordering::Relaxed), &labels);
                }
            }
        }
    };
    counter.with_callback(show).build();
    let shown = Weak::clone(leases);
    let counter = meter.f64_observable_counter("weir_lease_call_seconds_total");
    let counter = counter.with_description("How long these took, all together.");
    let show = move |observer: &dyn AsyncInstrument<f64>| {
        for leases in shown.upgrade().iter().filter(|leases| leases.shows(MetricsLevel::Detailed)) {
            for (call, meter) in LeaseCall::ALL.iter().zip(&leases.calls) {
                let took = Duration::from_micros(meter.took_us.load(Ordering::Relaxed));
                let labels = [leases.label(), KeyValue::new("call", call.name())];
                observer.observe(took.as_secs_f64(), &labels);
            }
        }
    };
    counter.with_callback(show).build();
}
