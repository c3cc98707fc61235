//! Reads a folder once, commits all of it, and shows the speed: `folder_speed DIR [STATE]`.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::mpsc;
use weir_delivery::{Answer, RawRun};
use weir_ingest::folder::{FolderConfig, FolderMode, FolderSource};
use weir_ingest::{
    Closed, DeliveryEvent, Dispatch, IngestConfig, Input, InputKind, InputMeter, RunSender, run,
};
use weir_runtime::Shutdown;
use weir_store::{FileStore, MemoryStore, Store, StoreOptions};

/// Commits whatever comes.
struct Sink(mpsc::Sender<DeliveryEvent>);

#[async_trait]
impl RunSender for Sink {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        let done = DeliveryEvent::Done { run: run.id, answer: Answer::Committed };
        self.0.send(done).await.map_err(|_| Closed)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let store: Arc<dyn Store> = match env::args().nth(2) {
        Some(path) => Arc::new(FileStore::open(path, StoreOptions::default()).await?),
        None => Arc::new(MemoryStore::default()),
    };
    let config = FolderConfig { mode: FolderMode::Once, ..FolderConfig::new("speed", root) };
    let source = FolderSource::open(config, store).await?;
    let (sender, events) = mpsc::channel(64);
    let dispatch = Dispatch { sender: Arc::new(Sink(sender)), events };
    let meter = Arc::new(InputMeter::new("speed", InputKind::Folder, "here"));
    let start = Instant::now();
    let input = Input { meter, store: None };
    let report = run(source, dispatch, input, IngestConfig::default(), &Shutdown::never()).await;
    let (seconds, status) = (start.elapsed().as_secs_f64(), report.status);
    let megabytes = status.octets_read as f64 / 1e6;
    println!("{} files, {} failed, {megabytes:.1} MB", status.units_done, status.units_failed);
    println!(
        "{seconds:.2} s, {:.0} files/s, {:.0} MB/s",
        status.units_done as f64 / seconds,
        megabytes / seconds
    );
    Ok(())
}
