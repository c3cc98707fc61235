//! Keeps the inventory in memory and in the store as one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::Instant;
use weir_control::exporters::Domains;
use weir_inventory::region::DEFAULT_KEEP;
use weir_store::{Condition, Etag, Key, Store, StoreError};

use super::apply::apply;
use super::edition::Edition;
use super::findings::{Findings, Outcome};
pub use super::storage::PublishError;
use super::storage::{INDEX, keys_of, read_edition, read_index, write_contents};
use crate::clock::Clock;
use crate::reader::{Fault, FaultKind};

/// How often an index that others changed meanwhile is read and changed again.
const ROUNDS: usize = 5;

/// How the inventory is kept.
#[derive(Clone, Debug)]
pub struct PublishConfig {
    /// How long what has vanished stays known. Default: 24 h.
    pub keep: Duration,
    /// How long a content stays in the store after no index names it any more, so that who reads
    /// it comes to the end. Default: 5 min.
    pub linger: Duration,
    /// The first wait after the store failed; the next ones are longer. Default: 1 s.
    pub backoff: Duration,
    /// What time it is.
    pub clock: Clock,
}

impl Default for PublishConfig {
    fn default() -> Self {
        Self {
            keep: DEFAULT_KEEP,
            linger: Duration::from_secs(5 * 60),
            backoff: Duration::from_secs(1),
            clock: Clock::system(),
        }
    }
}

/// What the publisher is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublisherStatus {
    /// Whether the store's inventory was read since the start.
    pub is_loaded: bool,
    /// Whether there is something that the store does not have.
    pub is_pending: bool,
    /// Whether sweeps have read nothing at all so far, while there is no inventory from before.
    pub is_without_accounts: bool,
    /// What went wrong with the store last; `None` when nothing is wrong.
    pub error: Option<String>,
}

/// Keeps the inventory in memory and in the store as one. The store has a whole inventory at any
/// time: contents are written first, the index that names them last, if nobody else has changed
/// it since.
///
/// A store that is away loses nothing: what is in memory counts, and is written once it is back.
pub struct Publisher {
    pub(super) store: Arc<dyn Store>,
    pub(super) config: PublishConfig,
    edition: watch::Sender<Arc<Edition>>,
    status: watch::Sender<PublisherStatus>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) wake: Notify,
}

/// What is known of the store.
#[derive(Default)]
pub(super) struct Ledger {
    /// The index that was read or written last; none when there is none.
    pub(super) etag: Option<Etag>,
    /// Contents that are in the store.
    pub(super) stored: BTreeSet<Key>,
    /// Contents that no index names any more, and since when.
    pub(super) unnamed: Vec<(Instant, Key)>,
    /// The observation domains that the store had last.
    pub(super) domains: Domains,
    /// What the last sweep found, as long as it is not published.
    pending: Option<Findings<()>>,
}

impl Ledger {
    /// The index names these contents now: the others will be deleted.
    fn rename(&mut self, named: BTreeSet<Key>) {
        let before = std::mem::replace(&mut self.stored, named);
        let now = Instant::now();
        let unnamed = before.into_iter().filter(|key| !self.stored.contains(key));
        self.unnamed.extend(unnamed.map(|key| (now, key)));
    }
}

impl Publisher {
    /// A publisher that knows nothing as yet.
    pub fn new(store: Arc<dyn Store>, config: PublishConfig) -> Arc<Self> {
        Arc::new(Self {
            store,
            config,
            edition: watch::Sender::default(),
            status: watch::Sender::default(),
            ledger: Mutex::default(),
            wake: Notify::new(),
        })
    }

    /// The inventory: what is published or, while the store is away, about to be.
    pub fn edition(&self) -> Arc<Edition> {
        Arc::clone(&self.edition.borrow())
    }

    /// Tells of each edition.
    pub fn watch_edition(&self) -> watch::Receiver<Arc<Edition>> {
        self.edition.subscribe()
    }

