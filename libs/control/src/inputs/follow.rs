//! The inputs as those who read them follow them.

use std::sync::Arc;

use tokio::sync::watch;
use weir_inventory::coverage::{PassedOver, SourceKind};
use weir_store::Store;

use super::{BucketSource, Input, InputSource, Inputs, LogGroupSource, StreamSource, inputs};
use crate::following::Followed;

/// An input that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enabled<S> {
    /// Its id.
    pub id: String,
    /// What is read.
    pub source: S,
    /// The account in whose inventory it was found: twelve digits.
    pub account_id: String,
    /// Its region code.
    pub region: String,
    /// Since when it is enabled, in Unix seconds.
    pub since: u64,
    /// Since when somebody reads it, in Unix seconds; none while nobody has.
    pub read_since: Option<u64>,
    /// Where it was disabled, in Unix seconds: it is read on until all has come that ended up to
    /// then, and nobody else reads that.
    pub until: Option<u64>,
}

/// What is read, by kind, and which records better sources have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowedInputs {
    /// Kinesis data streams.
    pub streams: Vec<Enabled<StreamSource>>,
    /// Log groups of CloudWatch Logs.
    pub log_groups: Vec<Enabled<LogGroupSource>>,
    /// Buckets with their queues.
    pub buckets: Vec<Enabled<BucketSource>>,
    document: Option<Followed<Inputs>>,
}

/// Follows the inputs until the receiver is dropped. `None` until they were read.
pub fn follow(store: &Arc<dyn Store>) -> watch::Receiver<Option<Arc<FollowedInputs>>> {
    let mut documents = inputs().follow(Arc::clone(store));
    let (publisher, receiver) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let known = documents.borrow_and_update().clone();
            if let Some(known) = known {
                publisher.send_replace(Some(Arc::new(FollowedInputs::of(known))));
            }
            tokio::select! {
                () = publisher.closed() => return,
                Ok(()) = documents.changed() => {}
                else => return,
            }
        }
    });
    receiver
}

impl FollowedInputs {
    fn of(document: Followed<Inputs>) -> Self {
        let mut followed = Self::default();
        for (id, input) in document.value.inputs.iter().filter(|(_, input)| !input.is_done) {
            match input.source.clone() {
                InputSource::KinesisStream(source) => {
                    followed.streams.push(Enabled::of(id, input, source));
                }
                InputSource::LogGroup(source) => {
                    followed.log_groups.push(Enabled::of(id, input, source));
                }
                InputSource::Bucket(source) => {
                    followed.buckets.push(Enabled::of(id, input, source));
                }
            }
        }
        followed.document = Some(document);
        followed
    }

    /// The better source that has the records of a flow log which end at a time (Unix seconds),
    /// where this input need not read them. What is not known is read.
    pub fn better_than(&self, input_id: &str, flow_log_id: &str, end: u64) -> Option<&PassedOver> {
        let of_flow_log = self.document.as_ref()?.value.passed_over.get(flow_log_id)?;
        of_flow_log.get(input_id)?.iter().find(|better| better.has(end))
    }

    /// The same for who knows no more than the kind of its inputs: there is one where no input of
    /// this kind has to read the records.
    pub fn better_than_kind(
        &self,
        kind: SourceKind,
        flow_log_id: &str,
        end: u64,
    ) -> Option<&PassedOver> {
        let document = &self.document.as_ref()?.value;
        // One whose way is not among those that are passed over has to read them.
        let of_kind =
            |id: &str| document.inputs.get(id).is_some_and(|input| input.source.kind() == kind);
        let ways = document.ways.iter();
        let mut ways = ways.filter(|way| way.from == flow_log_id && of_kind(&way.input_id));
        let first = ways.next()?;
        let better = self.better_than(&first.input_id, flow_log_id, end)?;
        let is_passed_over = |id: &str| self.better_than(id, flow_log_id, end).is_some();
        ways.all(|way| is_passed_over(&way.input_id)).then_some(better)
    }

    /// The streams that have events of a log group, whatever their flow log is.
    pub fn better_than_log_group(&self, input_id: &str) -> &[PassedOver] {
        let groups = self.document.as_ref().and_then(|known| known.value.groups.get(input_id));
        groups.map(Vec::as_slice).unwrap_or_default()
    }
}

impl<S> Enabled<S> {
    fn of(id: &str, input: &Input, source: S) -> Self {
        Self {
            id: id.to_owned(),
            source,
            account_id: input.account_id.clone(),
            region: input.region.clone(),
            since: input.since,
            read_since: input.read_since,
            until: input.until,
        }
    }
}
