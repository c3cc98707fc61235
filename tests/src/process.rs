//! Processes whose output a test reads, and waiting for what they do.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command};

use rustix::process::{Pid, Signal, kill_process};
use weir_testkit::wait_for;

use crate::weir::Run;

/// A child process that does not outlive the test.
#[derive(Debug)]
pub struct Guard {
    child: Child,
}

impl Guard {
    /// Starts `command`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> Self {
        let child = command.spawn();
        Self { child: child.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}")) }
    }

    /// The child itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The pipes of the child, to be read while it runs.
    ///
    /// # Panics
    /// When they are not piped or were taken already.
    pub fn take_output(&mut self) -> ChildOutput {
        let stdout = self.child.stdout.take().expect("a pipe for standard output");
        let stderr = self.child.stderr.take().expect("a pipe for standard error");
        ChildOutput { stdout, stderr }
    }

    /// Waits for the end and reads what the child wrote, which must fit its pipes (64 KiB).
    ///
    /// # Panics
    /// When the process does not end in time.
    #[track_caller]
    pub fn output(&mut self) -> Run {
        let code = self.wait();
        let (stdout, stderr) = self.take_output().read();
        Run { code, stdout, stderr }
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process is gone.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is there");
    }

    /// Asks the process to end and waits for it.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn terminate(&mut self) {
        self.signal(Signal::TERM);
        self.wait();
    }

    /// Waits for the end: the exit code, `None` after a signal.
    ///
    /// # Panics
    /// When the process does not end in time.
    #[track_caller]
    pub fn wait(&mut self) -> Option<i32> {
        let status = wait_for("the process to end", || self.child.try_wait().expect("a child"));
        status.code()
    }
}

/// Standard output and standard error of a child.
#[derive(Debug)]
pub struct ChildOutput {
    stdout: ChildStdout,
    stderr: ChildStderr,
}

impl ChildOutput {
    /// Reads both to their end, one after the other.
    ///
    /// # Panics
    /// When they cannot be read or are not UTF-8.
    pub fn read(mut self) -> (String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("standard output is UTF-8");
        self.stderr.read_to_string(&mut stderr).expect("standard error is UTF-8");
        (stdout, stderr)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Nothing is left to do when the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until some process is bound to a UDP port.
///
/// # Panics
/// When nobody binds it in time.
#[track_caller]
pub fn wait_until_bound(port: u16) {
    wait_for("the collector to listen", || (!udp_queues(port).is_empty()).then_some(()));
}

/// Waits until the process that is bound to a UDP port has read every datagram.
///
/// # Panics
/// When it does not in time, or when the system had to drop datagrams for it.
#[track_caller]
pub fn wait_until_read(port: u16) {
    wait_for("the collector to read its socket", || {
        let queues = udp_queues(port);
        let dropped: u64 = queues.iter().map(|queue| queue.dropped).sum();
        assert_eq!(dropped, 0, "the collector's receive buffer is too small for this test");
        queues.iter().all(|queue| queue.octets == 0).then_some(())
    });
}

/// Datagrams that the system had to drop for whoever is bound to a UDP port.
pub(crate) fn dropped_datagrams(port: u16) -> u64 {
    udp_queues(port).iter().map(|queue| queue.dropped).sum()
}

/// A socket's receive queue.
struct Queue {
    octets: u64,
    dropped: u64,
}

/// The receive queues of the sockets at a local port (`/proc/net/udp`, see proc(5)).
fn udp_queues(port: u16) -> Vec<Queue> {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].into_iter().filter_map(read);
    let rows: Vec<String> = tables.flat_map(|table| lines(&table)).collect();
    let wanted = format!(":{port:04X}");
    let queue = |row: &String| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let is_wanted = columns.get(1).is_some_and(|local| local.ends_with(&wanted));
        let (_, octets) = columns.get(4).filter(|_| is_wanted)?.split_once(':')?;
        Some(Queue {
            octets: u64::from_str_radix(octets, 16).ok()?,
            dropped: columns.last()?.parse().ok()?,
        })
    };
    rows.iter().filter_map(queue).collect()
}

fn read(path: &str) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{path}: {error}"),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().skip(1).map(str::to_owned).collect()
}

/// Ends the test when a program is missing: a test that is skipped shows nothing.
///
/// # Panics
/// When no folder of `PATH` (or `/usr/sbin`) has `program`; the Debian `package` is named then.
#[track_caller]
pub fn require_tool(program: &str, package: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    let is_there = folders.any(|folder| folder.join(program).is_file());
    assert!(is_there, "{program} is missing: install {package} (apt-get install {package})");
}
