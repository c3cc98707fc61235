//! A bucket that notifies a queue, at moto.

use std::collections::HashMap;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
use aws_sdk_sqs::types::QueueAttributeName;
use tokio::runtime::Runtime;
use weir_testkit::MotoServer;

/// The account of all keys at moto.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
/// Notifies the queue.
pub(crate) const BUCKET: &str = "flow-logs";
/// Notifies nobody.
pub(crate) const QUIET_BUCKET: &str = "quiet-logs";
pub(crate) const QUEUE: &str = "new-objects";
const DEAD_LETTERS: &str = "dead-letters";

/// Two buckets, a queue with a redrive policy, and the queue of what cannot be done.
pub(crate) struct Cloud {
    moto: MotoServer,
    runtime: Runtime,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Cloud {
    /// A message goes to the dead letters when it was received `receives` times; never with 0.
    pub(crate) fn open(receives: u32) -> Self {
        let moto = MotoServer::start();
        let runtime = Runtime::new().unwrap();
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(moto.url())
            .credentials_provider(credentials.clone())
            .force_path_style(true)
            .build();
        let sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(moto.url())
            .credentials_provider(credentials)
            .build();
        let (s3, sqs) = runtime.block_on(async {
            (aws_sdk_s3::Client::from_conf(s3), aws_sdk_sqs::Client::from_conf(sqs))
        });
        let cloud = Self { moto, runtime, s3, sqs };
        cloud.runtime.block_on(cloud.fill(receives));
        cloud
    }

    async fn fill(&self, receives: u32) {
        self.sqs.create_queue().queue_name(DEAD_LETTERS).send().await.unwrap();
        let target = arn(DEAD_LETTERS);
        let policy =
            format!("{{\"deadLetterTargetArn\":\"{target}\",\"maxReceiveCount\":\"{receives}\"}}");
        let mut queue = self.sqs.create_queue().queue_name(QUEUE);
        if receives > 0 {
            queue = queue.attributes(QueueAttributeName::RedrivePolicy, policy);
        }
        queue.send().await.unwrap();
        for bucket in [BUCKET, QUIET_BUCKET] {
            let region = aws_sdk_s3::types::BucketLocationConstraint::from(REGION);
            let place = aws_sdk_s3::types::CreateBucketConfiguration::builder();
            let place = place.location_constraint(region).build();
            let call = self.s3.create_bucket().bucket(bucket).create_bucket_configuration(place);
            call.send().await.unwrap();
        }
        let queue = QueueConfiguration::builder().queue_arn(arn(QUEUE));
        let queue = queue.events(Event::S3ObjectCreated).build().unwrap();
        let notifications = NotificationConfiguration::builder().queue_configurations(queue);
        let call = self.s3.put_bucket_notification_configuration().bucket(BUCKET);
        call.notification_configuration(notifications.build()).send().await.unwrap();
    }

    /// The sections that lead a service here.
    pub(crate) fn sections(&self) -> String {
        format!(
            "[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\n[[aws.profiles]]\n\
             access_key_id = \"AKIAEXAMPLE\"\nsecret_access_key = \"secret\"\n",
            self.moto.url()
        )
    }

    /// Where all services are.
    pub(crate) fn endpoint(&self) -> String {
        self.moto.url()
    }

    /// The keys of `[ingest_s3]` that name the queue.
    pub(crate) fn queue_keys(&self) -> String {
        self.queue_keys_with("")
    }

    /// The same with other keys of the queue: `, any_key = true`.
    pub(crate) fn queue_keys_with(&self, more: &str) -> String {
        format!("queues = [{{ queue = \"{}\"{more} }}]\n", arn(QUEUE))
    }

    /// Writes an object: its ETag.
    pub(crate) fn put(&self, bucket: &str, key: &str, content: Vec<u8>) -> String {
        let call = self.s3.put_object().bucket(bucket).key(key).body(ByteStream::from(content));
        let answer = self.runtime.block_on(call.send()).unwrap();
        answer.e_tag().unwrap().trim_matches('"').to_owned()
    }

    /// Sends a message to the queue.
    pub(crate) fn send(&self, body: &str) {
        let call = self.sqs.send_message().queue_url(url(QUEUE)).message_body(body);
        self.runtime.block_on(call.send()).unwrap();
    }

    /// Messages in the queue: those that anybody may receive, and those that somebody has.
    pub(crate) fn messages(&self) -> (u64, u64) {
        let counts = self.attributes(QUEUE);
        let of = |name: QueueAttributeName| counts[&name].parse().unwrap();
        (
            of(QueueAttributeName::ApproximateNumberOfMessages),
            of(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        )
    }

    /// Messages that could not be done.
    pub(crate) fn dead_letters(&self) -> u64 {
        let counts = self.attributes(DEAD_LETTERS);
        counts[&QueueAttributeName::ApproximateNumberOfMessages].parse().unwrap()
    }

    fn attributes(&self, queue: &str) -> HashMap<QueueAttributeName, String> {
        let call = self.sqs.get_queue_attributes().queue_url(url(queue));
        let call = call.attribute_names(QueueAttributeName::All);
        self.runtime.block_on(call.send()).unwrap().attributes.unwrap()
    }
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

fn url(queue: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}")
}

/// A key as AWS gives it to the object with this number.
pub(crate) fn key(number: u64) -> String {
    key_at(number, "20260102T0305Z")
}

/// The same for records of the five minutes from `time` on.
pub(crate) fn key_at(number: u64, time: &str) -> String {
    let layout = number % 4;
    let folder = match layout {
        0 => format!("AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/01/02"),
        1 => format!("AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/01/02/03"),
        _ => format!(
            "with prefix+/AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/\
             aws-region={REGION}/year=2026/month=01/day=02{}",
            if layout == 3 { "/hour=03" } else { "" }
        ),
    };
    format!("{folder}/{ACCOUNT}_vpcflowlogs_{REGION}_fl-0a1b2c3d_{time}_{number:08x}.log.gz")
}
