//! What is read, by whom it is enabled, and who serves a flow log.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;
use tonic::{Code, Status};
use weir_control::formats::formats;
use weir_control::inputs::{Inputs, inputs};
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::{Knowledge, KnownFormats, LogPlace};
use weir_inventory::region::{BucketNotification, NotificationRoute, TrafficType};
use weir_rpc::pb;
use weir_rpc::pb::enable_input_request::Source;
use weir_store::{Condition, Store, put_json};

use crate::support::{
    ACCOUNT, FakeReader, REGION, Sandbox, Script, place, plan, reading, region, until,
};

const STREAM: &str = "arn:aws:kinesis:eu-west-1:111111111111:stream/flow-stream";
const GROUP: &str = "arn:aws:logs:eu-west-1:111111111111:log-group:flows";
const BUCKET: &str = "flow-bucket arn:aws:sqs:eu-west-1:111111111111:flow-queue";

async fn sandbox() -> Sandbox {
    Sandbox::swept(FakeReader::new(plan(&[(ACCOUNT, &[REGION])]))).await
}

fn stream() -> Source {
    Source::Stream(pb::StreamInput { arn: STREAM.into(), ..Default::default() })
}

fn group() -> Source {
    Source::LogGroup(pb::LogGroupInput { arn: GROUP.into() })
}

fn bucket(queue_arn: &str) -> Source {
    Source::Bucket(pb::BucketInput { bucket: "flow-bucket".into(), queue_arn: queue_arn.into() })
}

fn rule(name: &str, kind: pb::InputKind, pattern: &str) -> pb::InputRule {
    pb::InputRule {
        name: name.into(),
        kind: kind.into(),
        pattern: pattern.into(),
        ..Default::default()
    }
}

impl Sandbox {
    async fn enable(&mut self, source: Source) -> Result<pb::EnableInputResponse, Status> {
        let request = pb::EnableInputRequest { source: Some(source), etag: String::new() };
        Ok(self.inputs.enable_input(request).await?.into_inner())
    }

    /// A reader reads the input.
    async fn read(&self, id: &str) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let change = |all: &mut Inputs| Ok::<_, Infallible>(all.has_read(id, now));
        assert!(inputs().update(&*self.store, None, change).await.unwrap().0);
    }

    async fn disable(&mut self, id: &str) -> Result<pb::DisableInputResponse, Status> {
        let request = pb::DisableInputRequest { id: id.into(), etag: String::new() };
        Ok(self.inputs.disable_input(request).await?.into_inner())
    }

    async fn list_inputs(&mut self) -> pb::ListInputsResponse {
        let request = pb::ListInputsRequest::default();
        self.inputs.list_inputs(request).await.unwrap().into_inner()
    }

    async fn set_rule(&mut self, rule: pb::InputRule) -> Result<Vec<String>, Status> {
        let request = pb::SetRuleRequest { rule: Some(rule), etag: String::new() };
        Ok(self.inputs.set_rule(request).await?.into_inner().enabled)
    }

    async fn state_of(&mut self, id: &str) -> pb::InputState {
        let listed = self.list_inputs().await.inputs;
        listed.into_iter().find(|input| input.id == id).unwrap().state()
    }
}

#[tokio::test]
async fn what_sweeps_find_is_listed_and_flow_logs_say_that_nobody_reads_them() {
    let mut sandbox = sandbox().await;
    let listed = sandbox.list_inputs().await;
    let ids: Vec<_> = listed.inputs.iter().map(|input| input.id.as_str()).collect();
    assert_eq!(ids, [STREAM, GROUP, BUCKET]);
    assert!(listed.inputs.iter().all(|input| input.state() == pb::InputState::Available));
    assert_eq!(listed.inputs[0].flow_log_ids, ["fl-0"]);
    assert_eq!(
        (listed.inputs[2].name.as_str(), listed.inputs[2].region.as_str()),
        ("flow-bucket", REGION)
    );
    let logs: Vec<_> = listed.flow_logs.iter().map(|log| log.flow_log_id.as_str()).collect();
    assert_eq!(logs, ["fl-0", "fl-1"]);
    assert!(listed.flow_logs[0].reason.starts_with("no enabled input has it"));
    assert!(listed.flow_logs[0].vpc_id.starts_with("vpc-"));
}

