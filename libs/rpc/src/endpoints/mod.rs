//! Where servers are, kept up to date.

mod endpoint;
mod file;
mod follow;
mod resolve;
mod target;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

pub use endpoint::Endpoint;
use follow::{Follower, Published};
pub use resolve::{Resolve, SystemResolver};
pub use target::{InvalidTarget, Target, TargetSource};

use crate::tls::Security;

/// The most endpoints; what is above is left out and logged.
pub const MAX_ENDPOINTS: usize = 1024;

/// How servers are found.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Where they are told from.
    sources: Vec<TargetSource>,
    /// Whether they are called with TLS.
    is_tls: bool,
    interval: Duration,
}

impl Targets {
    /// The servers that `sources` tell.
    ///
    /// # Errors
    ///
    /// When a server is to be called with TLS and the security is plaintext, or the other way.
    pub fn new(sources: Vec<TargetSource>, security: &Security) -> Result<Self, InvalidTarget> {
        let is_tls = !security.is_plaintext();
        for source in &sources {
            if let TargetSource::Server(target) = source {
                target.check(is_tls)?;
            }
        }
        Ok(Self { sources, is_tls, interval: Duration::from_secs(5) })
    }

    /// How often names are looked up; 5 s unless told otherwise. Files are looked at each second.
    pub fn every(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Begins to look, in tasks of its own that end when nobody has the [`Endpoints`] any more.
    pub fn watch(self, resolver: Arc<dyn Resolve>) -> Endpoints {
        let published = Arc::new(Published::new(self.sources.len()));
        let set = published.subscribe();
        for (slot, source) in self.sources.into_iter().enumerate() {
            let follower = Follower {
                source,
                slot,
                is_tls: self.is_tls,
                interval: self.interval,
                resolver: Arc::clone(&resolver),
                published: Arc::clone(&published),
            };
            tokio::spawn(follower.run());
        }
        Endpoints { set, published: Arc::downgrade(&published) }
    }
}

/// The endpoints that are known now, sorted by address, each address once. Empty until the first
/// answers are there; after that, an empty answer or none keeps what was known.
#[derive(Clone, Debug)]
pub struct Endpoints {
    set: watch::Receiver<Arc<[Endpoint]>>,
    published: std::sync::Weak<Published>,
}

impl Endpoints {
    /// A set that never changes.
    pub fn fixed(endpoints: Vec<Endpoint>) -> Self {
        let published = Published::new(1);
        published.put(0, endpoints);
        Self { set: published.subscribe(), published: std::sync::Weak::new() }
    }

    /// The set as it is, which counts as seen.
    pub fn current(&mut self) -> Arc<[Endpoint]> {
        Arc::clone(&self.set.borrow_and_update())
    }

    /// The set once it is another than was seen. Waits for ever where nothing can change.
    pub async fn changed(&mut self) -> Arc<[Endpoint]> {
        if self.set.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.current()
    }

    /// The set as it is and as it becomes; it ends where nothing can change any more.
    pub fn watch(&self) -> watch::Receiver<Arc<[Endpoint]>> {
        self.set.clone()
    }

    /// How many looks gave nothing: errors and empty answers, since the start.
    pub fn failures(&self) -> u64 {
        let published = self.published.upgrade();
        published.map_or(0, |published| published.failures.load(Ordering::Relaxed))
    }
}
