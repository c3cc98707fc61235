//! A queue: receiving, keeping, deleting.

mod fault;
mod keeper;
mod receiver;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    Message as SqsMessage, MessageSystemAttributeName, QueueAttributeName,
};
use weir_ingest::{Reads, SourceError};

use crate::clients::{Client, Clients};
use crate::inputs::QueueInput;
use crate::message::Message;
pub(crate) use fault::Refusal;
pub(crate) use keeper::keep;
pub(crate) use receiver::receive;

/// Messages of one call of SQS, at most.
pub(crate) const MOST_AT_ONCE: usize = 10;

/// A queue that is read.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) input: QueueInput,
    pub(crate) clients: Arc<Clients>,
    /// How long a message is nobody else's unless that is extended.
    pub(crate) visibility: Duration,
    /// Notes that it is read.
    pub(crate) reads: Reads,
}

/// A message as it was received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) handle: String,
    pub(crate) body: String,
    /// When it was sent to the queue.
    pub(crate) sent: Option<SystemTime>,
}

impl Queue {
    /// What a person calls it.
    pub(crate) fn name(&self) -> &str {
        self.input.queue.url()
    }

    async fn client(&self) -> Result<Client<aws_sdk_sqs::Client>, SourceError> {
        self.clients.sqs(&self.input.access, self.input.queue.region()).await
    }

    /// Waits up to `wait` for up to `most` messages.
    pub(crate) async fn receive(
        &self,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Received>, SourceError> {
        let Client { account, sdk } = self.client().await?;
        let most = i32::try_from(most.min(MOST_AT_ONCE)).unwrap_or(1);
        let call = || {
            sdk.receive_message()
                .queue_url(self.name())
                .max_number_of_messages(most)
                .wait_time_seconds(seconds(wait))
                .visibility_timeout(seconds(self.visibility))
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .send()
        };
        let answer = account.with_fresh_credentials(call).await;
        let answer = answer.map_err(|fault| self.error("sqs:ReceiveMessage", fault))?;
        self.reads.note(self.name());
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(received).collect())
    }

    /// Makes a message nobody else's for another while.
    pub(crate) async fn extend(&self, handle: &str) -> Result<(), Refusal> {
        let Client { account, sdk } = self.client().await.map_err(Refusal::Error)?;
        let call = || {
            let call = sdk.change_message_visibility().queue_url(self.name());
            call.receipt_handle(handle).visibility_timeout(seconds(self.visibility)).send()
        };
        let extended = account.with_fresh_credentials(call).await;
        extended.map(drop).map_err(|fault| Refusal::of(self, "sqs:ChangeMessageVisibility", fault))
    }

    /// Deletes up to ten messages: for each whether it was still ours.
    pub(crate) async fn delete(&self, messages: &[Arc<Message>]) -> Result<Vec<bool>, SourceError> {
        let Client { account, sdk } = self.client().await?;
        let entry = |(place, message): (usize, &Arc<Message>)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(&message.handle)
                .build()
        };
        let entries: Result<Vec<_>, _> = messages.iter().enumerate().map(entry).collect();
        let entries = entries.map_err(|error| self.odd(error))?;
        let call = || {
            let call = sdk.delete_message_batch().queue_url(self.name());
            call.set_entries(Some(entries.clone())).send()
        };
        let answer = account.with_fresh_credentials(call).await;
        let answer = answer.map_err(|fault| self.error("sqs:DeleteMessage", fault))?;
        let mut are_ours = vec![true; messages.len()];
        for failed in answer.failed() {
            let place = failed.id().parse::<usize>().ok();
            let Some(is_ours) = place.and_then(|place| are_ours.get_mut(place)) else { continue };
            if !fault::is_lost(failed.code()) {
                return Err(self.not_deleted(failed.code(), failed.message()));
            }
            *is_ours = false;
        }
        Ok(are_ours)
    }

    /// Lets others have up to ten messages at once.
    pub(crate) async fn give_back(&self, messages: &[Arc<Message>]) -> Result<(), SourceError> {
        let Client { account, sdk } = self.client().await?;
        let entry = |(place, message): (usize, &Arc<Message>)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(&message.handle)
                .visibility_timeout(0)
                .build()
        };
        let entries: Result<Vec<_>, _> = messages.iter().enumerate().map(entry).collect();
        let entries = entries.map_err(|error| self.odd(error))?;
        let call = || {
            let call = sdk.change_message_visibility_batch().queue_url(self.name());
            call.set_entries(Some(entries.clone())).send()
        };
        let answer = account.with_fresh_credentials(call).await;
        answer.map(drop).map_err(|fault| self.error("sqs:ChangeMessageVisibility", fault))
    }

    /// Whether messages that cannot be done go elsewhere in the end.
    pub(crate) async fn has_redrive_policy(&self) -> Result<bool, SourceError> {
        let Client { account, sdk } = self.client().await?;
        let call = || {
            let call = sdk.get_queue_attributes().queue_url(self.name());
            call.attribute_names(QueueAttributeName::RedrivePolicy).send()
        };
        let answer = account.with_fresh_credentials(call).await;
        let answer = answer.map_err(|fault| self.error("sqs:GetQueueAttributes", fault))?;
        let attributes = answer.attributes();
        Ok(attributes.is_some_and(|all| all.contains_key(&QueueAttributeName::RedrivePolicy)))
    }
}

fn received(message: SqsMessage) -> Option<Received> {
    let sent = message.attributes().and_then(|attributes| {
        let text = attributes.get(&MessageSystemAttributeName::SentTimestamp)?;
        Some(UNIX_EPOCH + Duration::from_millis(text.parse().ok()?))
    });
    Some(Received {
        id: message.message_id.unwrap_or_default(),
        // Without one nothing can be done with it.
        handle: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
        sent,
    })
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

impl Queue {
    fn error(&self, action: &str, fault: weir_aws::AwsFault) -> SourceError {
        SourceError::of_aws(&format!("queue {}", self.name()), fault.of_action(action))
    }
}
