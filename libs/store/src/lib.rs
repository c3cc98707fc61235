//! State with etags, compare-and-set, watches and expiring sets.
//!
//! What weir keeps beyond a run of its processes: settings, assignments, checkpoints, snapshots
//! of the inventory, what inputs are doing. All of it goes through one trait, [`Store`], whose
//! documentation is the contract; [`MemoryStore`] forgets with its process, [`FileStore`] keeps
//! the state of one process in a file, [`RedisStore`] that of several in a Redis server. Flow
//! records never go through a store.

mod bounds;
mod clock;
mod error;
mod etag;
mod file;
mod json;
mod key;
mod key_parts;
mod memory;
mod options;
mod page;
mod prefix;
mod redis;
mod store;
mod watch;

pub use self::redis::{RedisConfig, RedisConfigError, RedisStore, RedisWarning};
pub use bounds::{
    MAX_MEMBER_LENGTH, MAX_MEMBERS_PER_CALL, MAX_PAGE_ENTRIES, MAX_PAGE_LENGTH, MAX_TTL,
};
pub use clock::Clock;
pub use error::{Refusal, StoreError};
pub use etag::{Etag, InvalidEtag};
pub use file::{FileStore, OpenError};
pub use json::{get_json, put_json};
pub use key::{Key, KeyError, MAX_KEY_LENGTH};
pub use memory::MemoryStore;
pub use options::StoreOptions;
pub use page::{Entry, Page};
pub use prefix::Prefix;
pub use store::{Condition, Store, Versioned};
pub use watch::{Change, Watch};
