//! SubscribeToShard: enhanced fan-out.

use std::sync::atomic::Ordering;

use aws_sdk_kinesis::config::{Config, StalledStreamProtectionConfig};
use aws_sdk_kinesis::operation::subscribe_to_shard::SubscribeToShardOutput;
use aws_sdk_kinesis::types::{
    StartingPosition, SubscribeToShardEvent, SubscribeToShardEventStream,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::Reading;
use super::cursor::Cursor;
use super::fetch::{Batch, Next, kib_of};
use super::pace::Pace;
use crate::faults::{CallFault, Kind};
use crate::kcl::Operation;

/// The call, as policies name it.
const ACTION: &str = "kinesis:SubscribeToShard";

impl Reading {
    /// Fetches by one subscription after the other, each of which AWS ends after 5 minutes, until
    /// the shard has ended, or nobody listens.
    pub(super) async fn subscribe(
        &self,
        consumer: &str,
        cursor: &mut Cursor,
        fetched: &mpsc::Sender<Batch>,
    ) {
        let between = self.shared.config.fan_out.between;
        let mut pace = Pace::new(between);
        loop {
            pace.wait().await;
            let next_at = Instant::now() + between;
            match self.read_subscription(consumer, cursor, fetched, &mut pace).await {
                Ok(Next::Ends) => return,
                Ok(Next::Goes) => {}
                Err(fault) if fault.kind == Kind::NotFound => {
                    if self.take_missing(fault, consumer, cursor, fetched, &mut pace).await
                        == Next::Ends
                    {
                        return;
                    }
                }
                Err(fault) => self.take_fault(&fault, &mut pace).await,
            }
            pace.not_before(next_at);
        }
    }

    /// Reads one subscription to its end.
    async fn read_subscription(
        &self,
        consumer: &str,
        cursor: &mut Cursor,
        fetched: &mpsc::Sender<Batch>,
        pace: &mut Pace,
    ) -> Result<Next, CallFault> {
        let silence = self.shared.config.fan_out.silence;
        let silent = |_| CallFault::silent(ACTION, silence);
        let answer = timeout(silence, self.begin(consumer, cursor)).await.map_err(silent)??;
        self.shared.metrics.subscription(&self.stream.config.name);
        let mut events = answer.event_stream;
        loop {
            let event = timeout(silence, events.recv()).await.map_err(silent)?;
            let event = match event.map_err(|error| CallFault::of_event(ACTION, &error))? {
                Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) => event,
                // Of a kind that is not known yet: a sign of life.
                Some(_) => continue,
                None => return Ok(Next::Goes),
            };
            pace.succeeded();
            let has_ended = has_ended(&event);
            let batch = self.batch_of(event).await?;
            let is_end = batch.end.is_some();
            if self.hand_over(batch, cursor, fetched).await == Next::Ends {
                return Ok(Next::Ends);
            }
            if has_ended && !is_end {
                // What follows the shard is not known yet: the next subscription may tell it.
                return Ok(Next::Goes);
            }
        }
    }

    async fn begin(
        &self,
        consumer: &str,
        cursor: &Cursor,
    ) -> Result<SubscribeToShardOutput, CallFault> {
        let (kind, sequence, time) = cursor.place();
        let position = StartingPosition::builder().r#type(kind).set_sequence_number(sequence);
        let position = position.set_timestamp(time).build();
        let position = position.map_err(|error| CallFault::unwritten(ACTION, &error))?;
        let call = self.stream.client().subscribe_to_shard().consumer_arn(consumer);
        let call = call.shard_id(&self.unit.name).starting_position(position).customize();
        // Nothing but small events for hours is usual here.
        let unguarded = StalledStreamProtectionConfig::disabled();
        let call = call.config_override(Config::builder().stalled_stream_protection(unguarded));
        let call = call.send();
        let answer = self.shared.kcl.measured(Operation::SubscribeToShard, &self.unit, call).await;
        answer.map_err(|error| CallFault::of(ACTION, &error))
    }

    async fn batch_of(&self, event: SubscribeToShardEvent) -> Result<Batch, CallFault> {
        let behind = u64::try_from(event.millis_behind_latest()).unwrap_or_default();
        self.meter.behind_ms.store(behind, Ordering::Relaxed);
        let end = if has_ended(&event) { self.children(event.child_shards()).await? } else { None };
        let _room = self.room(kib_of(event.records())).await;
        // An absent number is an empty one here.
        let continuation = Some(event.continuation_sequence_number).filter(|text| !text.is_empty());
        Ok(Batch { records: event.records, continuation, end, _room })
    }

    /// There is no such shard, or no such consumer. A shard that is gone ends; without its
    /// consumer a stream is polled until there is one again.
    async fn take_missing(
        &self,
        fault: CallFault,
        consumer: &str,
        cursor: &mut Cursor,
        fetched: &mpsc::Sender<Batch>,
        pace: &mut Pace,
    ) -> Next {
        match self.end_of_what_is_gone().await {
            Ok(Some(end)) => return self.hand_over(end, cursor, fetched).await,
            Ok(None) => {
                self.take_fault(&fault, pace).await;
                self.stream.consumer_is_gone(consumer);
            }
            Err(fault) => self.take_fault(&fault, pace).await,
        }
        Next::Goes
    }
}

/// Whether nothing comes behind this event: it has no number to go on from, or tells what follows
/// the shard and has no records itself.
fn has_ended(event: &SubscribeToShardEvent) -> bool {
    let has_number = !event.continuation_sequence_number().is_empty();
    !has_number || (!event.child_shards().is_empty() && event.records().is_empty())
}
