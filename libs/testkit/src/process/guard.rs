//! A child process that does not outlive its test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::wait_for;

/// A process that writes to a log and is ended, by its id, when this is dropped.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    log: PathBuf,
}

impl Guard {
    /// Starts `command`; what it writes is added to the file `log`.
    ///
    /// # Panics
    /// When it cannot be started; `advice` says then how to install it.
    #[track_caller]
    pub fn spawn(command: &mut Command, log: &Path, advice: &str) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let errors = file.try_clone().expect("another handle of the log");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let child =
            child.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}; {advice}"));
        Self { child, log: log.to_owned() }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ask` has an answer, for as long as the process runs.
    ///
    /// # Panics
    /// When the process ends before, or there is no answer in time; with what it wrote.
    #[track_caller]
    pub fn wait_for<T>(&mut self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let log = self.log.clone();
        wait_for(&format!("{what}; see {}", log.display()), || {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended before {what}:\n{}", written(&log));
            ask()
        })
    }

    /// What it wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        written(&self.log)
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
        wait_for("the process to end", || self.child.try_wait().expect("a child"));
    }

    /// Ends the process at once, without a chance to save anything.
    pub fn kill(&mut self) {
        // Nothing is left to do when the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.kill();
    }
}

fn written(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}
