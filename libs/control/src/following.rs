//! Keeps a service's copy of a document up to date.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use weir_store::{Change, Prefix, Store, StoreError, Watch};

use crate::document::{Document, FOLDER, Revised};

/// How often it is read when nobody tells of a change: a notification may be lost, between a write
/// and a server's death for one.
const LOOK: Duration = Duration::from_secs(1);

/// What a service knows of a document. While the store is away, or holds what this version cannot
/// read, or has lost its data, it is what was there last.
pub type Followed<T> = Arc<Revised<T>>;

pub(crate) fn follow<T>(
    document: Document<T>,
    store: Arc<dyn Store>,
) -> watch::Receiver<Option<Followed<T>>>
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static,
{
    let (publisher, receiver) = watch::channel(None);
    let follower = Follower { document, store, publisher, trouble: None };
    tokio::spawn(follower.run());
    receiver
}

struct Follower<T> {
    document: Document<T>,
    store: Arc<dyn Store>,
    publisher: watch::Sender<Option<Followed<T>>>,
    /// What was said last: only a change is worth a line in the log.
    trouble: Option<String>,
}

impl<T> Follower<T>
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static,
{
    async fn run(mut self) {
        let mut changes = None;
        loop {
            self.look(&mut changes).await;
            tokio::select! {
                () = self.publisher.closed() => return,
                () = changed(&mut changes, &self.document) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look(&mut self, changes: &mut Option<Watch>) {
        let read = self.read(changes).await;
        let trouble = match read {
            Ok(revised) => self.take(revised),
            Err(error) => Some(error.to_string()),
        };
        if trouble != self.trouble {
            let document = self.document.key();
            match &trouble {
                Some(trouble) => tracing::warn!(%document, trouble, "what was read last counts on"),
                None => tracing::info!(%document, "read again"),
            }
            self.trouble = trouble;
        }
    }

    async fn read(&self, changes: &mut Option<Watch>) -> Result<Revised<T>, StoreError> {
        if changes.is_none() {
            *changes = Some(self.store.watch(&Prefix::below(FOLDER)).await?);
        }
        self.document.read(&*self.store).await
    }

    /// Publishes what is new, unless the store lost it.
    fn take(&self, revised: Revised<T>) -> Option<String> {
        let known = self.publisher.borrow().as_ref().map(|known| known.etag);
        if matches!(known, Some(Some(_))) && revised.etag.is_none() {
            return Some("the store has lost it".to_owned());
        }
        if known != Some(revised.etag) {
            self.publisher.send_replace(Some(Arc::new(revised)));
        }
        None
    }
}

/// Ends when the document may have changed; a watch that ended is made anew at the next look.
async fn changed<T>(changes: &mut Option<Watch>, document: &Document<T>)
where
    T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static,
{
    let Some(watch) = changes else { return std::future::pending().await };
    loop {
        match watch.next().await {
            Some(Change::Key(key)) if key != *document.key() => {}
            Some(_) => return,
            None => {
                *changes = None;
                return std::future::pending().await;
            }
        }
    }
}
