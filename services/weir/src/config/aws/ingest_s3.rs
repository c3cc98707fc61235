//! `[ingest_s3]`: which queues tell of flow logs, and how their objects are read.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use weir_aws::{Access, Role};
use weir_control::settings::ranges::S3_CONCURRENCIES;
use weir_flowlog::LogFormat;
use weir_ingest_s3::{Inputs, QueueAddress, QueueInput, S3Config};
use weir_runtime::config::{DurationRange, Section};

use crate::config::accepted;
use crate::config::source_service::SourceService;

/// SQS has 12 hours as its longest
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>).
const VISIBILITY_TIMEOUTS: DurationRange =
    DurationRange { least: Duration::from_secs(2), most: Duration::from_secs(12 * 3600) };

/// What `weir ingest-s3` and the same stage of `weir run` are asked to do.
#[derive(Clone, Debug)]
pub(crate) struct IngestS3Settings {
    /// What it shares with other sources.
    pub(crate) service: SourceService,
    /// What stays as it is.
    pub(crate) source: S3Config,
    /// What is read.
    pub(crate) inputs: Inputs,
}

impl Default for IngestS3Settings {
    fn default() -> Self {
        Self {
            service: SourceService::on(4501),
            source: S3Config::default(),
            inputs: Inputs::default(),
        }
    }
}

impl IngestS3Settings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let concurrency = section.number("concurrency", &S3_CONCURRENCIES);
        let concurrency = concurrency.and_then(|number| NonZeroUsize::new(number.try_into().ok()?));
        let visibility = section.duration("visibility_timeout", &VISIBILITY_TIMEOUTS);
        let queues = section.sections("queues", queue).unwrap_or_default();
        same_queue(&queues, section);
        Self {
            service: default.service.with(section),
            source: S3Config {
                visibility_timeout: visibility.unwrap_or(default.source.visibility_timeout),
                ..S3Config::default()
            },
            inputs: Inputs {
                queues: queues.into_iter().flatten().collect(),
                concurrency: concurrency.unwrap_or(default.inputs.concurrency),
            },
        }
    }
}

/// One of `[[ingest_s3.queues]]`.
fn queue(section: &mut Section<'_>) -> Option<QueueInput> {
    section.require("queue", "the queue's ARN, such as arn:aws:sqs:eu-west-1:123456789012:NAME");
    let queue = section.text("queue", str::parse::<QueueAddress>);
    let role = section.text("role", accepted::role);
    let bucket_role = section.text("bucket_role", accepted::role);
    let any_key = section.switch("any_key").unwrap_or_default();
    let log_format = section.text("log_format", LogFormat::parse).map(Arc::new);
    let mut input = QueueInput { any_key, log_format, ..QueueInput::new(queue?) };
    if let Some(role) = role {
        input.access = Access::Role(role);
        input.bucket_access = input.access.clone();
    }
    if let Some(role) = bucket_role {
        input.bucket_access = Access::Role(role);
    }
    Some(input)
}

/// A role as it stands in a file.
pub(super) fn role_text(role: &Role) -> String {
    match &role.external_id {
        Some(id) => format!("{},{}", role.arn, id.as_str()),
        None => role.arn.to_string(),
    }
}

/// Reports queues that are listed twice.
fn same_queue(queues: &[Option<QueueInput>], section: &mut Section<'_>) {
    let url = |at: usize| queues.get(at)?.as_ref().map(|input| input.queue.url());
    for again in 0..queues.len() {
        let first = (0..again).find(|first| url(*first).is_some() && url(*first) == url(again));
        if let Some(first) = first {
            let problem = format!("is the queue of queues[{first}] already: give it once");
            section.problem(&format!("queues[{again}].queue"), problem);
        }
    }
}
