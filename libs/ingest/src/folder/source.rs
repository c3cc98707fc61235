//! The folder as a source: takes from the reader's thread, keeps checkpoints.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use weir_store::{Condition, Store, put_json};

use super::checkpoint::{Checkpoint, load, state};
use super::config::FolderConfig;
use super::file::{FilePart, FilePosition};
use super::message::Message;
use super::open::Open;
use super::reader::Reader;
use super::shared::{Rewind, Shared};
use crate::error::{Fault, SourceError};
use crate::source::{Commit, EventOf, Source};

/// Messages that the thread is ahead: of 256 KiB each where they are runs.
const AHEAD: usize = 8;

/// A folder of flow log files. See the module's documentation.
pub struct FolderSource {
    name: String,
    store: Arc<dyn Store>,
    messages: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
    /// Files that are open for the loop.
    pub(super) open: HashMap<FilePart, Open>,
    /// Checkpoints that are to be deleted; one at a time.
    pub(super) orphans: VecDeque<Checkpoint>,
    pub(super) rewinds: u64,
    /// Ends with the thread.
    thread: oneshot::Receiver<()>,
}

impl FolderSource {
    /// Loads the checkpoints and starts to read. A store that forgets has everything read again.
    ///
    /// # Errors
    ///
    /// When the folder is none, when checkpoints cannot be read, and when the system refuses a
    /// thread.
    pub async fn open(config: FolderConfig, store: Arc<dyn Store>) -> Result<Self, SourceError> {
        if !config.root.is_dir() {
            let what = format!("`{}` is no folder; name one that is there", config.root.display());
            return Err(SourceError::fatal(Fault::Gone, what));
        }
        let unclaimed = load(store.as_ref(), &config.name).await?;
        let (name, shared) = (config.name.clone(), Arc::new(Shared::default()));
        let (sender, messages) = mpsc::channel(AHEAD);
        let reader = Reader::new(config, sender, Arc::clone(&shared), unclaimed);
        let (running, thread) = oneshot::channel::<()>();
        let work = move || {
            reader.run();
            drop(running);
        };
        let started = thread::Builder::new().name("folder".to_owned()).spawn(work);
        started.map_err(|error| {
            SourceError::fatal(Fault::Read, "no thread can be started").because(error)
        })?;
        let (open, orphans) = (HashMap::new(), VecDeque::new());
        Ok(Self { name, store, messages, shared, open, orphans, rewinds: 0, thread })
    }

    async fn commit_one(
        &mut self,
        commit: &Commit<FilePart, FilePosition>,
    ) -> Result<(), SourceError> {
        let Some(open) = self.open.get_mut(&commit.part) else { return Ok(()) };
        if let Some(position) = commit.position {
            let checkpoint = Checkpoint { position, ..open.checkpoint.clone() };
            if !open.is_gone {
                let key = checkpoint.key(&self.name)?;
                let put = put_json(self.store.as_ref(), &key, &checkpoint, Condition::Any).await;
                put.map_err(|error| state(format!("the checkpoint of {}", commit.part), error))?;
            }
            open.checkpoint = checkpoint;
            while open.cuts.pop_front_if(|cut| *cut <= position.offset).is_some() {}
        }
        if commit.done.is_some() {
            self.open.remove(&commit.part);
        }
        Ok(())
    }

    /// Deletes checkpoints that nobody needs. Cancel-safe: one is forgotten after it is deleted.
    async fn delete_orphans(&mut self) -> Result<(), SourceError> {
        while let Some(orphan) = self.orphans.front() {
            let deleted = self.store.delete(&orphan.key(&self.name)?, Condition::Any).await;
            deleted.map_err(|error| state(format!("the checkpoint of {}", orphan.path), error))?;
            self.orphans.pop_front();
        }
        Ok(())
    }
}

#[async_trait]
impl Source for FolderSource {
    type Part = FilePart;
    type Position = FilePosition;

    async fn next(&mut self) -> Result<EventOf<Self>, SourceError> {
        loop {
            self.delete_orphans().await?;
            let Some(message) = self.messages.recv().await else {
                let what = "the thread that reads the folder has ended; start again";
                return Err(SourceError::fatal(Fault::Read, what));
            };
            if let Some(event) = self.take(message) {
                return event;
            }
        }
    }

    async fn commit(
        &mut self,
        commits: &[Commit<FilePart, FilePosition>],
    ) -> Result<(), SourceError> {
        for commit in commits {
            self.commit_one(commit).await?;
        }
        Ok(())
    }

    async fn rewind(
        &mut self,
        part: &FilePart,
        to: Option<&FilePosition>,
    ) -> Result<(), SourceError> {
        let Some(open) = self.open.get_mut(part) else {
            return Err(SourceError::transient(Fault::Gone, format!("{part} is not open")));
        };
        open.generation += 1;
        let position = to.copied().unwrap_or(open.checkpoint.position);
        let mut cuts = std::mem::take(&mut open.cuts);
        cuts.retain(|cut| *cut > position.offset);
        self.rewinds += 1;
        let (part, generation, number) = (part.clone(), open.generation, self.rewinds);
        self.shared.rewind(Rewind { part, generation, position, cuts, number });
        Ok(())
    }

    fn stop_reading(&mut self) {
        self.shared.stop();
        self.messages.close();
    }

    async fn finish(&mut self) -> Result<(), SourceError> {
        self.stop_reading();
        // The sender is dropped when the thread ends, and nothing is ever sent.
        drop((&mut self.thread).await);
        Ok(())
    }
}

impl Drop for FolderSource {
    fn drop(&mut self) {
        self.shared.stop();
    }
}
