//! Random schedules against the promises.

use std::collections::HashMap;
use std::time::Duration;

use crate::world::{Table, Worker};

/// A step of a schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Time passes, in tenths of a second.
    Pass(u8),
    /// A worker makes new calls.
    Poll(u8),
    /// Something that is on its way for a worker comes a step further.
    Deliver { worker: u8, choice: u8, fate: u8 },
    /// A worker's reader does something.
    Work { worker: u8, choice: u8, action: u8 },
    /// A worker ends without a word; another one takes its place.
    Kill(u8),
}

/// The workers and their table.
pub(crate) struct Model {
    pub(crate) table: Table,
    pub(crate) workers: Vec<Worker>,
    pub(crate) now: Duration,
    /// The name of the next unit.
    next_unit: u32,
    born: u32,
}

impl Model {
    pub(crate) fn new(workers: u32, units: u32) -> Self {
        let worker = |number: u32| Worker::new(&format!("w{number}"));
        Self {
            table: Table::of(units),
            workers: (0..workers).map(worker).collect(),
            now: Duration::ZERO,
            next_unit: units,
            born: workers,
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        let count = self.workers.len();
        let index = |worker: u8| usize::from(worker) % count;
        match step {
            Step::Pass(tenths) => self.now += Duration::from_millis(100 * u64::from(tenths)),
            Step::Poll(worker) => self.workers[index(worker)].poll(self.now),
            Step::Deliver { worker, choice, fate } => {
                let worker = &mut self.workers[index(worker)];
                worker.step(&mut self.table, choice.into(), fate, self.now);
            }
            Step::Work { worker, choice, action } => {
                let worker = &mut self.workers[index(worker)];
                // A reader looks at its leases before it does anything.
                worker.poll(self.now);
                worker.work(choice.into(), action, &mut self.next_unit);
            }
            Step::Kill(worker) => {
                self.workers[index(worker)] = Worker::new(&format!("w{}", self.born));
                self.born += 1;
            }
        }
        self.check();
    }

    /// At most one worker may read a unit, under the fence that the table has.
    fn check(&self) {
        let mut readers: HashMap<_, &str> = HashMap::new();
        for worker in &self.workers {
            assert!(!worker.is_lost, "a loss was seen that was none");
            for unit in worker.reading.keys() {
                if worker.keeper.holds(unit, self.now).is_some() {
                    let other = readers.insert(unit, &worker.name);
                    assert_eq!(other, None, "{unit} is also read by {}", worker.name);
                }
            }
        }
    }

    /// Nothing fails any more: each worker is quick, and its reader too.
    pub(crate) fn calm(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            for worker in &mut self.workers {
                worker.settle(&mut self.table, self.now);
                worker.work_well();
            }
            self.check();
            self.now += Duration::from_secs(1);
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.workers.iter().map(|worker| worker.name.clone()).collect()
    }
}