#[tokio::test]
async fn the_best_enabled_input_serves_and_the_reason_is_told() {
    let mut sandbox = sandbox().await;
    sandbox.enable(bucket("")).await.unwrap();
    sandbox.enable(group()).await.unwrap();
    let listed = sandbox.list_inputs().await;
    assert!(listed.flow_logs[1].sources[0].is_read, "nobody has read the log group");
    assert!(listed.warnings[0].contains("nobody has read it"), "{:?}", listed.warnings);
    sandbox.read(GROUP).await;
    let listed = sandbox.list_inputs().await;
    assert!(listed.inputs[1].read_since.is_some());
    let of_bucket = &listed.flow_logs[1].sources[0];
    assert_eq!((of_bucket.is_read, of_bucket.passed_over_by.as_str()), (false, GROUP));
    assert_eq!(of_bucket.passed_over_by_flow_log, "fl-0");
    assert!(of_bucket.passed_over_since.is_some());

    let enabled = sandbox.enable(stream()).await.unwrap();
    assert_eq!(enabled.input.unwrap().state(), pb::InputState::Enabled);
    assert!(enabled.warnings[0].contains("nobody has read it"), "{:?}", enabled.warnings);
    sandbox.read(STREAM).await;
    // What readers follow is decided anew by itself.
    let store = Arc::clone(&sandbox.store);
    until("the log group to be passed over", async || {
        inputs().read(&*store).await.unwrap().value.groups.contains_key(GROUP)
    })
    .await;
    let listed = sandbox.list_inputs().await;
    let [of_stream, of_group] = &listed.flow_logs[0].sources[..] else { panic!("{listed:?}") };
    assert!(of_stream.is_read && !of_group.is_read, "{listed:?}");
    assert!(of_group.reason.contains(STREAM), "{}", of_group.reason);
    assert!(listed.flow_logs[0].reason.starts_with("read from the Kinesis stream"));

    let disabled = sandbox.disable(STREAM).await.unwrap().input.unwrap();
    assert_eq!(disabled.state(), pb::InputState::Draining);
    let listed = sandbox.list_inputs().await;
    let of_group = listed.flow_logs[0].sources.iter().find(|it| it.input_id == GROUP).unwrap();
    assert!(of_group.is_read, "{listed:?}");
    // Records of the time in between are the stream's all the same.
    let stored = inputs().read(&*sandbox.store).await.unwrap().value;
    assert!(
        stored.groups[GROUP]
            .iter()
            .any(|better| better.input_id == STREAM && better.until.is_some())
    );
}

#[tokio::test]
async fn what_overlaps_in_part_is_read_twice_with_a_warning() {
    let mut sandbox = sandbox().await;
    let mut rejects = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    rejects.flow_logs[0].traffic_type = Some(TrafficType::Reject);
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(rejects))));
    sandbox.summary().await;
    sandbox.enable(bucket("")).await.unwrap();
    sandbox.enable(stream()).await.unwrap();
    sandbox.read(BUCKET).await;
    sandbox.read(STREAM).await;
    let listed = sandbox.list_inputs().await;
    assert!(listed.warnings[0].contains("is read twice"), "{:?}", listed.warnings);
    assert!(listed.flow_logs.iter().all(|log| log.sources.iter().all(|source| source.is_read)));
}