    /// What the publisher is doing.
    pub fn status(&self) -> PublisherStatus {
        self.status.borrow().clone()
    }

    /// Tells of each change of the status.
    pub fn watch_status(&self) -> watch::Receiver<PublisherStatus> {
        self.status.subscribe()
    }

    /// Waits until the store has all that was found.
    pub async fn settled(&self) {
        let mut status = self.status.subscribe();
        // `self` holds the sender, so that waiting cannot fail.
        drop(status.wait_for(|status| !status.is_pending).await);
    }

    /// Takes over what a sweep found, and tries once to publish it.
    ///
    /// # Errors
    ///
    /// When the store did not take it. It is in [`Publisher::edition`] all the same, and
    /// [`Publisher::keep_up`] tries again until the store does. When nothing was read, and there
    /// is no inventory as yet, none is made.
    pub async fn publish(&self, findings: Findings) -> Result<(), PublishError> {
        let mut ledger = self.ledger.lock().await;
        if findings.is_nothing() && self.edition().parts.is_empty() {
            self.status.send_modify(|status| status.is_without_accounts = true);
            return Err(PublishError::NothingRead);
        }
        ledger.pending = Some(findings.outline());
        self.apply(self.edition(), findings).await;
        self.set_pending();
        let result = self.try_to_publish(&mut ledger).await;
        drop(ledger);
        self.wake.notify_one();
        self.report(result)
    }

    /// Reads the store's inventory, unless this process has found something by itself already:
    /// then that is published.
    pub(super) async fn load(&self) -> Result<(), PublishError> {
        let mut ledger = self.ledger.lock().await;
        let result = if ledger.pending.is_some() {
            self.try_to_publish(&mut ledger).await
        } else {
            self.read(&mut ledger).await.map(drop)
        };
        self.report(result)
    }

    /// Writes what the store lacks.
    pub(super) async fn write(&self) -> Result<(), PublishError> {
        let mut ledger = self.ledger.lock().await;
        let result = self.try_to_publish(&mut ledger).await;
        self.report(result)
    }

    /// Looks at what the store has: others, or nobody, may have written there.
    pub(super) async fn look(&self) -> Result<(), PublishError> {
        let mut ledger = self.ledger.lock().await;
        if self.status.borrow().is_pending {
            // It is written again anyway.
            return Ok(());
        }
        let result = self.look_with(&mut ledger).await;
        self.report(result)
    }

    async fn look_with(&self, ledger: &mut Ledger) -> Result<(), PublishError> {
        let found = read_index(&*self.store).await?;
        let etag = found.as_ref().map(|(_, etag)| *etag);
        if etag == ledger.etag {
            return Ok(());
        }
        match found {
            Some((index, _)) if index.revision > self.edition().revision => {
                tracing::warn!("another process wrote the inventory");
                self.read(ledger).await.map(drop)
            }
            // An older state, or none at all: the store has lost something.
            _ => {
                tracing::warn!("the store lost the inventory: it is written again");
                ledger.etag = etag;
                ledger.stored.clear();
                self.set_pending();
                self.try_to_publish(ledger).await
            }
        }
    }

