//! The store in a Redis server, for several processes.
//!
//! All names start with the namespace, here `weir`: `weir:about` is a hash with the format, the
//! epoch and the revision; `weir:names` a sorted set of the names of all values; `weir:v:KEY` a
//! value behind its etag; `weir:u:…` a long value that is being uploaded, for a minute at most;
//! `weir:s:KEY` a set, by when its members expire; `weir:changed:DATABASE` the channel for changes.
//!
//! A user of the server needs, beside `+@connection`, to
//! - read: `+hget +hmget +eval_ro +evalsha_ro +getrange +strlen +zrange +zmscore %R~weir:about
//!   %R~weir:names` and the values and sets in question, such as `%R~weir:v:inventory/*`;
//! - watch: `+subscribe &weir:changed:*`;
//! - write, beside all this: `+eval +evalsha +hset +hincrby +zadd +zrem +zscore +zcard +zcount
//!   +zremrangebyrank +set +setrange +rename +persist +pexpire +unlink +publish ~weir:about
//!   ~weir:names ~weir:u:*` and the values and sets in question, such as `~weir:v:inventory/*`;
//! - have the server's settings checked: `+info`.

mod attempts;
mod backoff;
mod config;
mod connect;
mod etags;
mod fault;
mod life;
mod link;
mod listing;
mod members;
mod names;
mod script;
mod shared;
mod upload;
mod values;
mod warning;
mod watching;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::config::{RedisConfig, RedisConfigError};
pub use self::warning::RedisWarning;

use self::connect::Connector;
use self::life::Life as StateLife;
use self::link::Link;
use self::names::Names;
use self::script::CHECK;
use self::shared::Shared;
use self::watching::Subscription;
use crate::bounds::{check_members, check_ttl, check_value};
use crate::clock::Life;
use crate::error::{Refusal, StoreError};
use crate::etag::Etag;
use crate::key::Key;
use crate::options::StoreOptions;
use crate::page::Page;
use crate::prefix::Prefix;
use crate::store::{Condition, Store, Versioned};
use crate::watch::{Hub, Watch};

/// A store in a Redis server (7.0 or later, not a cluster) that several processes share.
///
/// - A write that was answered is as durable as the server is set up to be: with
///   `appendonly yes` and `appendfsync everysec`, the writes of the last second may be lost with
///   the machine.
/// - Each call ends within [`RedisConfig::timeout`], or so long for each 8 MiB of its values, also
///   when the server is away. The connection is made when it is needed and comes back by itself;
///   while attempts fail, up to 2 s apart, calls fail at once.
/// - Nothing is removed because of an error. That the data was lost or put back to an earlier
///   state is noticed by each call that has values and, while there is a watch, without one:
///   watchers are told to read all again, [`RedisStore::losses`] counts it, and a
///   [`RedisStore::pinned`] store refuses from then on. It goes unnoticed that less was lost than
///   others had written again before this process looked.
/// - A page is of one moment; values above 1 MiB are read part by part, and the page again when
///   one of them changes meanwhile.
/// - Watchers are told to read all again, too, after each loss of the connection.
#[derive(Clone, Debug)]
pub struct RedisStore {
    inner: Arc<Inner>,
    /// The losses when it was pinned.
    pin: Option<u64>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    subscription: OnceLock<Subscription>,
}

impl RedisStore {
    /// A store on the server. The server need not be there yet, and is not asked for anything.
    pub fn new(config: RedisConfig, options: StoreOptions) -> Result<Self, RedisConfigError> {
        let (info, database) = connect::parse(&config)?;
        let names = Names::of(&config.namespace, database);
        let link = Link::by(Connector::new(config, info, names.about()));
        let hub = Hub::new(options.max_unread_changes);
        let (link, life) = (Arc::new(link), StateLife::default());
        let shared = Arc::new(Shared { link, names, options, hub, life });
        Ok(Self { inner: Arc::new(Inner { shared, subscription: OnceLock::new() }), pin: None })
    }

    /// How often since it was made it was found that data was lost or put back to an earlier
    /// state.
    pub fn losses(&self) -> u64 {
        self.inner.shared.life.losses()
    }

    /// The same store for what must not go on after a loss, such as leases and checkpoints: from
    /// the next loss on, each call is [`StoreError::Lost`]. A write that would follow the loss is
    /// refused by the server itself.
    pub async fn pinned(&self) -> Result<Self, StoreError> {
        let losses = self.losses();
        let shared = &self.inner.shared;
        shared.write(shared.writing(&CHECK, &[], None)?, 0).await?;
        shared.check(Some(losses))?;
        Ok(Self { inner: Arc::clone(&self.inner), pin: Some(losses) })
    }

    /// The settings of the server that endanger the state. They are logged at the first
    /// connection, too.
    pub async fn warnings(&self) -> Result<Vec<RedisWarning>, StoreError> {
        let link = &self.inner.shared.link;
        let info = link.read::<String>(&redis::cmd("INFO"), link.deadline(0)).await;
        match info {
            Err(StoreError::Refused { refusal: Refusal::NoPermission, .. }) => {
                Ok(vec![RedisWarning::Unchecked])
            }
            info => Ok(warning::warnings_in(&info?)),
        }
    }

    fn options(&self) -> &StoreOptions {
        &self.inner.shared.options
    }

    /// Lets a call of a pinned store end when something was lost before its end.
    fn check<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.inner.shared.check(self.pin)?;
        answer
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.check(self.inner.shared.get(key).await)
    }

    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.check(self.inner.shared.list(prefix, after, limit).await)
    }

    async fn put(&self, key: &Key, value: Bytes, condition: Condition) -> Result<Etag, StoreError> {
        check_value(key, &value, self.options())?;
        self.inner.shared.put(key, &value, condition, self.pin).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        self.inner.shared.delete(key, condition, self.pin).await
    }

    async fn watch(&self, prefix: &Prefix) -> Result<Watch, StoreError> {
        let shared = &self.inner.shared;
        let subscription = self.inner.subscription.get_or_init(|| Subscription::start(shared));
        subscription.wait(shared).await;
        Ok(shared.hub.watch(prefix))
    }

    async fn add_to_set(
        &self,
        set: &Key,
        members: &[Bytes],
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        check_ttl(set, ttl)?;
        let life = Life::of(ttl, &self.options().clock);
        self.inner.shared.add(set, members, life, self.pin).await
    }

    async fn contains_in_set(&self, set: &Key, members: &[Bytes]) -> Result<Vec<bool>, StoreError> {
        check_members(set, members)?;
        let now = self.options().clock.now();
        self.check(self.inner.shared.contains(set, members, now).await)
    }
}
