//! What an output goes by, which may change while it works.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// A value that one thread sets and others look at. Clones share it.
#[derive(Debug)]
pub(crate) struct Live<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Live<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }

    pub(crate) fn of(value: Arc<T>) -> Self {
        Self(Arc::new(ArcSwap::new(value)))
    }

    pub(crate) fn set(&self, value: T) {
        self.0.store(Arc::new(value));
    }

    pub(crate) fn set_shared(&self, value: Arc<T>) {
        self.0.store(value);
    }

    pub(crate) fn get(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// Whether it is another than `seen`.
    pub(crate) fn is_new(&self, seen: &Arc<T>) -> bool {
        !Arc::ptr_eq(&self.0.load(), seen)
    }
}
