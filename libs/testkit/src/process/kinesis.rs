//! ferrokinesis, which simulates Kinesis: resharding and fan-out as in AWS.

use std::env;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::guard::Guard;
use super::ports::free_tcp_port;

/// What to do when it is missing: a test that is skipped shows nothing.
const ADVICE: &str = "the simulator of Kinesis is missing: run tests/tools/install";

/// A simulator of Kinesis on a free port of 127.0.0.1, without streams at first: one account, in
/// us-east-1.
#[derive(Debug)]
pub struct KinesisServer {
    port: u16,
    _guard: Guard,
    _folder: TempDir,
}

impl KinesisServer {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it is not installed, or does not answer in time.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with_subscriptions_of(Duration::from_secs(300))
    }

    /// The same, which ends subscriptions after this time.
    ///
    /// # Panics
    /// As [`KinesisServer::start`].
    #[must_use]
    #[track_caller]
    pub fn start_with_subscriptions_of(session: Duration) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_tcp_port());
        let mut command = Command::new(program().expect(ADVICE));
        command.arg(port.to_string()).arg(session.as_millis().to_string());
        let mut guard = Guard::spawn(&mut command, &folder.path().join("kinesis.log"), ADVICE);
        let is_there = || TcpStream::connect(("127.0.0.1", port)).ok();
        guard.wait_for("the simulator of Kinesis answers", is_there);
        Self { port, _guard: guard, _folder: folder }
    }

    /// The endpoint for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// The program that `tests/tools/install` builds beside the test.
fn program() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let program = "test-tools/kinesis/debug/weir-test-kinesis";
    test.ancestors().map(|folder| folder.join(program)).find(|path| path.is_file())
}
