//! What the oracle says.

/// Faults that are kept for a message.
pub(super) const FAULTS: usize = 20;

/// What a collector has of all that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Records that were sent.
    pub sent: u64,
    /// Those of them that have come.
    pub delivered: u64,
    /// Those of them that have not.
    pub missing: u64,
    /// Records that were never sent.
    pub unknown: u64,
    /// Records that came otherwise than they were sent.
    pub corrupted: u64,
    /// Copies of records that had come already.
    pub repeated: u64,
    /// Transport sessions.
    pub sessions: usize,
    /// The first faults: unknown and corrupted records, malformed messages, wrong sequence
    /// numbers, data before its template.
    pub faults: Vec<String>,
}

impl Verdict {
    /// Everything has come, once and as it was sent.
    ///
    /// # Panics
    /// When that is not so.
    #[track_caller]
    pub fn is_exact(&self) -> &Self {
        assert_eq!(self.repeated, 0, "{self:?}");
        self.is_complete()
    }

    /// Everything has come as it was sent, some of it perhaps again.
    ///
    /// # Panics
    /// When that is not so.
    #[track_caller]
    pub fn is_complete(&self) -> &Self {
        assert_eq!(self.missing, 0, "{self:?}");
        self.is_sound()
    }

    /// What has come is as it was sent, under templates and in sequence.
    ///
    /// # Panics
    /// When that is not so.
    #[track_caller]
    pub fn is_sound(&self) -> &Self {
        assert_eq!((self.unknown, self.corrupted), (0, 0), "{self:?}");
        assert!(self.faults.is_empty(), "{self:?}");
        self
    }
}
