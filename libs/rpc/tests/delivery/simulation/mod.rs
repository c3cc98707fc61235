//! The whole contract by chance: a source, enrichers and an exporter, all of which fail.

mod enricher;
mod exporter;
mod faults;
mod network;
mod source;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{sleep, timeout};
use weir_rpc::dispatcher::DispatcherConfig;
use weir_rpc::receiver::ReceiverConfig;

use crate::{Parcel, parcel, until};
use faults::{Fault, World, faults};

/// How many runs the source has.
const RUNS: u128 = 120;

/// Room for a few runs alone, so that everybody waits for everybody.
const SENDING: DispatcherConfig = DispatcherConfig { in_flight_octets: 600, link_octets: 300 };
const RECEIVING: ReceiverConfig =
    ReceiverConfig { in_flight_octets: 500, stream_octets: 300, memory: 1000, streams: 100 };

/// A throw of dice that depends on what is thrown for alone.
fn throw(chance: u64, of: (&str, u128, u64), sides: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (chance, of).hash(&mut hasher);
    hasher.finish() % sides
}

/// The run of that number: a few are above all budgets.
fn run_of(number: u128) -> Parcel {
    match number % 40 {
        39 => parcel(number, 1000),
        rest => parcel(number, 20 + 5 * rest as usize % 90),
    }
}

/// Everything is delivered in bounded time, whatever fails meanwhile, and everybody is done.
/// Returns how many runs were written more than once.
async fn deliver(chance: u64, faults: Vec<(Duration, Fault)>) -> usize {
    let mut world = World::new(chance);
    let source = tokio::spawn(source::run(Arc::clone(&world.network), chance));
    for (pause, fault) in faults {
        sleep(pause).await;
        world.suffer(fault);
    }
    let settled = timeout(Duration::from_secs(600), source).await;
    settled.expect("it ends").expect("the source sees nothing against the contract");
    until(|| world.is_idle()).await;
    let written = world.exporter.written();
    let missing = (0..RUNS).filter(|run| !written.contains_key(run)).count();
    assert_eq!(missing, 0);
    written.values().filter(|count| **count > 1).count()
}

fn simulate(chance: u64, faults: Vec<(Duration, Fault)>) -> usize {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(deliver(chance, faults))
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_breaks_all_is_delivered_and_once_as_long_as_the_exporter_lives(
        chance: u64,
        faults in faults(false),
    ) {
        prop_assert_eq!(simulate(chance, faults), 0);
    }

    #[test]
    fn all_is_delivered_when_what_was_accepted_is_lost(chance: u64, faults in faults(true)) {
        simulate(chance, faults);
    }
}

#[test]
fn without_a_failure_all_is_delivered_once() {
    assert_eq!(simulate(1, Vec::new()), 0);
}