#[tokio::test]
async fn bad_requests_are_refused_with_what_to_do() {
    let mut sandbox = sandbox().await;
    let unknown = "arn:aws:kinesis:eu-west-1:111111111111:stream/none";
    let at = pb::StreamInput {
        arn: STREAM.into(),
        start: pb::StreamStart::AtTimestamp.into(),
        ..Default::default()
    };
    let to_come = pb::StreamInput {
        start_at: Some(prost_types::Timestamp { seconds: i64::from(u32::MAX), nanos: 0 }),
        ..at.clone()
    };
    let bad = [
        (Source::Stream(to_come), Code::InvalidArgument, "stream.start_at"),
        (
            Source::Stream(pb::StreamInput { arn: unknown.into(), ..Default::default() }),
            Code::NotFound,
            "RunDiscovery",
        ),
        (Source::Stream(pb::StreamInput::default()), Code::InvalidArgument, "stream.arn"),
        (Source::Stream(at), Code::InvalidArgument, "stream.start_at"),
        (Source::LogGroup(pb::LogGroupInput::default()), Code::InvalidArgument, "log_group.arn"),
        (bucket("arn:aws:sqs:eu-west-1:111111111111:none"), Code::NotFound, "RunDiscovery"),
    ];
    for (source, code, words) in bad {
        let status = sandbox.enable(source).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        assert!(status.message().contains(words), "{status}");
    }
    let nothing = sandbox.inputs.enable_input(pb::EnableInputRequest::default()).await;
    assert_eq!(nothing.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(sandbox.disable("none").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(sandbox.disable("").await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(sandbox.disable(STREAM).await.unwrap_err().code(), Code::FailedPrecondition);
    let first = sandbox.enable(stream()).await.unwrap();
    assert_eq!(sandbox.enable(stream()).await.unwrap_err().code(), Code::AlreadyExists);
    // Other settings are a change.
    let fanned_out =
        pb::StreamInput { arn: STREAM.into(), enhanced_fan_out: true, ..Default::default() };
    let second = sandbox.enable(Source::Stream(fanned_out)).await.unwrap();
    let (before, after) = (first.input.unwrap(), second.input.unwrap());
    assert!(after.enhanced_fan_out && before.since == after.since);
    let stale = pb::DisableInputRequest { id: STREAM.into(), etag: first.etag };
    let status = sandbox.inputs.disable_input(stale).await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    assert!(status.message().contains(&second.etag), "{status}");

    for (rule, words) in [
        (rule("", pb::InputKind::Kinesis, "*"), "rule.name"),
        (rule("a b", pb::InputKind::Kinesis, "*"), "rule.name"),
        (rule("a", pb::InputKind::Unspecified, "*"), "rule.kind"),
        (rule("a", pb::InputKind::Kinesis, ""), "rule.pattern"),
        (rule("a", pb::InputKind::Kinesis, "a[b"), "rule.pattern"),
        (rule("a", pb::InputKind::Kinesis, &"x".repeat(257)), "rule.pattern"),
        (
            pb::InputRule { enhanced_fan_out: true, ..rule("a", pb::InputKind::Bucket, "*") },
            "rule.enhanced_fan_out",
        ),
    ] {
        let status = sandbox.set_rule(rule).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains(words), "{status}");
    }
    let none = pb::DeleteRuleRequest { name: "none".into(), etag: String::new() };
    assert_eq!(sandbox.inputs.delete_rule(none).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn of_several_queues_none_is_chosen() {
    let mut sandbox = sandbox().await;
    let mut several = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    several.buckets[0].notifications.push(BucketNotification {
        queue_arn: "arn:aws:sqs:eu-west-1:111111111111:another".into(),
        route: NotificationRoute::Direct,
        prefix: String::new(),
        suffix: String::new(),
    });
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(several))));
    sandbox.summary().await;
    let status = sandbox.enable(bucket("")).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    for queue in [":flow-queue", ":another"] {
        assert!(status.message().contains(queue), "{status}");
    }
    let enabled = sandbox.set_rule(rule("all", pb::InputKind::Bucket, "*")).await.unwrap();
    assert!(enabled.is_empty());
    let warnings = sandbox.list_inputs().await.warnings;
    assert!(warnings[0].contains("2 queues"), "{warnings:?}");
    let queue = "arn:aws:sqs:eu-west-1:111111111111:flow-queue";
    assert_eq!(sandbox.enable(bucket(queue)).await.unwrap().input.unwrap().id, BUCKET);
}

#[tokio::test]
async fn rules_enable_what_appears_and_never_again_what_was_disabled() {
    let mut sandbox = sandbox().await;
    let enabled = sandbox.set_rule(rule("streams", pb::InputKind::Kinesis, "flow-*")).await;
    assert_eq!(enabled.unwrap(), [STREAM]);
    assert_eq!(sandbox.list_inputs().await.inputs[0].rule, "streams");
    sandbox.disable(STREAM).await.unwrap();

    let mut more = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    let mut new = more.kinesis_streams[0].clone();
    new.arn = new.arn.replace("flow-stream", "flow-new");
    new.name = "flow-new".into();
    let new_arn = new.arn.clone();
    more.kinesis_streams.push(new);
    let mut other = more.kinesis_streams[0].clone();
    other.arn = other.arn.replace("flow-stream", "orders");
    other.name = "orders".into();
    more.kinesis_streams.push(other);
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(more))));
    sandbox.summary().await;
    let store = Arc::clone(&sandbox.store);
    until("the new stream is enabled", async || {
        inputs().read(&*store).await.unwrap().value.inputs.contains_key(&new_arn)
    })
    .await;
    assert_eq!(sandbox.state_of(STREAM).await, pb::InputState::Draining);
    assert_eq!(
        sandbox.state_of(&new_arn.replace("flow-new", "orders")).await,
        pb::InputState::Available
    );

    let rules = sandbox.inputs.list_rules(pb::ListRulesRequest {}).await.unwrap().into_inner();
    assert_eq!((rules.rules.len(), rules.rules[0].pattern.as_str()), (1, "flow-*"));
    let delete = pb::DeleteRuleRequest { name: "streams".into(), etag: rules.etag };
    sandbox.inputs.delete_rule(delete).await.unwrap();
    assert_eq!(sandbox.state_of(&new_arn).await, pb::InputState::Enabled);
}

