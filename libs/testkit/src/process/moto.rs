//! moto's server, which simulates AWS.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::ask::status;
use super::guard::Guard;
use super::ports::free_tcp_port;

/// What to do when moto is missing: a test that is skipped shows nothing.
const ADVICE: &str = "moto_server is missing: run tests/tools/install";

/// A `moto_server` on a free port of 127.0.0.1, all services and regions, empty at first. The
/// account of plain keys is 123456789012; other accounts are reached by AssumeRole (external
/// ids are not checked).
#[derive(Debug)]
pub struct MotoServer {
    port: u16,
    guard: Guard,
    _folder: TempDir,
}

impl MotoServer {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it is not installed in the tests' Python environment, or does not answer in time.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_tcp_port());
        let mut command = Command::new(program().expect(ADVICE));
        command.args(["-H", "127.0.0.1", "-p"]).arg(port.to_string());
        let mut guard = Guard::spawn(&mut command, &folder.path().join("moto.log"), ADVICE);
        let is_there = || status(port, "GET", "/moto-api/data.json");
        guard.wait_for("moto_server answers", || is_there().filter(|line| line.contains(" 200")));
        Self { port, guard, _folder: folder }
    }

    /// The endpoint for clients of all services.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Forgets everything.
    ///
    /// # Panics
    /// When moto refuses.
    #[track_caller]
    pub fn reset(&self) {
        self.post("/moto-api/reset");
    }

    /// Makes the identifiers that it gives the same in each run.
    ///
    /// # Panics
    /// When moto refuses.
    #[track_caller]
    pub fn seed(&self, seed: u32) {
        self.post(&format!("/moto-api/seed?a={seed}"));
    }

    /// The process.
    pub fn process(&mut self) -> &mut Guard {
        &mut self.guard
    }

    #[track_caller]
    fn post(&self, path: &str) {
        let status = status(self.port, "POST", path);
        let is_done = status.as_ref().is_some_and(|line| line.contains(" 200"));
        assert!(is_done, "moto answered {status:?} to {path}:\n{}", self.guard.log());
    }
}

/// The program in the Python environment that `tests/tools/install` makes beside the test.
fn program() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let program = "test-tools/python/bin/moto_server";
    test.ancestors().map(|folder| folder.join(program)).find(|path| path.is_file())
}
