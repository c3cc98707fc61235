//! A Redis server of a test's own, as the store and its own client see it.

use std::ops::{Deref, DerefMut};
use std::thread::JoinHandle;
use std::time::Duration;

use redis::{Client, Cmd, Connection, Value};
use weir_store::{RedisConfig, RedisStore, StoreOptions};
use weir_testkit::RedisServer;

/// Long enough for the slowest machine, and never waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A Redis server that is called over its socket.
pub(crate) struct Server(RedisServer);

impl Server {
    /// One that logs each write, with further arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self(RedisServer::start_with(arguments))
    }

    /// One that does not run yet.
    pub(crate) fn prepare(arguments: &[&str]) -> Self {
        Self(RedisServer::prepare(arguments))
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
        Client::open(self.socket_url())?.get_connection()
    }

    /// A configuration whose calls end soon enough for a test, and late enough for a busy machine.
    pub(crate) fn config(&self) -> RedisConfig {
        RedisConfig { timeout: Duration::from_secs(20), ..RedisConfig::new(self.socket_url()) }
    }

    pub(crate) fn store(&self, options: StoreOptions) -> RedisStore {
        RedisStore::new(self.config(), options).unwrap()
    }
}

impl Deref for Server {
    type Target = RedisServer;

    fn deref(&self) -> &RedisServer {
        &self.0
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut RedisServer {
        &mut self.0
    }
}

fn command_of(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    words.iter().for_each(|word| {
        command.arg(word);
    });
    command
}
