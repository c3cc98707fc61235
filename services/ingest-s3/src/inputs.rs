//! What is read: queues, whose messages name objects in buckets.

use std::num::NonZeroUsize;
use std::sync::Arc;

use weir_aws::Access;
use weir_flowlog::LogFormat;

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
    /// Whether objects under any key are read, and not only those that AWS names as it names flow
    /// logs: Firehose names them otherwise.
    pub any_key: bool,
    /// The fields of lines of log groups whose flow logs discovery does not know, and of lines that
    /// come with neither a log group nor a header line. Where there are none, the former have AWS's
    /// default format, and so have the latter under [`Self::any_key`].
    pub log_format: Option<Arc<LogFormat>>,
}

impl QueueInput {
    /// A queue that the account that it is in receives from, and whose objects it reads too.
    pub fn new(queue: QueueAddress) -> Self {
        let access = Access::of_account(queue.account_id());
        let bucket_access = access.clone();
        Self { queue, access, bucket_access, any_key: false, log_format: None }
    }
}
