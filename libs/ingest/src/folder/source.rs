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
use super::reader::Reader;
use super::shared::{Rewind, Shared};
use crate::error::{Fault, SourceError};
use crate::source::{Commit, EventOf, Source, SourceEvent, Tracking};

/// Messages that the thread is ahead: of 256 KiB each where they are runs.
const AHEAD: usize = 8;

/// A folder of flow log files. See the module's documentation.
pub struct FolderSource {
    name: String,
    store: Arc<dyn Store>,
    messages: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
    /// Files that are open for the loop.
    open: HashMap<FilePart, Open>,
    /// Checkpoints that are to be deleted; one at a time.
    orphans: VecDeque<Checkpoint>,
    rewinds: u64,
    /// Ends with the thread.
    thread: oneshot::Receiver<()>,
}

/// A file that is open for the loop.
struct Open {
    generation: u64,
    /// As it is, or is to be, in the store.
    checkpoint: Checkpoint,
    /// Where runs end that are not committed, in order.
    cuts: VecDeque<u64>,
    /// Whether nothing is to be kept of it.
    is_gone: bool,
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

    /// What the loop hears of a message; nothing of what was read before a rewind.
    fn take(&mut self, message: Message) -> Option<Result<EventOf<Self>, SourceError>> {
        let event = match message {
            Message::Begin { part, generation, checkpoint } => {
                self.begin(&part, generation, *checkpoint)?;
                SourceEvent::Opened { part, tracking: Tracking::Ordered }
            }
            Message::Run { part, generation, run, position, age } => {
                self.current(&part, generation)?.cuts.push_back(position.offset);
                SourceEvent::Run { part, run, position, age }
            }
            Message::Closed { part, generation } => {
                self.current(&part, generation)?;
                SourceEvent::Closed { part }
            }
            Message::Failed { part, generation, error } => {
                self.current(&part, generation)?;
                SourceEvent::Failed { part, error }
            }
            Message::Unreadable { name, error } => SourceEvent::Unreadable { name, error },
            Message::Gone { part, checkpoint } => {
                self.let_go(&part);
                self.orphans.push_back(*checkpoint);
                return None;
            }
            Message::Replaced { part } => {
                self.let_go(&part);
                return None;
            }
            Message::Orphan { checkpoint } => {
                self.orphans.push_back(*checkpoint);
                return None;
            }
            Message::Trouble(error) => return Some(Err(error)),
            Message::End { rewinds } if rewinds == self.rewinds => SourceEvent::End,
            Message::End { .. } => return None,
        };
        Some(Ok(event))
    }

    /// A file that is open already keeps its position: what is before is not committed.
    fn begin(&mut self, part: &FilePart, generation: u64, checkpoint: Checkpoint) -> Option<()> {
        match self.open.get_mut(part) {
            Some(open) if open.generation != generation => return None,
            Some(open) => {
                let position = open.checkpoint.position;
                open.checkpoint = Checkpoint { position, ..checkpoint };
            }
            None => {
                let (cuts, is_gone) = (VecDeque::new(), false);
                self.open.insert(part.clone(), Open { generation, checkpoint, cuts, is_gone });
            }
        }
        Some(())
    }

    fn current(&mut self, part: &FilePart, generation: u64) -> Option<&mut Open> {
        self.open.get_mut(part).filter(|open| open.generation == generation)
    }

    fn let_go(&mut self, part: &FilePart) {
        if let Some(open) = self.open.get_mut(part) {
            open.is_gone = true;
        }
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
