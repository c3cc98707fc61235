//! A folder, a store and the loop between them and an exporter.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use weir_flowlog::LogFormat;
use weir_ingest::folder::{FolderConfig, FolderMode, FolderSource};
use weir_ingest::{Backoff, IngestConfig, Input, InputKind, InputMeter, InputStatus, Report, run};
use weir_runtime::Shutdown;
use weir_store::{Key, MemoryStore, Page, Prefix, Store};

use crate::exporter::Exporter;

pub(crate) const HEADER: &str = "version srcaddr dstaddr\n";
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// A folder with a store for its checkpoints.
pub(crate) struct Sandbox {
    folder: TempDir,
    store: Arc<MemoryStore>,
    mode: FolderMode,
    pub(crate) quiet: Duration,
    pub(crate) log_format: Option<Arc<LogFormat>>,
}

/// The loop at work.
pub(crate) struct Running {
    pub(crate) exporter: Exporter,
    meter: Arc<InputMeter>,
    shutdown: Shutdown,
    task: JoinHandle<Report>,
}

/// Numbered lines, the first being `first`.
pub(crate) fn lines(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("2 10.0.0.1 line-{number}\n")).collect()
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    gzip_octets(text)
}

pub(crate) fn gzip_octets(octets: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(octets.as_ref()).unwrap();
    encoder.finish().unwrap()
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            store: Arc::default(),
            mode: FolderMode::Follow,
            quiet: Duration::from_secs(600),
            log_format: None,
        }
    }

    pub(crate) fn once() -> Self {
        Self { mode: FolderMode::Once, ..Self::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in place.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Puts a complete file there.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        self.write(&format!("{name}.tmp"), content);
        self.rename(&format!("{name}.tmp"), name);
    }

    pub(crate) fn append(&self, name: &str, content: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).open(self.path(name)).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(crate) async fn start(&self) -> Running {
        self.start_with(Exporter::new()).await
    }

    pub(crate) async fn start_holding(&self) -> Running {
        let (exporter, dispatch) = Exporter::new();
        exporter.hold();
        self.start_with((exporter, dispatch)).await
    }

    async fn start_with(
        &self,
        (exporter, dispatch): (Exporter, weir_ingest::Dispatch<weir_ingest::DeliveryEvent>),
    ) -> Running {
        let folder = FolderConfig {
            mode: self.mode,
            poll: POLL,
            quiet: self.quiet,
            log_format: self.log_format.clone(),
            ..FolderConfig::new("test", self.folder.path())
        };
        let store: Arc<dyn Store> = Arc::clone(&self.store) as _;
        let source = FolderSource::open(folder, store).await.unwrap();
        let meter = Arc::new(InputMeter::new("test", InputKind::Folder, "worker-1"));
        let input = Input { meter: Arc::clone(&meter), store: None };
        let (shutdown, config) = (Shutdown::manual(), quick());
        let asked = shutdown.clone();
        let task = tokio::spawn(async move { run(source, dispatch, input, config, &asked).await });
        Running { exporter, meter, shutdown, task }
    }

    /// The keys of all checkpoints.
    pub(crate) async fn checkpoints(&self) -> Vec<Key> {
        let prefix = Prefix::below(Key::from_static("checkpoint/folder/test"));
        let Page { entries, .. } = self.store.list(&prefix, None, 1000).await.unwrap();
        entries.into_iter().map(|entry| entry.key).collect()
    }
}

fn quick() -> IngestConfig {
    let wait = Duration::from_millis(20);
    IngestConfig {
        commit_interval: wait,
        rewind_delay: wait,
        backoff: Backoff { first: wait, most: wait },
        grace: Duration::from_secs(1),
        ..IngestConfig::default()
    }
}

impl Running {
    /// Waits until so many different lines have come, and returns them.
    pub(crate) async fn lines(&self, count: usize) -> Vec<String> {
        let mut changes = self.exporter.changes();
        let enough = changes.wait_for(|_| self.exporter.lines().len() >= count);
        let waited = timeout(DEADLINE, enough).await;
        assert!(waited.is_ok(), "{:?} {:?}", self.exporter.lines(), self.status());
        drop(waited);
        self.exporter.lines()
    }

    pub(crate) fn status(&self) -> InputStatus {
        self.meter.status()
    }

    /// Waits until the counts are so.
    pub(crate) async fn until(&self, is_so: impl Fn(&InputStatus) -> bool) {
        let start = Instant::now();
        while !is_so(&self.status()) {
            assert!(start.elapsed() < DEADLINE, "{:?}", self.status());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until all that came is committed.
    pub(crate) async fn committed(&self) {
        self.until(|status| status.runs_committed >= self.exporter.ids().len() as u64).await;
    }

    pub(crate) async fn stop(self) -> Report {
        self.shutdown.trigger();
        self.end().await
    }

    pub(crate) async fn end(self) -> Report {
        timeout(DEADLINE, self.task).await.unwrap().unwrap()
    }
}

/// What the lines must be.
pub(crate) fn expect(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Waits until something outside is so.
pub(crate) async fn wait_until(mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < DEADLINE, "it does not become so");
        sleep(Duration::from_millis(5)).await;
    }
}
