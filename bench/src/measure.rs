//! Rounds of measurements, side by side.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What one piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// CPU time, user and system.
    pub(crate) cpu: Duration,
    /// Time that has passed.
    pub(crate) wall: Duration,
    /// The most octets of memory that a process had at once, where it is a process of its own.
    pub(crate) peak_memory: u64,
}

/// One piece of work, whoever does it.
pub(crate) struct Contestant<'a> {
    /// The records that it works on.
    records: u64,
    work: Box<dyn FnMut() -> anyhow::Result<Sample> + 'a>,
}

/// The medians over all rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Medians {
    /// Nanoseconds of CPU time for each record.
    pub(crate) nanoseconds: f64,
    /// Records for each second that has passed.
    pub(crate) records_per_second: f64,
    /// As [`Sample::peak_memory`].
    pub(crate) peak_memory: u64,
}

impl<'a> Contestant<'a> {
    /// `work` on `records` records takes its own sample.
    pub(crate) fn new(records: u64, work: impl FnMut() -> anyhow::Result<Sample> + 'a) -> Self {
        Self { records, work: Box::new(work) }
    }

    /// `work` on `records` records is done by this thread.
    pub(crate) fn on_this_thread(
        records: u64,
        mut work: impl FnMut() -> anyhow::Result<()> + 'a,
    ) -> Self {
        Self::new(records, move || {
            let (start, cpu) = (Instant::now(), cpu_time(ClockId::ThreadCPUTime));
            work()?;
            let cpu = cpu_time(ClockId::ThreadCPUTime) - cpu;
            Ok(Sample { cpu, wall: start.elapsed(), ..Sample::default() })
        })
    }
}

/// Lets the contestants work in turn, so that what disturbs the machine disturbs all of them.
/// A first round only warms up.
pub(crate) fn compete<const N: usize>(
    rounds: u32,
    mut contestants: [Contestant<'_>; N],
) -> anyhow::Result<[Medians; N]> {
    let mut samples: [Vec<Sample>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=rounds {
        for (contestant, samples) in contestants.iter_mut().zip(&mut samples) {
            let sample = (contestant.work)()?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    Ok(std::array::from_fn(|at| Medians::of(&samples[at], contestants[at].records)))
}

impl Medians {
    fn of(samples: &[Sample], records: u64) -> Self {
        let cpu = median(samples.iter().map(|sample| sample.cpu));
        let wall = median(samples.iter().map(|sample| sample.wall));
        Self {
            nanoseconds: cpu.as_nanos() as f64 / records as f64,
            records_per_second: records as f64 / wall.as_secs_f64(),
            peak_memory: median(samples.iter().map(|sample| sample.peak_memory)),
        }
    }
}

fn median<T: Copy + Default + Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The CPU time of this thread or process so far, user and system.
pub(crate) fn cpu_time(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}
