//! Where a shard is read on.

use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::ShardIteratorType;
use weir_lease::{Checkpoint, InitialPosition};

/// Where a shard is read on, however its records are had.
pub(super) struct Cursor {
    from: Checkpoint,
    /// The last sequence number that was handed over.
    last: Option<String>,
}

impl Cursor {
    pub(super) fn new(from: Checkpoint) -> Self {
        Self { from, last: None }
    }

    /// Moves behind this sequence number.
    pub(super) fn move_behind(&mut self, sequence: String) {
        self.last = Some(sequence);
    }

    /// The type of the place, and its sequence number or time.
    pub(super) fn place(&self) -> (ShardIteratorType, Option<String>, Option<DateTime>) {
        let after = |sequence: &str| {
            (ShardIteratorType::AfterSequenceNumber, Some(sequence.to_owned()), None)
        };
        match (&self.last, &self.from) {
            (Some(last), _) => after(last),
            (None, Checkpoint::At(position)) => after(position.as_str()),
            (None, Checkpoint::Initial(InitialPosition::Latest)) => {
                (ShardIteratorType::Latest, None, None)
            }
            (None, Checkpoint::Initial(InitialPosition::AtTimestamp(ms))) => {
                let ms = i64::try_from(*ms).unwrap_or(i64::MAX);
                (ShardIteratorType::AtTimestamp, None, Some(DateTime::from_millis(ms)))
            }
            (None, _) => (ShardIteratorType::TrimHorizon, None, None),
        }
    }
}
