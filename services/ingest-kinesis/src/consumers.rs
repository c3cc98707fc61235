//! Consumers of enhanced fan-out: registered where they are missing, and never deregistered,
//! since other workers may read as them.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::types::ConsumerStatus;
use tokio::time::Instant;
use weir_ingest::{Fault, SourceError};

use crate::config::Retrieval;
use crate::faults::{CallFault, Kind};
use crate::reader::Way;
use crate::streams::{Stream, wait_after};

/// The wait between two looks at a consumer that is being made, and how many there are before
/// somebody is told. The Kinesis Client Library looks 10 times.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS: u32 = 10;

/// What is known of the consumer of a stream that is, or is not, read with enhanced fan-out.
#[derive(Debug)]
pub(crate) struct FanOut {
    next: Instant,
    last: Option<Instant>,
    /// Looks in a row at a consumer that is being made.
    looks: u32,
    failures: u32,
}

/// What a look at a consumer finds.
enum Consumer {
    Active(Arc<str>),
    /// It is being made, or deleted.
    Changing,
}

impl FanOut {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now(), last: None, looks: 0, failures: 0 }
    }

    /// When a step is to be made.
    pub(crate) fn due(&self) -> Instant {
        self.next
    }

    /// A consumer is gone: the next step is made soon.
    pub(crate) fn look_again(&mut self) {
        let soon = self.last.map_or_else(Instant::now, |last| last + wait_after(0));
        self.next = self.next.min(soon);
    }

    /// Makes one step to what is configured; the way that the stream can be read in now, if that
    /// is known. Until there is an active consumer it goes on as before.
    ///
    /// # Errors
    ///
    /// When the consumer cannot be had; it is tried again.
    pub(crate) async fn step(
        &mut self,
        stream: &Stream,
        retrieval: &Retrieval,
        sync: Duration,
    ) -> Result<Option<Way>, SourceError> {
        self.last = Some(Instant::now());
        let Retrieval::FanOut { consumer } = retrieval else {
            self.wait(sync);
            return Ok(Some(Way::Polling));
        };
        match find(stream, consumer).await {
            Ok(Consumer::Active(arn)) => {
                (self.looks, self.failures) = (0, 0);
                self.wait(sync);
                Ok(Some(Way::FanOut { consumer: arn }))
            }
            Ok(Consumer::Changing) if self.looks < LOOKS => {
                self.looks += 1;
                self.wait(LOOK);
                Ok(None)
            }
            Ok(Consumer::Changing) => Err(self.failed(not_active(consumer))),
            Err(fault) => Err(self.failed(fault.error())),
        }
    }

    fn wait(&mut self, wait: Duration) {
        self.next = Instant::now() + wait;
    }

    fn failed(&mut self, error: SourceError) -> SourceError {
        self.wait(wait_after(self.failures));
        self.failures = self.failures.saturating_add(1);
        error
    }
}

/// Finds the consumer of this name, and registers it where there is none.
async fn find(stream: &Stream, name: &str) -> Result<Consumer, CallFault> {
    let call = stream.client().describe_stream_consumer().consumer_name(name);
    let answer = call.set_stream_arn(stream.arn.clone()).send().await;
    let answer = answer.map_err(|error| CallFault::of("kinesis:DescribeStreamConsumer", &error));
    match answer {
        Ok(answer) => {
            let active = answer
                .consumer_description()
                .filter(|consumer| *consumer.consumer_status() == ConsumerStatus::Active);
            let active = active.map(|consumer| Arc::from(consumer.consumer_arn()));
            Ok(active.map_or(Consumer::Changing, Consumer::Active))
        }
        Err(fault) if fault.kind == Kind::NotFound => register(stream, name).await,
        Err(fault) => Err(fault),
    }
}

async fn register(stream: &Stream, name: &str) -> Result<Consumer, CallFault> {
    let call = stream.client().register_stream_consumer().consumer_name(name);
    let answer = call.set_stream_arn(stream.arn.clone()).send().await;
    let answer = answer.map_err(|error| CallFault::of("kinesis:RegisterStreamConsumer", &error));
    match answer {
        Ok(_) => {
            tracing::info!(stream = stream.set, consumer = name, "the consumer is registered");
            Ok(Consumer::Changing)
        }
        // Another worker was faster.
        Err(fault) if fault.kind == Kind::InUse => Ok(Consumer::Changing),
        Err(fault) => Err(fault),
    }
}

fn not_active(consumer: &str) -> SourceError {
    let what = format!(
        "the consumer {consumer} of enhanced fan-out does not become active; the stream is \
         polled until it is"
    );
    SourceError::transient(Fault::Read, what)
}
