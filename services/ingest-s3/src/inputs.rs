//! What is read: queues, whose messages name objects in buckets.

use std::num::NonZeroUsize;

use weir_aws::Access;

use crate::queue_address::QueueAddress;

/// Everything that is read. It may change while it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The queues.
    pub queues: Vec<QueueInput>,
    /// Messages that are worked on at the same time, each reading one object at a time. One is
    /// done with in this sense when the exporter has taken over all that was read of it.
    pub concurrency: NonZeroUsize,
}

impl Inputs {
    /// Messages that are worked on at the same time unless something else is said.
    pub const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(2).expect("2 is not 0");
}

impl Default for Inputs {
    /// No queues, [`Inputs::CONCURRENCY`].
    fn default() -> Self {
        Self { queues: Vec::new(), concurrency: Self::CONCURRENCY }
    }
}

/// A queue that is told of new objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueInput {
    /// Which queue.
    pub queue: QueueAddress,
    /// Who receives its messages.
    pub access: Access,
    /// Who reads the objects that they name.
    pub bucket_access: Access,
}

impl QueueInput {
    /// A queue that the account that it is in receives from, and whose objects it reads too.
    pub fn new(queue: QueueAddress) -> Self {
        let access = Access::of_account(queue.account_id());
        Self { queue, bucket_access: access.clone(), access }
    }
}
