//! Who changed what: told to watchers without waiting for them.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use tokio_stream::Stream;

use crate::key::Key;
use crate::prefix::Prefix;

/// What a watcher should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This key was written or deleted.
    Key(Key),
    /// Any key may have changed: read all again.
    Resync,
}

/// Keys that changed, as a stream. It begins with [`Change::Resync`], so that who reads what it is
/// told to read misses nothing, and ends with the store.
///
/// It tells that there is something to read, not what it is nor how often it changed: what
/// changes twice before it is asked for is told once, a key may be told without a change, and who
/// leaves more than [`crate::StoreOptions::max_unread_changes`] keys unread is told
/// [`Change::Resync`]. It takes bounded memory, and no writer waits for it.
#[derive(Debug)]
#[must_use = "a watch does nothing unless it is polled"]
pub struct Watch(Arc<Mailbox>);

impl Stream for Watch {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut unread = self.0.lock();
        match unread.take() {
            Some(change) => Poll::Ready(Some(change)),
            None if unread.is_closed => Poll::Ready(None),
            None => {
                unread.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// All watchers of a store.
#[derive(Debug)]
pub(crate) struct Hub {
    mailboxes: Mutex<Vec<Weak<Mailbox>>>,
    max_unread: usize,
}

#[derive(Debug)]
struct Mailbox {
    prefix: Prefix,
    max_unread: usize,
    unread: Mutex<Unread>,
}

#[derive(Debug, Default)]
struct Unread {
    keys: BTreeSet<Key>,
    /// The key that was told last: the next one stands behind it, so that none waits for ever.
    last: Option<Key>,
    must_resync: bool,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Hub {
    pub(crate) fn new(max_unread: usize) -> Self {
        Self { mailboxes: Mutex::default(), max_unread: max_unread.max(1) }
    }

    pub(crate) fn watch(&self, prefix: &Prefix) -> Watch {
        let unread = Mutex::new(Unread { must_resync: true, ..Unread::default() });
        let mailbox =
            Arc::new(Mailbox { prefix: prefix.clone(), max_unread: self.max_unread, unread });
        let mut mailboxes = self.lock();
        mailboxes.retain(|mailbox| mailbox.strong_count() > 0);
        mailboxes.push(Arc::downgrade(&mailbox));
        Watch(mailbox)
    }

    /// Tells the watchers of `key` that it changed; the change itself must be readable before.
    pub(crate) fn tell(&self, key: &Key) {
        for mailbox in self.lock().iter().filter_map(Weak::upgrade) {
            mailbox.tell(key);
        }
    }

    /// Tells all watchers to read all again.
    pub(crate) fn tell_to_resync(&self) {
        for mailbox in self.lock().iter().filter_map(Weak::upgrade) {
            let mut unread = mailbox.lock();
            unread.resync();
            unread.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Mailbox>>> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for mailbox in self.lock().iter().filter_map(Weak::upgrade) {
            let mut unread = mailbox.lock();
            unread.is_closed = true;
            unread.wake();
        }
    }
}

impl Mailbox {
    fn tell(&self, key: &Key) {
        if self.prefix.contains(key) {
            let mut unread = self.lock();
            unread.put(key, self.max_unread);
            unread.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unread {
    fn put(&mut self, key: &Key, limit: usize) {
        if self.must_resync || self.keys.contains(key) {
            return;
        }
        if self.keys.len() < limit {
            self.keys.insert(key.clone());
        } else {
            self.resync();
        }
    }

    fn resync(&mut self) {
        self.keys.clear();
        self.must_resync = true;
    }

    fn take(&mut self) -> Option<Change> {
        if std::mem::take(&mut self.must_resync) {
            return Some(Change::Resync);
        }
        let behind = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.keys.range((behind, Bound::Unbounded)).next();
        let key = next.or_else(|| self.keys.first()).cloned()?;
        self.keys.remove(&key);
        self.last = Some(key.clone());
        Some(Change::Key(key))
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
