//! A source under the loop, its queue and its bucket.

use std::collections::VecDeque;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use weir_aws::{Accounts, AwsConfig, Connection, Endpoints};
use weir_ingest::{IngestConfig, Input, InputKind, InputMeter, Report};
use weir_ingest_s3::{Coverage, ExportAll, Inputs, QueueInput, S3Config, S3Source};
use weir_inventory::log_formats::KnownFormats;
use weir_runtime::Shutdown;
use weir_store::{MemoryStore, Store};
use weir_testkit::{Answer, AwsDouble};

use crate::recorder::{Manner, Recorder};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAINGEST";
pub(crate) const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport \
                                 protocol packets bytes start end action log-status\n";

/// What a test sets.
pub(crate) struct Setup {
    pub(crate) endpoints: Endpoints,
    pub(crate) inputs: Inputs,
    pub(crate) coverage: Arc<dyn Coverage>,
    pub(crate) visibility: Duration,
    pub(crate) manner: Manner,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) formats: watch::Receiver<Option<Arc<KnownFormats>>>,
}

/// A source that is read.
pub(crate) struct Running {
    pub(crate) recorder: Recorder,
    pub(crate) inputs: watch::Sender<Inputs>,
    pub(crate) meter: Arc<InputMeter>,
    pub(crate) shutdown: Shutdown,
    task: JoinHandle<Report>,
}

impl Setup {
    /// One queue, read one message at a time.
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        Self {
            endpoints,
            inputs: Inputs { queues: vec![queue("flow-logs")], concurrency: NonZeroUsize::MIN },
            coverage: Arc::new(ExportAll),
            visibility: Duration::from_secs(30),
            manner: Manner::Commit,
            store: Arc::new(MemoryStore::default()),
            formats: watch::Sender::new(Some(Arc::default())).subscribe(),
        }
    }

    pub(crate) fn concurrency(mut self, concurrency: usize) -> Self {
        self.inputs.concurrency = NonZeroUsize::new(concurrency).unwrap();
        self
    }

    pub(crate) fn start(self) -> Running {
        let connection = Connection { endpoints: self.endpoints, ..Connection::default() };
        let region = Some(REGION.to_owned());
        let config = AwsConfig { connection, region, ..AwsConfig::default() };
        let own = Credentials::new(KEY, "secret", None, None, "test");
        let own = SharedCredentialsProvider::new(own);
        let accounts = Accounts::with_own_credentials(config, own);
        let (recorder, dispatch) = Recorder::new(self.manner);
        let (inputs, followed) = watch::channel(self.inputs);
        let s3 = S3Config { visibility_timeout: self.visibility, ..S3Config::default() };
        let (coverage, store) = (self.coverage, self.store);
        let source = S3Source::open(s3, accounts, followed, coverage, self.formats, store);
        let meter = Arc::new(InputMeter::new("s3", InputKind::S3, "worker-1"));
        let input = Input { meter: Arc::clone(&meter), store: None };
        let config = IngestConfig {
            commit_interval: Duration::from_millis(50),
            rewind_delay: Duration::from_millis(50),
            ..IngestConfig::default()
        };
        let shutdown = Shutdown::manual();
        let requested = shutdown.clone();
        let task = tokio::spawn(async move {
            weir_ingest::run(source, dispatch, input, config, &requested).await
        });
        Running { recorder, inputs, meter, shutdown, task }
    }
}

impl Running {
    /// Waits until so many different lines have come.
    pub(crate) async fn wait_for_lines(&self, lines: usize) {
        self.wait_for("lines", |recorder| recorder.lines().len() >= lines).await;
    }

    pub(crate) async fn wait_for(&self, what: &str, is_so: impl Fn(&Recorder) -> bool) {
        wait_for(&format!("{what}; {:?}", self.meter.status()), || is_so(&self.recorder)).await;
    }

    /// Ends it; nothing that was read is left.
    pub(crate) async fn ends_well(self) {
        let report = self.end().await;
        assert!(report.is_clean(), "{report:?}");
    }

    pub(crate) async fn end(self) -> Report {
        self.shutdown.trigger();
        self.task.await.unwrap()
    }
}

