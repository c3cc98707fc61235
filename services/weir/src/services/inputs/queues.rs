//! Queues of buckets.

use std::num::NonZeroUsize;

use weir_aws::Access;
use weir_control::inputs::{BucketSource, Enabled};
use weir_ingest_s3::{Inputs, InvalidQueueAddress, QueueAddress, QueueInput};

use super::{Known, LeftOut};

/// What is read from S3: the file's queues and those that are enabled, with the concurrency that
/// counts.
pub(in crate::services) fn queues(file: Inputs) -> impl FnMut(&Known<'_>) -> Inputs {
    let mut left_out = LeftOut::default();
    move |known| {
        let mut inputs = file.clone();
        let concurrency = usize::try_from(known.settings.s3_concurrency).ok();
        inputs.concurrency = concurrency.and_then(NonZeroUsize::new).unwrap_or(file.concurrency);
        for enabled in known.read(|all| &all.buckets) {
            match queue(enabled) {
                Ok(input) if inputs.queues.iter().any(|other| is_same(other, &input)) => {}
                Ok(input) => inputs.queues.push(input),
                Err(error) => left_out.tell(&enabled.id, &error.to_string()),
            }
        }
        inputs
    }
}

fn queue(enabled: &Enabled<BucketSource>) -> Result<QueueInput, InvalidQueueAddress> {
    let queue: QueueAddress = enabled.source.queue_arn.parse()?;
    let access = Access::of_account(queue.account_id());
    // The bucket may be in another account than its queue.
    let bucket_access = Access::Account(enabled.account_id.clone());
    Ok(QueueInput { access, bucket_access, ..QueueInput::new(queue) })
}

/// Whether both are one queue, whatever its address is. Of several buckets that tell one queue the
/// first decides who reads.
fn is_same(one: &QueueInput, other: &QueueInput) -> bool {
    let of = |input: &QueueInput| {
        let queue = &input.queue;
        let account_id = queue.account_id().map(str::to_owned);
        (account_id, queue.region().to_owned(), queue.name().to_owned())
    };
    of(one) == of(other)
}
