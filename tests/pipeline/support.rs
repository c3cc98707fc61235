//! What the tests share.

use std::time::{Duration, Instant};

use weir_tests::{Verdict, wait_long_for};

/// Octets of text in one MiB.
pub(crate) const MIB: u64 = 1 << 20;

/// Octets of a line of the corpus, at least: what bounds octets bounds records by it.
pub(crate) const LINE: u64 = 110;

/// The most octets of a run's text (libs/objects cuts them so), and a line's end.
pub(crate) const RUN: u64 = 256 * 1024 + 16 * 1024;

/// The seconds that a fault lasts: `WEIR_LONG_TESTS` asks for the long form.
pub(crate) fn fault_lasts(short: u64, long: u64) -> Duration {
    Duration::from_secs(if is_long() { long } else { short })
}

/// Whether the long forms of tests are asked for.
pub(crate) fn is_long() -> bool {
    std::env::var_os("WEIR_LONG_TESTS").is_some()
}

/// Lets a fault last; what must hold meanwhile is asked again and again.
#[track_caller]
pub(crate) fn while_it_lasts(fault: Duration, mut holds: impl FnMut()) {
    let start = Instant::now();
    wait_long_for(fault * 2, "a fault to end", || {
        holds();
        (start.elapsed() >= fault).then_some(())
    });
}

/// Shows figures in the test's output.
pub(crate) fn report(what: &str, verdict: &Verdict) {
    let Verdict { sent, missing, unknown, corrupted, repeated, sessions, .. } = verdict;
    println!(
        "{what}: sent {sent}, missing {missing}, unknown {unknown}, corrupted {corrupted}, \
         repeated {repeated}, {sessions} sessions"
    );
}
