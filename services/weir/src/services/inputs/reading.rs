//! Tells discovery which of the inputs that are enabled are read: only then others are passed over
//! for them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio_util::task::AbortOnDropHandle;
use weir_control::inputs::{Enabled, FollowedInputs, Inputs};
use weir_ingest::Reads;
use weir_ingest_cloudwatch::LogGroup;
use weir_ingest_s3::QueueAddress;
use weir_store::Store;

use super::{EnabledInputs, now};

/// How often it is looked at what was read.
const LOOK: Duration = Duration::from_secs(1);

/// An input that is enabled and that nobody has read as yet.
pub(in crate::services) struct Unread {
    id: String,
    /// Since when it is enabled, in Unix seconds.
    since: u64,
    /// What its source calls it in [`Reads`].
    name: String,
}

/// Notes in the store which inputs are read, as long as the handle lives.
pub(in crate::services) fn note(
    store: Arc<dyn Store>,
    enabled: EnabledInputs,
    reads: Reads,
    unread: fn(&FollowedInputs) -> Vec<Unread>,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let known = enabled.borrow().clone();
            let unread = known.map(|known| unread(&known)).unwrap_or_default();
            let read: Vec<_> = unread.into_iter().filter(|it| it.is_read(&reads)).collect();
            if !read.is_empty() {
                write(&*store, &read).await;
            }
        }
    }))
}

async fn write(store: &dyn Store, read: &[Unread]) {
    let change = |inputs: &mut Inputs| {
        Ok::<_, Infallible>(read.iter().filter(|it| inputs.has_read(&it.id, now())).count())
    };
    match weir_control::inputs::inputs().update(store, None, change).await {
        Ok((0, _)) => {}
        Ok(_) => {
            let inputs: Vec<_> = read.iter().map(|it| it.id.as_str()).collect();
            tracing::info!(?inputs, "inputs that were enabled are read");
        }
        // It is looked at again.
        Err(error) => tracing::debug!(%error, "it cannot be noted which inputs are read"),
    }
}

impl Unread {
    /// Whether it was read since it was enabled. What was read before tells nothing: who reads may
    /// be another one now.
    fn is_read(&self, reads: &Reads) -> bool {
        let last = reads.last(&self.name).and_then(|last| last.duration_since(UNIX_EPOCH).ok());
        last.is_some_and(|last| last.as_secs() >= self.since)
    }
}

/// The streams that nobody has read.
pub(in crate::services) fn unread_streams(inputs: &FollowedInputs) -> Vec<Unread> {
    unread(&inputs.streams, |enabled| {
        let (_, name) = enabled.source.arn.rsplit_once(":stream/")?;
        Some(weir_ingest_kinesis::name_of(&enabled.account_id, &enabled.region, name))
    })
}

/// The log groups that nobody has read.
pub(in crate::services) fn unread_groups(inputs: &FollowedInputs) -> Vec<Unread> {
    unread(&inputs.log_groups, |enabled| {
        enabled.source.arn.parse().ok().map(|group: LogGroup| group.to_string())
    })
}

/// The buckets through whose queues nobody has read.
pub(in crate::services) fn unread_queues(inputs: &FollowedInputs) -> Vec<Unread> {
    unread(&inputs.buckets, |enabled| {
        let queue: QueueAddress = enabled.source.queue_arn.parse().ok()?;
        Some(queue.url().to_owned())
    })
}

fn unread<S>(enabled: &[Enabled<S>], name: impl Fn(&Enabled<S>) -> Option<String>) -> Vec<Unread> {
    let unread = enabled.iter().filter(|it| it.until.is_none() && it.read_since.is_none());
    let unread = unread
        .filter_map(|it| Some(Unread { id: it.id.clone(), since: it.since, name: name(it)? }));
    unread.collect()
}
