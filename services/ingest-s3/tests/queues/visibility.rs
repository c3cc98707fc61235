//! Messages that take longer than a queue waits, with a queue that gives them to others then.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use weir_aws::Endpoints;
use weir_testkit::{Answer, AwsDouble, MotoServer};

use crate::recorder::Manner;
use crate::setup::{REGION, Setup, created, etag, gzip, key, text, wait_for};

/// A queue at moto, which is strict about visibility, and a bucket at the double.
struct Places {
    moto: MotoServer,
    bucket: AwsDouble,
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Places {
    async fn open() -> Self {
        let moto = MotoServer::start();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(moto.url())
            .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"));
        let sqs = aws_sdk_sqs::Client::from_conf(config.build());
        let queue = sqs.create_queue().queue_name("flow-logs").send().await.unwrap();
        Self { moto, bucket: AwsDouble::start(), sqs, url: queue.queue_url.unwrap() }
    }

    fn setup(&self) -> Setup {
        let services = [("S3", self.bucket.url())].into();
        let endpoints = Endpoints { all: Some(self.moto.url()), services };
        let mut setup = Setup::new(endpoints);
        let arn = format!("arn:aws:sqs:{REGION}:123456789012:flow-logs");
        let queue = weir_ingest_s3::QueueInput::new(arn.parse().unwrap());
        setup.inputs.queues = vec![queue];
        setup.visibility = Duration::from_secs(2);
        setup.concurrency(2)
    }

    async fn send(&self, key: &str) {
        let body = created(&[key]).to_string();
        self.sqs.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    /// Messages that anybody may have, and those that somebody has.
    async fn messages(&self) -> (u32, u32) {
        use aws_sdk_sqs::types::QueueAttributeName as Name;
        let call = self.sqs.get_queue_attributes().queue_url(&self.url);
        let counts = call.attribute_names(Name::All).send().await.unwrap().attributes.unwrap();
        let of = |name: Name| counts[&name].parse().unwrap();
        (of(Name::ApproximateNumberOfMessages), of(Name::ApproximateNumberOfMessagesNotVisible))
    }

    async fn wait_until_empty(&self) {
        let is_empty = async || (self.messages().await == (0, 0)).then_some(());
        weir_testkit::wait_for_async("the queue to be empty", is_empty).await;
    }
}

#[tokio::test]
async fn an_object_that_takes_three_times_the_visibility_timeout_is_exported_once() {
    let places = Places::open().await;
    let one = key("one");
    let content = Answer::octets(gzip(&text("one", 1_000)));
    let content = content.with_header("etag", &format!("\"{}\"", etag(&one)));
    places.bucket.on("s3", "GetObject").answer(content.after(Duration::from_millis(6_500)));
    places.send(&one).await;
    let running = places.setup().start();
    running.wait_for_lines(1_000).await;
    places.wait_until_empty().await;
    assert_eq!(places.bucket.calls_of("s3", "GetObject").len(), 1, "nobody else received it");
    assert!(running.recorder.lines().values().all(|times| *times == 1));
    let report = running.end().await;
    assert_eq!((report.status.units_done, report.status.source_errors), (1, 0));
}

#[tokio::test]
async fn a_message_is_kept_until_it_is_committed_however_long_that_takes_after_reading() {
    let places = Places::open().await;
    let one = key("one");
    let content = Answer::octets(gzip(&text("one", 10)));
    places.bucket.on("s3", "GetObject").answer(content.with_header("etag", "\"1\""));
    places.send(&one).await;
    let running = Setup { manner: Manner::Accept, ..places.setup() }.start();
    running.wait_for_lines(10).await;
    // The exporter holds it for three times the timeout.
    let held = tokio::time::Instant::now();
    wait_for("time to pass", || held.elapsed() > Duration::from_millis(6_500)).await;
    assert_eq!(places.messages().await, (0, 1));
    running.recorder.commit_all();
    places.wait_until_empty().await;
    assert_eq!(places.bucket.calls_of("s3", "GetObject").len(), 1);
    running.ends_well().await;
}
