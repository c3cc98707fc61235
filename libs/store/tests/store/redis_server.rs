//! A Redis server of a test's own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redis::{Client, Cmd, Connection, Value};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use weir_store::{RedisConfig, RedisStore, StoreOptions};

/// Long enough for the slowest machine, and never waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A Redis server on a socket in a folder of its own. It ends with the test.
pub(crate) struct Server {
    folder: TempDir,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Server {
    /// One that logs each write, with further arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut server = Self::prepare(arguments);
        server.run();
        server
    }

    /// One that does not run yet.
    pub(crate) fn prepare(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { folder, arguments, process: None }
    }

    /// Gives it further arguments.
    pub(crate) fn arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    }

    /// Runs it on the data that there is.
    pub(crate) fn run(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
            .arg("--unixsocket")
            .arg(self.path("socket"))
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(fs::File::create(self.path("log")).unwrap())
            .spawn()
            .expect("redis-server runs: tests/tools/install installs it");
        self.process = Some(process);
        let start = Instant::now();
        while self.try_command(&["PING"]).is_err() {
            let log = fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(start.elapsed() < DEADLINE, "the server does not start: {log}");
            std::thread::yield_now();
        }
    }

    /// Ends it without a warning.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Lets it stand still, or go on.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), signal).unwrap();
    }

    /// Removes what it has on disk.
    pub(crate) fn lose_data(&self) {
        fs::remove_dir_all(self.path("appendonlydir")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.path("socket").display())
    }

    /// Has it run a command.
    pub(crate) fn command(&self, words: &[&str]) -> Value {
        self.try_command(words).unwrap()
    }

    pub(crate) fn try_command(&self, words: &[&str]) -> redis::RedisResult<Value> {
        command_of(words).query(&mut self.connect()?)
    }

    /// Has it run a command that takes its time.
    pub(crate) fn spawn_command(&self, words: &[&str]) -> JoinHandle<()> {
        let (command, mut connection) = (command_of(words), self.connect().unwrap());
        std::thread::spawn(move || drop(command.query::<Value>(&mut connection)))
    }

    fn connect(&self) -> redis::RedisResult<Connection> {
        Client::open(self.url())?.get_connection()
    }

    /// A configuration whose calls end soon enough for a test, and late enough for a busy machine.
    pub(crate) fn config(&self) -> RedisConfig {
        RedisConfig { timeout: Duration::from_secs(20), ..RedisConfig::new(self.url()) }
    }

    pub(crate) fn store(&self, options: StoreOptions) -> RedisStore {
        RedisStore::new(self.config(), options).unwrap()
    }
}

fn command_of(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    words.iter().for_each(|word| {
        command.arg(word);
    });
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
