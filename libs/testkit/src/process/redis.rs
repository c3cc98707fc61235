//! A real Redis.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::ask::ask_once;
use super::guard::Guard;
use super::ports::free_tcp_port;

/// What to do when Redis is missing: a test that is skipped shows nothing.
const ADVICE: &str = "redis-server is missing: install redis-server (apt-get install redis-server)";

/// A `redis-server` on a free port of 127.0.0.1 that keeps its data in a temporary folder,
/// synced with every write (`appendfsync always`).
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    guard: Guard,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it is not installed, or does not answer in time.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more arguments: `["--maxmemory", "4mb"]`.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[must_use]
    #[track_caller]
    pub fn start_with(arguments: &[&str]) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_tcp_port());
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let guard = run(port, &arguments, &folder);
        Self { port, arguments, guard, folder }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once: its port refuses then.
    pub fn kill(&mut self) {
        self.guard.kill();
    }

    /// Starts it again on its port, with the data that it had.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[track_caller]
    pub fn restart(&mut self) {
        self.guard.kill();
        self.guard = run(self.port, &self.arguments, &self.folder);
    }

    /// Starts it again on its port, without any data.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[track_caller]
    pub fn restart_empty(&mut self) {
        self.guard.kill();
        let data = self.folder.path().join("data");
        fs::remove_dir_all(&data).expect("the data can be removed");
        self.guard = run(self.port, &self.arguments, &self.folder);
    }

    /// Sends one command, its words without blanks in them, and gives the first line of the
    /// reply: `+OK`, `:3`.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn command(&self, command: &str) -> String {
        ask(self.port, command).unwrap_or_else(|| panic!("no answer to {command}"))
    }

    /// The process, to stop and continue it, or to read its log.
    pub fn process(&mut self) -> &mut Guard {
        &mut self.guard
    }
}

#[track_caller]
fn run(port: u16, arguments: &[String], folder: &TempDir) -> Guard {
    let data = folder.path().join("data");
    fs::create_dir_all(&data).expect("a folder for the data");
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port"]).arg(port.to_string()).arg("--dir").arg(data);
    command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    command.args(arguments);
    let mut guard = Guard::spawn(&mut command, &folder.path().join("redis.log"), ADVICE);
    guard.wait_for("redis-server answers", || ask(port, "PING").filter(|line| line == "+PONG"));
    guard
}

/// The first line of the reply to a command
/// (<https://redis.io/docs/latest/develop/reference/protocol-spec/#arrays>).
fn ask(port: u16, command: &str) -> Option<String> {
    let words: Vec<_> = command.split(' ').collect();
    let parts = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    let question = format!("*{}\r\n{}", words.len(), parts.collect::<String>());
    let answer = ask_once(port, &question, |answer| answer.contains("\r\n"))?;
    answer.lines().next().map(str::to_owned)
}
