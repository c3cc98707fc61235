//! Metrics of the process that Prometheus users expect, under the names that they know.
//!
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use opentelemetry::metrics::Meter;

/// Observes the process. What the system does not tell is left out.
#[cfg(target_os = "linux")]
pub(super) fn observe(meter: &Meter) {
    meter
        .u64_observable_gauge("process_resident_memory_bytes")
        .with_description("Memory of the process that is in RAM, in bytes.")
        .with_callback(|gauge| {
            linux::with(linux::resident_bytes, |bytes| gauge.observe(bytes, &[]))
        })
        .build();
    meter
        .f64_observable_counter("process_cpu_seconds_total")
        .with_description("User and system time of the process, in seconds.")
        .with_callback(|time| linux::with(linux::cpu_seconds, |seconds| time.observe(seconds, &[])))
        .build();
    meter
        .u64_observable_gauge("process_open_fds")
        .with_description("Open file descriptors, sockets among them.")
        .with_callback(|gauge| linux::with(linux::open_fds, |open| gauge.observe(open, &[])))
        .build();
    let start = linux::start_seconds();
    meter
        .f64_observable_gauge("process_start_time_seconds")
        .with_description("When the process began, in seconds since 1970.")
        .with_callback(move |gauge| start.iter().for_each(|start| gauge.observe(*start, &[])))
        .build();
}

#[cfg(not(target_os = "linux"))]
pub(super) fn observe(_: &Meter) {}

/// What /proc tells.
#[cfg(target_os = "linux")]
mod linux {
    use procfs::process::Process;
    use procfs::{ProcResult, WithCurrentSystemInfo as _};

    pub(super) fn with<T>(read: fn(&Process) -> ProcResult<T>, observe: impl FnOnce(T)) {
        if let Ok(value) = Process::myself().and_then(|process| read(&process)) {
            observe(value);
        }
    }

    pub(super) fn resident_bytes(process: &Process) -> ProcResult<u64> {
        Ok(process.stat()?.rss_bytes().get())
    }

    pub(super) fn cpu_seconds(process: &Process) -> ProcResult<f64> {
        let stat = process.stat()?;
        Ok(seconds(stat.utime + stat.stime))
    }

    pub(super) fn open_fds(process: &Process) -> ProcResult<u64> {
        Ok(process.fd_count()? as u64)
    }

    /// It never changes.
    pub(super) fn start_seconds() -> Option<f64> {
        let stat = Process::myself().and_then(|process| process.stat()).ok()?;
        Some(procfs::boot_time_secs().ok()? as f64 + seconds(stat.starttime))
    }

    fn seconds(ticks: u64) -> f64 {
        ticks as f64 / procfs::ticks_per_second() as f64
    }
}
