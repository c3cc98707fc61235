//! The memory of processes over time.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// Looks at the resident memory of processes until it is stopped.
#[derive(Debug)]
pub struct MemoryWatch {
    names: Vec<String>,
    is_stopped: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<u64>>>,
}

impl MemoryWatch {
    /// Watches processes, each with a name for the report.
    pub fn start(processes: Vec<(String, u32)>) -> Self {
        let (names, ids): (Vec<_>, Vec<_>) = processes.into_iter().unzip();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&is_stopped);
        let thread = thread::spawn(move || {
            let mut looks = Vec::new();
            while !stopped.load(Ordering::Acquire) {
                looks.push(ids.iter().map(|id| resident(*id).unwrap_or_default()).collect());
                thread::sleep(INTERVAL);
            }
            looks
        });
        Self { names, is_stopped, thread }
    }

    /// The octets of each process, look by look, under its name.
    ///
    /// # Panics
    /// When its thread failed.
    pub fn stop(self) -> Vec<(String, Vec<u64>)> {
        self.is_stopped.store(true, Ordering::Release);
        let looks = self.thread.join().expect("watching does not fail");
        let of = |place: usize| looks.iter().map(|look: &Vec<u64>| look[place]).collect();
        let names = self.names.into_iter().enumerate();
        names.map(|(place, name)| (name, of(place))).collect()
    }
}

/// Octets of resident memory of a process (`VmRSS`, see proc(5)); none when it is gone.
pub(super) fn resident(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
