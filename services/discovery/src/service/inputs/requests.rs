//! What callers ask for.

use tonic::{Code, Status};
use weir_control::inputs::{
    BucketSource, Input, InputSource, LogGroupSource, Rule, StreamPosition, StreamSource,
};
use weir_inventory::coverage::SourceKind;
use weir_rpc::pb;
use weir_rpc::pb::enable_input_request::Source;
use weir_rpc::status::{Failure, Violations};

use super::available::AllAvailable;

/// The longest name of a rule.
const MAX_NAME: usize = 64;

/// The input that a request enables at `now` (Unix seconds), as sweeps have found it.
pub(super) fn input_of(
    request: &pb::EnableInputRequest,
    available: &AllAvailable,
    now: u64,
) -> Result<Input, Status> {
    let Some(source) = &request.source else {
        return Err(Violations::of("source", "give `stream`, `log_group` or `bucket`").into());
    };
    let source = match source {
        Source::Stream(stream) => InputSource::KinesisStream(StreamSource {
            arn: given("stream.arn", &stream.arn)?,
            enhanced_fan_out: stream.enhanced_fan_out,
            initial_position: position(stream, now)?,
        }),
        Source::LogGroup(group) => {
            InputSource::LogGroup(LogGroupSource { arn: given("log_group.arn", &group.arn)? })
        }
        Source::Bucket(bucket) => bucket_of(bucket, available)?,
    };
    let id = source.id();
    match available.inputs.get(&id) {
        Some(found) => Ok(found.enabled(source)),
        None => Err(unknown(&id)),
    }
}

/// A bucket with the queue that was named, or with its only one.
fn bucket_of(asked: &pb::BucketInput, available: &AllAvailable) -> Result<InputSource, Status> {
    let bucket = given("bucket.bucket", &asked.bucket)?;
    let Some(queues) = available.queues.get(&bucket) else { return Err(unknown(&bucket)) };
    let queue_arn = asked.queue_arn.trim();
    if !queue_arn.is_empty() {
        let queue_arn = queue_arn.to_owned();
        return Ok(InputSource::Bucket(BucketSource { bucket, queue_arn }));
    }
    let mut listed = queues.iter();
    match (listed.next(), listed.next()) {
        (Some(only), None) => {
            let queue_arn = only.clone();
            Ok(InputSource::Bucket(BucketSource { bucket, queue_arn }))
        }
        (None, _) => {
            let message = "no queue is told of the objects of this bucket: add an event \
                           notification to a queue of SQS, and run RunDiscovery";
            Err(Failure::new(Code::FailedPrecondition, "NO_QUEUE", message).into())
        }
        (Some(_), Some(_)) => {
            let named: Vec<_> = queues.iter().take(10).map(String::as_str).collect();
            let message = format!(
                "{} queues are told of the objects of this bucket, and some may be other \
                 consumers': give queue_arn, one of {}",
                queues.len(),
                named.join(", ")
            );
            Err(Failure::new(Code::FailedPrecondition, "SEVERAL_QUEUES", message).into())
        }
    }
}

/// Where a stream begins. Others pass over what ends from now on: it must not begin later.
fn position(stream: &pb::StreamInput, now: u64) -> Result<StreamPosition, Status> {
    match stream.start() {
        pb::StreamStart::Unspecified if stream.start != 0 => {
            Err(Violations::of("stream.start", "there is no such start").into())
        }
        pb::StreamStart::Unspecified | pb::StreamStart::Latest => Ok(StreamPosition::Latest),
        pb::StreamStart::TrimHorizon => Ok(StreamPosition::TrimHorizon),
        pb::StreamStart::AtTimestamp => {
            let at = stream.start_at.and_then(|at| u64::try_from(at.seconds).ok());
            let advice = "give the time at which the stream begins, which may not be to come";
            let at = at.filter(|at| *at <= now);
            at.map(StreamPosition::AtTimestamp)
                .ok_or_else(|| Violations::of("stream.start_at", advice).into())
        }
    }
}

/// A rule and its name.
pub(super) fn rule_of(request: &pb::SetRuleRequest) -> Result<(String, Rule), Status> {
    let asked = request.rule.clone().unwrap_or_default();
    let mut violations = Violations::new();
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if !(1..=MAX_NAME).contains(&asked.name.len()) || !asked.name.bytes().all(is_allowed) {
        violations.add("rule.name", "give 1 to 64 letters, digits, `-` and `_`");
    }
    let kind = match asked.kind() {
        pb::InputKind::Kinesis => SourceKind::Kinesis,
        pb::InputKind::LogGroup => SourceKind::CloudWatchLogs,
        pb::InputKind::Bucket => SourceKind::S3,
        pb::InputKind::Unspecified => {
            let advice = "give INPUT_KIND_KINESIS, INPUT_KIND_LOG_GROUP or INPUT_KIND_BUCKET";
            violations.add("rule.kind", advice);
            SourceKind::S3
        }
    };
    let initial_position = match asked.start() {
        pb::StreamStart::TrimHorizon => StreamPosition::TrimHorizon,
        pb::StreamStart::AtTimestamp => {
            violations.add("rule.start", "give STREAM_START_LATEST or STREAM_START_TRIM_HORIZON");
            StreamPosition::Latest
        }
        pb::StreamStart::Unspecified | pb::StreamStart::Latest => StreamPosition::Latest,
    };
    let is_stream = kind == SourceKind::Kinesis;
    if !is_stream && asked.enhanced_fan_out {
        violations.add("rule.enhanced_fan_out", "it is for Kinesis streams alone");
    }
    let rule = Rule {
        kind,
        pattern: asked.pattern,
        account_id: asked.account_id,
        region: asked.region,
        enhanced_fan_out: asked.enhanced_fan_out,
        initial_position,
    };
    if let Err(error) = rule.check() {
        violations.add("rule.pattern", error);
    }
    violations.into_result()?;
    Ok((asked.name, rule))
}

fn given(field: &str, text: &str) -> Result<String, Status> {
    match text.trim() {
        "" => Err(Violations::of(field, "give it: ListInputs has what was found").into()),
        text => Ok(text.to_owned()),
    }
}

/// No input, or no enabled one, has this id.
pub(super) fn unknown(id: &str) -> Status {
    let plain = |character: char| match character.is_ascii_graphic() || character == ' ' {
        true => character,
        false => '?',
    };
    let id: String = id.chars().take(200).map(plain).collect();
    let message = format!(
        "the inventory has no input `{id}`: ListInputs has those that it has; a new one is found \
         by RunDiscovery"
    );
    Failure::new(Code::NotFound, "INPUT_UNKNOWN", message).into()
}
