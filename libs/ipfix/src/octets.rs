//! Octets that are a writer's own memory or a slice of a message that came from elsewhere.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// The octets of a record group. Written ones own their memory; received ones share the message
/// that they came in, so that nothing is copied on the way to the outputs.
#[derive(Clone)]
pub enum Octets {
    /// Memory of its own, which can be written and used again.
    Owned(Vec<u8>),
    /// A slice of a message.
    Shared(Bytes),
}

impl Octets {
    /// No octets, and no memory as yet.
    pub const fn new() -> Self {
        Self::Owned(Vec::new())
    }

    /// The octets to write to; shared ones are copied first.
    #[inline]
    pub fn to_mut(&mut self) -> &mut Vec<u8> {
        if let Self::Shared(shared) = self {
            *self = Self::Owned(shared.to_vec());
        }
        match self {
            Self::Owned(owned) => owned,
            Self::Shared(_) => unreachable!("shared octets have just been copied"),
        }
    }

    /// Empty memory to write to: that of these octets where nobody else reads it.
    pub fn into_spare(self) -> Vec<u8> {
        let mut spare = match self {
            Self::Owned(owned) => owned,
            Self::Shared(mut shared) => {
                // Cut first: what is kept would be copied. With nothing left it would let go of
                // its memory.
                shared.truncate(1);
                if shared.is_unique() { Vec::from(shared) } else { Vec::new() }
            }
        };
        spare.clear();
        spare
    }

    /// The same octets as a slice that can be shared, without a copy.
    pub fn share(&mut self) -> Bytes {
        match self {
            Self::Shared(shared) => shared.clone(),
            Self::Owned(owned) => {
                let shared = Bytes::from(std::mem::take(owned));
                *self = Self::Shared(shared.clone());
                shared
            }
        }
    }
}

impl Default for Octets {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Octets {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(owned) => owned,
            Self::Shared(shared) => shared,
        }
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Octets {}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<Vec<u8>> for Octets {
    fn from(owned: Vec<u8>) -> Self {
        Self::Owned(owned)
    }
}

impl From<Bytes> for Octets {
    fn from(shared: Bytes) -> Self {
        Self::Shared(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_octets_are_copied_before_they_are_written() {
        let message = Bytes::from_static(b"abc");
        let mut octets = Octets::from(message.clone());
        octets.to_mut().push(b'd');
        assert_eq!((&*octets, &*message), (b"abcd".as_slice(), b"abc".as_slice()));
    }

    #[test]
    fn memory_is_used_again_once_nobody_else_reads_it() {
        let mut octets = Octets::from(Vec::with_capacity(1000));
        octets.to_mut().extend_from_slice(b"abc");
        let reader = octets.share();
        assert_eq!(reader, octets.share());
        assert_eq!(octets.clone().into_spare().capacity(), 0, "two read it");
        drop(reader);
        let spare = octets.into_spare();
        assert_eq!((spare.len(), spare.capacity()), (0, 1000));
    }
}