#[tokio::test]
async fn the_formats_of_flow_logs_are_learned_and_shown_with_each_sweep() {
    let mut sandbox = sandbox().await;
    let version_2 = LogFormat::vpc_default().to_string();
    let listed = sandbox.list_inputs().await;
    assert_eq!(listed.flow_logs[0].log_format, version_2);
    assert_eq!(listed.inputs[0].log_formats, [version_2.as_str()]);

    let mut changed = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    changed.flow_logs[0].id = "fl-new".into();
    changed.flow_logs[0].log_format = "${start} ${end}".into();
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(changed))));
    sandbox.summary().await;
    let store = Arc::clone(&sandbox.store);
    let stream = LogPlace {
        account_id: ACCOUNT,
        region: REGION,
        log_group: "flows",
        log_stream: "eni-0a1b-all",
    };
    // The flow log that is gone counts on for a while.
    until("both formats are known", async || {
        let found = formats().read(&*store).await.unwrap().value;
        let known = KnownFormats::of(&found).of_stream(&stream);
        matches!(known, Knowledge::Formats(formats) if formats.len() == 2)
    })
    .await;
    let enabled = sandbox.enable(group()).await.unwrap().input.unwrap();
    assert_eq!(
        (enabled.flow_log_ids, enabled.log_formats),
        (vec!["fl-new".to_owned()], vec!["start end".to_owned()])
    );
}

#[tokio::test]
async fn pages_of_inputs_and_flow_logs_join_up() {
    let mut sandbox = sandbox().await;
    let mut seen = Vec::new();
    let mut asked = pb::ListInputsRequest { page_size: 2, ..Default::default() };
    loop {
        let page = sandbox.inputs.list_inputs(asked.clone()).await.unwrap().into_inner();
        seen.extend(page.inputs.into_iter().map(|input| input.id));
        seen.extend(page.flow_logs.into_iter().map(|log| log.flow_log_id));
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [STREAM, GROUP, BUCKET, "fl-0", "fl-1"]);
}

#[tokio::test]
async fn the_state_that_workers_write_is_shown_with_its_age() {
    let mut sandbox = sandbox().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let status = weir_ingest::InputStatus {
        name: "queue".into(),
        kind: "s3".into(),
        worker: "worker-1".into(),
        runs_read: 7,
        written_ms: u64::try_from(now.as_millis()).unwrap() - 3_600_000,
        ..Default::default()
    };
    let key = weir_ingest::status_key("worker-1", "queue").unwrap();
    let store: &dyn Store = &*sandbox.store;
    put_json(store, &key, &status, Condition::Any).await.unwrap();
    let asked = pb::ListInputStatusRequest::default();
    let shown = sandbox.ingest.list_input_status(asked).await.unwrap().into_inner().inputs;
    assert_eq!((shown[0].name.as_str(), shown[0].runs_read), ("queue", 7));
    assert!(shown[0].age.as_ref().unwrap().seconds >= 3600);
}