    /// Writes the contents, then the index. Where someone else wrote an index meanwhile, that one
    /// is what the findings are applied to.
    async fn try_to_publish(&self, ledger: &mut Ledger) -> Result<(), PublishError> {
        for _ in 0..ROUNDS {
            let mut edition = Edition::clone(&self.edition());
            edition.revision += 1;
            match write_contents(&*self.store, &edition, &mut ledger.stored).await {
                Err(error @ PublishError::TooLong { .. }) => {
                    self.do_without(error, ledger).await?;
                    continue;
                }
                written => written?,
            }
            self.give_domains(&edition, ledger).await?;
            let index = edition.index(self.config.clock.seconds()).to_json();
            let condition = ledger.etag.map_or(Condition::Absent, Condition::Etag);
            match self.store.put(&INDEX, index.into(), condition).await {
                Ok(etag) => {
                    self.published(ledger, edition, etag)?;
                    return Ok(());
                }
                Err(StoreError::Conflict { current: None, .. }) => {
                    ledger.etag = None;
                    ledger.stored.clear();
                }
                Err(StoreError::Conflict { .. }) => self.read_and_apply(ledger).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(PublishError::Contended)
    }

    fn published(
        &self,
        ledger: &mut Ledger,
        edition: Edition,
        etag: Etag,
    ) -> Result<(), PublishError> {
        ledger.rename(keys_of(&edition)?);
        ledger.etag = Some(etag);
        ledger.pending = None;
        tracing::info!(revision = edition.revision, parts = edition.parts.len(), "published");
        self.edition.send_replace(Arc::new(edition));
        self.status.send_modify(|status| {
            (status.is_pending, status.is_loaded) = (false, true);
            status.is_without_accounts = false;
        });
        Ok(())
    }

    /// Takes over the store's inventory; none where there is none.
    async fn read(&self, ledger: &mut Ledger) -> Result<bool, PublishError> {
        let found = read_index(&*self.store).await?;
        let is_there = found.is_some();
        ledger.etag = found.as_ref().map(|(_, etag)| *etag);
        if let Some((index, _)) = found {
            let edition = read_edition(&*self.store, index).await?;
            let named = keys_of(&edition)?;
            self.give_domains(&edition, ledger).await?;
            ledger.rename(named);
            self.edition.send_replace(Arc::new(edition));
        }
        self.status.send_modify(|status| {
            status.is_loaded = true;
            status.is_without_accounts &= !is_there;
        });
        Ok(is_there)
    }

    async fn read_and_apply(&self, ledger: &mut Ledger) -> Result<(), PublishError> {
        let ours = self.edition();
        let is_there = self.read(ledger).await?;
        if is_there && let Some(findings) = ledger.pending.clone() {
            self.apply(self.edition(), findings.filled(&ours)).await;
        }
        Ok(())
    }

    /// The edition that follows `last`, made beside the runtime.
    async fn apply(&self, last: Arc<Edition>, findings: Findings) {
        let (now, keep) = (self.config.clock.milliseconds(), self.config.keep);
        let next = tokio::task::spawn_blocking(move || apply(&last, findings, now, keep)).await;
        match next {
            Ok(next) => drop(self.edition.send_replace(Arc::new(next))),
            Err(error) => tracing::error!(%error, "what was found cannot be taken over"),
        }
    }

    /// A region that the store does not take must not keep the others out: it counts as one that
    /// could not be read, and what the store has of it stays.
    async fn do_without(
        &self,
        error: PublishError,
        ledger: &mut Ledger,
    ) -> Result<(), PublishError> {
        let (PublishError::TooLong { place, .. }, Some(findings)) = (&error, &mut ledger.pending)
        else {
            return Err(error);
        };
        let fault = Fault::new(FaultKind::Invalid, error.to_string());
        findings.outcomes.insert(place.clone(), Outcome::Stale(fault));
        let mut without = Edition::clone(&self.edition());
        without.parts.remove(place);
        self.edition.send_replace(Arc::new(without));
        self.read_and_apply(ledger).await
    }

    fn set_pending(&self) {
        self.status.send_modify(|status| status.is_pending = true);
    }

    fn report(&self, result: Result<(), PublishError>) -> Result<(), PublishError> {
        let error = result.as_ref().err().map(|error| {
            let causes = std::iter::successors(std::error::Error::source(error), |e| e.source());
            causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
        });
        self.status.send_if_modified(|status| {
            let is_new = status.error != error;
            if is_new && let Some(error) = &error {
                tracing::error!(error, "the inventory is not in the store");
            }
            status.error = error;
            is_new
        });
        result
    }
}
