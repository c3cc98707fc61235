//! One service: started, asked how it is, ended.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::Signal;
use weir_testkit::wait_for;

use super::log::Log;
use super::memory::resident;
use super::metrics::Metrics;
use crate::process::Guard;
use crate::weir::{run, weir};

/// Where a service listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addresses {
    /// For its peers; none where nobody connects to it.
    pub data: Option<SocketAddr>,
    /// For people and their tools.
    pub admin: Option<SocketAddr>,
    /// Its Prometheus page.
    pub metrics: Option<SocketAddr>,
}

/// A running service. Its log is shown when the test fails while it runs, and it does not
/// outlive the test.
#[derive(Debug)]
pub struct Service {
    name: String,
    process: Guard,
    log: Log,
    config: PathBuf,
    is_tls: bool,
    addresses: Addresses,
}

impl Service {
    /// Starts `weir SUBCOMMAND ARGUMENTS --config CONFIG`, which must log JSON and listen
    /// everywhere at port 0, and waits until it listens.
    ///
    /// # Panics
    /// When it ends instead.
    #[track_caller]
    pub fn start(name: &str, subcommand: &str, arguments: &[&Path], config: &Path) -> Self {
        Self::start_under(&[], name, subcommand, arguments, config)
    }

    /// The same under these variables of the environment.
    ///
    /// # Panics
    /// As [`Service::start`].
    #[track_caller]
    pub fn start_under(
        variables: &[(&str, &str)],
        name: &str,
        subcommand: &str,
        arguments: &[&Path],
        config: &Path,
    ) -> Self {
        let mut command = weir(subcommand);
        command.envs(variables.iter().copied()).args(arguments).arg("--config").arg(config);
        Self::start_command(name, &mut command, config)
    }

    /// The same with a command that has its arguments.
    ///
    /// # Panics
    /// When it ends instead.
    #[track_caller]
    pub fn start_command(name: &str, command: &mut Command, config: &Path) -> Self {
        let mut service = Self::spawn(name, command, config);
        service.addresses = service.wait_for_addresses();
        service
    }

    /// Starts `command` without waiting for it.
    pub fn spawn(name: &str, command: &mut Command, config: &Path) -> Self {
        let mut process = Guard::spawn(command.stdout(Stdio::null()).stderr(Stdio::piped()));
        let stderr = process.child().stderr.take().expect("a pipe for standard error");
        let log = Log::follow(stderr);
        let text = std::fs::read_to_string(config).unwrap_or_default();
        let is_tls = text.contains("certificate_file");
        let (name, config) = (name.to_owned(), config.to_owned());
        Self { name, process, log, config, is_tls, addresses: Addresses::default() }
    }

    #[track_caller]
    fn wait_for_addresses(&mut self) -> Addresses {
        let log = self.log.clone();
        wait_for(&format!("{} to listen", self.name), || {
            if let Some(code) = self.exit_code() {
                panic!("{} has ended with {code:?}:\n{}", self.name, self.log.tail());
            }
            let admin = Some(log.address(" listens", "admin")?);
            let metrics = log.address("metrics are at", "address");
            Some(Addresses { data: log.address(" listens", "data"), admin, metrics })
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The URL of its data listener.
    ///
    /// # Panics
    /// When it has none.
    pub fn data_url(&self) -> String {
        self.url(self.addresses.data.expect("a data listener"))
    }

    /// The URL of its admin listener.
    ///
    /// # Panics
    /// When it has none.
    pub fn admin_url(&self) -> String {
        self.url(self.addresses.admin.expect("an admin listener"))
    }

    fn url(&self, address: SocketAddr) -> String {
        format!("http{}://{address}", if self.is_tls { "s" } else { "" })
    }

    /// Whether its health says SERVING, as `weir probe` understands it.
    pub fn is_serving(&self) -> bool {
        let mut probe = weir("probe");
        probe.arg(self.admin_url()).arg("--config").arg(&self.config);
        run(&mut probe).code == Some(0)
    }

    /// Waits until its health says SERVING.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn wait_until_serving(&self) {
        wait_for(&format!("{} to serve", self.name), || self.is_serving().then_some(()));
    }

    /// Its Prometheus page.
    ///
    /// # Panics
    /// When it cannot be read.
    #[track_caller]
    pub fn metrics(&self) -> Metrics {
        let address = self.addresses.metrics.expect("a Prometheus page");
        Metrics::fetch(address).unwrap_or_else(|error| panic!("{}'s metrics: {error}", self.name))
    }

    /// Octets of resident memory; 0 when it has ended.
    pub fn resident(&self) -> u64 {
        resident(self.id()).unwrap_or_default()
    }

    /// Whether it has logged `words`.
    pub fn has_logged(&self, words: &str) -> bool {
        self.log.contains(words)
    }

    /// Whether it has logged a line with these words and those.
    pub fn has_logged_both(&self, words: &str, others: &str) -> bool {
        self.log.contains_both(words, others)
    }

    /// Waits until it has logged `words`.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn wait_until_logged(&self, words: &str) {
        let what = format!("{} to log {words:?}", self.name);
        wait_for(&what, || self.has_logged(words).then_some(()));
    }

    /// A number in the first line of its log with these words.
    pub fn logged_number(&self, words: &str, field: &str) -> Option<u64> {
        self.log.number(words, field)
    }

    /// The fields of each line of its log with these words.
    pub fn logged(&self, words: &str) -> Vec<serde_json::Value> {
        self.log.fields(words)
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        self.log.tail()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When it is gone.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends it without any warning, as a lack of memory does.
    ///
    /// # Panics
    /// When it is gone already.
    #[track_caller]
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.process.wait();
    }

    /// The exit code when it has ended: `Some(None)` after a signal.
    pub fn exit_code(&mut self) -> Option<Option<i32>> {
        let status = self.process.child().try_wait().expect("a child");
        status.map(|status| status.code())
    }

    /// Asks it to end with SIGTERM and waits: the exit code, `None` after a signal.
    ///
    /// # Panics
    /// When it is gone, or does not end in time.
    #[track_caller]
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits for its end: the exit code, `None` after a signal.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn wait(&mut self) -> Option<i32> {
        self.process.wait()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if thread::panicking() {
            let Self { name, log, .. } = self;
            eprintln!("---- {name}, process {}:\n{}", self.process.id(), log.tail());
        }
    }
}
