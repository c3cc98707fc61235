//! The inventory that records are enriched from, read anew whenever it changes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_store::{Change, Key, Prefix, Store};

/// The key of the inventory in a store: its JSON form.
pub const INVENTORY_KEY: &str = "inventory/snapshot";
/// What is above it.
const INVENTORY_FOLDER: &str = "inventory";

/// How often a file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Where the inventory comes from.
#[derive(Clone)]
pub enum InventorySource {
    /// A JSON file. It is looked at each second; replace it by renaming another over it.
    File(PathBuf),
    /// A store, under [`INVENTORY_KEY`].
    Store(Arc<dyn Store>),
}

impl fmt::Display for InventorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Store(_) => write!(f, "store: {INVENTORY_KEY}"),
        }
    }
}

/// An inventory in memory.
#[derive(Debug)]
pub struct Loaded {
    /// The index.
    pub snapshot: Arc<Snapshot>,
    /// When it was read.
    pub at: Instant,
    /// Where from.
    pub source: String,
}

/// Hands out the inventory: none before one was read.
pub type LoadedInventory = watch::Receiver<Option<Arc<Loaded>>>;

/// Reads the inventory, again after each change, in a task of its own that ends when nobody has
/// it any more. What cannot be read is logged, and the one before stays.
pub fn follow(source: InventorySource, fallback: FallbackExporter) -> LoadedInventory {
    let (publisher, inventory) = watch::channel(None);
    let reader = Reader { name: source.to_string(), fallback: Arc::new(fallback), publisher };
    tokio::spawn(async move {
        let closed = reader.publisher.clone();
        tokio::select! {
            () = closed.closed() => {}
            () = async {
                match source {
                    InventorySource::File(path) => reader.follow_file(path).await,
                    InventorySource::Store(store) => reader.follow_store(store).await,
                }
            } => {}
        }
    });
    inventory
}

struct Reader {
    name: String,
    fallback: Arc<FallbackExporter>,
    publisher: watch::Sender<Option<Arc<Loaded>>>,
}

/// What tells one content of a file from another.
type FileVersion = (u64, SystemTime, u64);

impl Reader {
    async fn follow_file(&self, path: PathBuf) {
        let mut seen: Option<FileVersion> = None;
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            let version = match version_of(&path).await {
                Ok(version) => version,
                Err(error) => {
                    if seen.take().is_some() || self.publisher.borrow().is_none() {
                        self.report(&error.into());
                        seen = Some((0, SystemTime::UNIX_EPOCH, 0));
                    }
                    continue;
                }
            };
            if seen != Some(version) {
                seen = Some(version);
                let content = tokio::fs::read(&path).await.map_err(anyhow::Error::from);
                self.load(content).await;
            }
        }
    }

    async fn follow_store(&self, store: Arc<dyn Store>) {
        loop {
            let result = self.follow_key(&*store).await;
            if let Err(error) = result {
                self.report(&error);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn follow_key(&self, store: &dyn Store) -> anyhow::Result<()> {
        let key: Key = INVENTORY_KEY.parse()?;
        let mut changes = store.watch(&Prefix::below(INVENTORY_FOLDER.parse()?)).await?;
        while let Some(change) = changes.next().await {
            if matches!(&change, Change::Key(changed) if *changed != key) {
                continue;
            }
            if let Some(found) = store.get(&key).await? {
                self.load(Ok(found.value.to_vec())).await;
            }
        }
        Ok(())
    }

    /// Indexes an inventory beside the runtime and publishes it.
    async fn load(&self, content: anyhow::Result<Vec<u8>>) {
        let fallback = Arc::clone(&self.fallback);
        let build = move || {
            let inventory = Inventory::from_json(&content?)?;
            Ok(Snapshot::build(&inventory, &fallback)?)
        };
        let built: anyhow::Result<Snapshot> =
            tokio::task::spawn_blocking(build).await.context("indexing").flatten();
        match built {
            Ok(snapshot) => {
                tracing::info!(source = %self.name, counts = ?snapshot.counts(), "inventory read");
                let (snapshot, source) = (Arc::new(snapshot), self.name.clone());
                let loaded = Loaded { snapshot, at: Instant::now(), source };
                self.publisher.send_replace(Some(Arc::new(loaded)));
            }
            Err(error) => self.report(&error),
        }
    }

    fn report(&self, error: &anyhow::Error) {
        tracing::error!(source = %self.name, error = format!("{error:#}"), "inventory not read");
    }
}

async fn version_of(path: &PathBuf) -> std::io::Result<FileVersion> {
    let metadata = tokio::fs::metadata(path).await?;
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    Ok((metadata.len(), metadata.modified()?, inode))
}
