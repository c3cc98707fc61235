//! A real Redis.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::ask::ask_once;
use super::guard::Guard;
use super::ports::free_tcp_port;

/// What to do when Redis is missing: a test that is skipped shows nothing.
const ADVICE: &str = "redis-server is missing: install redis-server (apt-get install redis-server)";

/// A `redis-server` on a free port of 127.0.0.1, and on a Unix socket, that keeps its data in a
/// temporary folder, synced with every write (`appendfsync always`). It ends with its test.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    /// None while it does not run.
    guard: Option<Guard>,
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
        let mut server = Self::prepare(arguments);
        server.run();
        server
    }

    /// One that does not run as yet.
    ///
    /// # Panics
    /// When there is no folder or port for it.
    #[must_use]
    #[track_caller]
    pub fn prepare(arguments: &[&str]) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_tcp_port());
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self { port, arguments, guard: None, folder }
    }

    /// Gives it more arguments for when it runs next.
    pub fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
    }

    /// Runs it on the data that there is.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[track_caller]
    pub fn run(&mut self) {
        let data = self.path("data");
        fs::create_dir_all(&data).expect("a folder for the data");
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port"]).arg(self.port.to_string());
        command.arg("--unixsocket").arg(self.path("socket")).arg("--dir").arg(data);
        command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        command.args(&self.arguments);
        let mut guard = Guard::spawn(&mut command, &self.path("redis.log"), ADVICE);
        let is_there = || ask(self.port, "PING").filter(|line| line == "+PONG");
        guard.wait_for("redis-server answers", is_there);
        self.guard = Some(guard);
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

    /// The address of its Unix socket.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("redis+unix://{}", self.path("socket").display())
    }

    /// A path in its folder: `data` has its data, `socket` is its Unix socket.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends it at once: its port refuses then.
    pub fn kill(&mut self) {
        self.guard = None;
    }

    /// Removes what it has on disk.
    ///
    /// # Panics
    /// When that cannot be done.
    #[track_caller]
    pub fn lose_data(&self) {
        fs::remove_dir_all(self.path("data")).expect("the data can be removed");
    }

    /// Starts it again on its port, with the data that it had.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        self.run();
    }

    /// Starts it again on its port, without any data.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    #[track_caller]
    pub fn restart_empty(&mut self) {
        self.kill();
        self.lose_data();
        self.run();
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
    ///
    /// # Panics
    /// When it does not run.
    pub fn process(&self) -> &Guard {
        self.guard.as_ref().expect("it runs")
    }
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