/// Waits until something is so.
pub(crate) async fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    weir_testkit::wait_for_async(what, async || is_so().then_some(())).await;
}

pub(crate) fn queue(name: &str) -> QueueInput {
    QueueInput::new(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}").parse().unwrap())
}

/// A double that knows weir's own user, and whose queues and buckets are empty.
pub(crate) fn double() -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user(KEY, ACCOUNT, "weir");
    aws.on("sqs", "*").answer(json!({}));
    aws
}

/// Messages in a queue of the double: each is received once.
#[derive(Clone, Default)]
pub(crate) struct Messages(Arc<Mutex<VecDeque<Value>>>);

impl Messages {
    /// In the queue of this name.
    pub(crate) fn of(aws: &AwsDouble, name: &str) -> Self {
        let messages = Self::default();
        let url = format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}");
        let waiting = messages.clone();
        aws.on("sqs", "ReceiveMessage").with_parameter("QueueUrl", &url).answer_with(move |call| {
            let mut waiting = waiting.0.lock().unwrap();
            let most = usize::try_from(call.number("MaxNumberOfMessages").unwrap()).unwrap();
            let most = most.min(waiting.len());
            let received: Vec<_> = waiting.drain(..most).collect();
            // An empty queue is not asked as fast as it can answer.
            let delay =
                if received.is_empty() { Duration::from_millis(20) } else { Duration::ZERO };
            Answer::json(json!({ "Messages": received })).after(delay)
        });
        messages
    }

    pub(crate) fn send(&self, id: &str, body: &Value) {
        self.0.lock().unwrap().push_back(json!({
            "MessageId": id, "ReceiptHandle": format!("handle-{id}"), "Body": body.to_string(),
            "Attributes": { "SentTimestamp": "1767323107089" },
        }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

/// The ids of messages that were deleted, in the calls' order.
pub(crate) fn deleted(aws: &AwsDouble) -> Vec<String> {
    let calls = aws.calls_of("sqs", "DeleteMessageBatch");
    calls.iter().flat_map(|call| handles(&call.parameters)).collect()
}

/// The ids of the messages of a batch.
pub(crate) fn handles(parameters: &Value) -> Vec<String> {
    let entries = parameters["Entries"].as_array().unwrap().iter();
    let handle = |entry: &Value| {
        entry["ReceiptHandle"].as_str().unwrap().strip_prefix("handle-").unwrap().to_owned()
    };
    entries.map(handle).collect()
}

/// A message of S3 that names objects.
pub(crate) fn created(keys: &[&str]) -> Value {
    let record = |key: &&str| {
        json!({
            "eventSource": "aws:s3", "awsRegion": REGION, "eventName": "ObjectCreated:Put",
            "eventTime": "2026-01-02T03:05:07.089Z",
            "s3": { "bucket": { "name": "logs" }, "object": { "key": key, "eTag": etag(key) } },
        })
    };
    json!({ "Records": keys.iter().map(record).collect::<Vec<_>>() })
}

/// The ETag of the object with this key.
pub(crate) fn etag(key: &str) -> String {
    format!("etag-of-{}", key.rsplit('/').next().unwrap())
}

/// A key of a flow log.
pub(crate) fn key(name: &str) -> String {
    format!("AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/01/02/{name}")
}

/// Puts an object into the double's bucket.
pub(crate) fn put(aws: &AwsDouble, key: &str, answer: Answer) {
    let answer = answer.with_header("etag", &format!("\"{}\"", etag(key)));
    aws.on("s3", "GetObject").with_parameter("Key", key).answer(answer);
}

/// A flow log with so many lines, each different from all others with another name.
pub(crate) fn text(name: &str, lines: usize) -> String {
    let line = |number: usize| {
        format!(
            "2 {ACCOUNT} eni-{name} 10.0.0.1 10.0.0.2 443 {} 6 1 {number} 1767323000 1767323060 \
             ACCEPT OK\n",
            number % 65536
        )
    };
    HEADER.to_owned() + &(0..lines).map(line).collect::<String>()
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    gzip_octets(text)
}

pub(crate) fn gzip_octets(octets: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(octets.as_ref()).unwrap();
    encoder.finish().unwrap()
}