#[tokio::test]
async fn leases_are_listed_with_what_they_are_and_changed_under_their_fence() {
    let mut sandbox = sandbox().await;
    let store: &dyn Store = &*sandbox.store;
    let year = 365 * 86_400_000;
    for (key, lease) in [
        ("cloudwatch/units/1%2Feu-west-1%2Fflows/all", json!({"checkpoint": "1772366400250"})),
        (
            "kinesis/units/s/0",
            json!({"checkpoint": "SHARD_END", "children": [{"name": "1", "parents": ["0"]}]}),
        ),
        (
            "kinesis/units/s/1",
            json!({"checkpoint": "7", "parents": ["0"], "owner": "w",
            "renewal": {"at_ms": 1, "until_ms": 2}, "lag_ms": 1500, "last_error": "denied"}),
        ),
        ("kinesis/units/s/2", json!({"checkpoint": "AT_TIMESTAMP:0", "parents": ["1"]})),
        (
            "kinesis/units/s/3",
            json!({"checkpoint": "TRIM_HORIZON", "owner": "w",
            "renewal": {"at_ms": 0, "until_ms": 100_u64 * year}}),
        ),
    ] {
        let mut lease = lease;
        lease["fence"] = json!(3);
        let key = format!("leases/{key}").parse().unwrap();
        put_json(store, &key, &lease, Condition::Any).await.unwrap();
    }
    let mut asked = pb::ListLeasesRequest { page_size: 2, ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page = sandbox.ingest.list_leases(asked.clone()).await.unwrap().into_inner();
        seen.extend(page.leases);
        asked.page_token = page.next_page_token;
        if asked.page_token.is_empty() {
            break;
        }
    }
    let shown: Vec<_> =
        seen.iter().map(|it| (it.id.as_str(), it.state(), it.position.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("cloudwatch/1/eu-west-1/flows/all", pb::LeaseState::Free, "2026-03-01T12:00:00.250Z"),
            ("kinesis/s/0", pb::LeaseState::Finished, "SHARD_END"),
            ("kinesis/s/1", pb::LeaseState::Expired, "7"),
            ("kinesis/s/2", pb::LeaseState::Waiting, "1970-01-01T00:00:00Z"),
            ("kinesis/s/3", pb::LeaseState::Held, "TRIM_HORIZON"),
        ]
    );
    assert_eq!((seen[1].children[0].as_str(), seen[2].last_error.as_str()), ("1", "denied"));
    assert_eq!(seen[2].lag.unwrap().nanos, 500_000_000);

    let set = |id: &str, position: &str, fence| pb::SetPositionRequest {
        id: id.into(),
        position: position.into(),
        fence,
    };
    for (request, code) in [
        (set("kinesis/s/0", "LATEST", None), Code::FailedPrecondition),
        (set("kinesis/s/1", "LATEST", Some(2)), Code::Aborted),
        (set("kinesis/s/9", "LATEST", None), Code::NotFound),
        (set("kinesis/s/1", "SHARD_END", None), Code::InvalidArgument),
        (set("cloudwatch/1/eu-west-1/flows/all", "7", None), Code::InvalidArgument),
    ] {
        let refused = sandbox.ingest.set_position(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), code, "{request:?}: {refused}");
    }
    let moved = sandbox.ingest.set_position(set("kinesis/s/1", "2026-03-01T12:00:00Z", Some(3)));
    let lease = moved.await.unwrap().into_inner().lease.unwrap();
    assert_eq!((lease.fence, lease.owner.as_str(), lease.times_set), (4, "", 1));
    assert_eq!(lease.position, "2026-03-01T12:00:00Z");
    let release = |id: &str| pb::ReleaseLeaseRequest { id: id.into(), fence: None };
    let free = sandbox.ingest.release_lease(release("kinesis/s/1")).await.unwrap_err();
    assert_eq!(free.code(), Code::FailedPrecondition, "{free}");
    let released = sandbox.ingest.release_lease(release("kinesis/s/3")).await.unwrap();
    assert_eq!(released.into_inner().lease.unwrap().state(), pb::LeaseState::Free);
}
