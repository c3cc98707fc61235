//! Kinesis data streams, and what Firehose's delivery streams deliver to.

use aws_sdk_firehose::types::DestinationDescription;
use aws_sdk_kinesis::types::StreamSummary;
use aws_types::SdkConfig;
use weir_inventory::region::KinesisStream;

use super::arn::Arn;
use super::calls::{self, Calls, client};
use super::faults::CallError;

/// How many streams of a region are asked for their shards; more are listed without.
const MAX_DESCRIBED: usize = 500;

/// All Kinesis streams of the region, and the error of the first that could not be described.
pub(crate) async fn kinesis(
    calls: &Calls,
    config: &SdkConfig,
) -> Result<(Vec<KinesisStream>, Option<CallError>), CallError> {
    let client = client!(aws_sdk_kinesis, "kinesis", calls, config);
    let mut streams = Vec::new();
    let pages = client.list_streams().into_paginator().send();
    let take = |page: aws_sdk_kinesis::operation::list_streams::ListStreamsOutput| {
        streams.extend(page.stream_summaries().iter().map(stream));
    };
    calls.pages(calls::STREAMS, pages, take).await?;
    calls.progress().found("kinesis streams", streams.len());
    for stream in streams.iter_mut().take(MAX_DESCRIBED) {
        let request = client.describe_stream_summary().stream_name(&stream.name);
        match calls.once(calls::STREAM_SUMMARY, request.send()).await {
            Ok(answer) => describe(stream, answer.stream_description_summary()),
            // A stream may vanish in between.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Ok((streams, Some(error))),
        }
    }
    Ok((streams, None))
}

fn stream(summary: &StreamSummary) -> KinesisStream {
    KinesisStream {
        name: summary.stream_name().to_owned(),
        arn: summary.stream_arn().to_owned(),
        status: summary.stream_status().as_str().to_owned(),
        open_shards: None,
        retention_hours: None,
        vpc_ids: Vec::new(),
    }
}

fn describe(
    stream: &mut KinesisStream,
    summary: Option<&aws_sdk_kinesis::types::StreamDescriptionSummary>,
) {
    let Some(summary) = summary else { return };
    stream.open_shards = u32::try_from(summary.open_shard_count()).ok();
    stream.retention_hours = u32::try_from(summary.retention_period_hours()).ok();
}

/// The ARN of the bucket that a delivery stream delivers to. `None` when it delivers elsewhere.
pub(crate) async fn delivery_target(
    calls: &Calls,
    config: &SdkConfig,
    arn: &Arn<'_>,
) -> Result<Option<String>, CallError> {
    let Some(name) = arn.resource.strip_prefix("deliverystream/") else { return Ok(None) };
    let client = client!(aws_sdk_firehose, "firehose", calls, config);
    let request = client.describe_delivery_stream().delivery_stream_name(name);
    let answer = calls.once(calls::DELIVERY_STREAM, request.send()).await?;
    let description = answer.delivery_stream_description();
    Ok(description.and_then(|stream| stream.destinations().iter().find_map(bucket_of)))
}

fn bucket_of(destination: &DestinationDescription) -> Option<String> {
    let extended = destination.extended_s3_destination_description();
    let plain = destination.s3_destination_description();
    let arn = extended.map(|found| found.bucket_arn()).or(plain.map(|found| found.bucket_arn()))?;
    Some(arn.to_owned())
}
