//! Workers of a Kinesis stream as processes: killed, stopped and restarted in full flow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod fan_out;
mod formats;
mod installation;
mod leases;
mod metrics;
mod stream;
mod takeovers;

use rustix::process::Signal;
use weir_tests::{Corpus, Oracle, UdpCollector};

use installation::Installation;
use stream::Stream;
use takeovers::{Failure, most_repeated};

/// Records that are put before, between and after the faults.
const STEP: u64 = 4_000;

#[test]
fn three_workers_lose_nothing_while_shards_split_and_workers_die_and_stand_still() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(8));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let mut workers: Vec<_> = ["a", "b", "c"].map(|name| installation.worker(name)).into();
    let sent = 0..6 * STEP;
    let mut oracle = Oracle::new(&corpus, sent, collector.arrivals());
    stream.put(&corpus, 0..STEP);
    oracle.wait_for(STEP / 2);
    stream.split();
    stream.put(&corpus, STEP..2 * STEP);
    workers.remove(0).kill();
    let killed = Failure::now(&stream);
    stream.merge();
    stream.put(&corpus, 2 * STEP..3 * STEP);
    workers[0].wait_until_logged("the shard is read here");
    // Stands still for longer than its leases last, and goes on as if nothing had been.
    workers[0].signal(Signal::STOP);
    let stopped = Failure::now(&stream);
    stream.put(&corpus, 3 * STEP..4 * STEP);
    oracle.wait_for(4 * STEP);
    workers[0].signal(Signal::CONT);
    workers[0].wait_until_logged("the lease is lost");
    stream.put(&corpus, 4 * STEP..5 * STEP);
    workers.push(installation.worker("d"));
    stream.put(&corpus, 5 * STEP..6 * STEP);
    oracle.wait_for_all();
    for worker in &mut workers {
        assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    }
    let verdict = oracle.verdict();
    verdict.is_complete();
    // What the two that failed had on their way.
    let most = most_repeated(&workers, (&workers[0], &stopped), &killed);
    assert!(verdict.repeated <= most, "at most {most}: {verdict:?}");
}

#[test]
fn a_rolling_restart_by_sigterm_repeats_nothing() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(6));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let mut workers: Vec<_> = ["a", "b", "c"].map(|name| installation.worker(name)).into();
    let mut oracle = Oracle::new(&corpus, 0..7 * STEP, collector.arrivals());
    stream.put(&corpus, 0..STEP);
    oracle.wait_for(STEP / 2);
    for (step, name) in (1..).zip(["d", "e", "f"]) {
        stream.put(&corpus, (2 * step - 1) * STEP..2 * step * STEP);
        let mut old = workers.remove(0);
        assert_eq!(old.terminate(), Some(0), "{}", old.log());
        workers.push(installation.worker(name));
        stream.put(&corpus, 2 * step * STEP..(2 * step + 1) * STEP);
    }
    oracle.wait_for_all();
    for worker in &mut workers {
        assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    }
    oracle.verdict().is_exact();
}

#[test]
fn one_process_goes_on_where_it_was_from_its_file() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(2));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let mut oracle = Oracle::new(&corpus, 0..2 * STEP, collector.arrivals());
    for step in [0..STEP, STEP..2 * STEP] {
        stream.put(&corpus, step.clone());
        let mut process = installation.one_process();
        oracle.wait_for(step.end);
        assert_eq!(process.terminate(), Some(0), "{}", process.log());
    }
    oracle.verdict().is_exact();
}
