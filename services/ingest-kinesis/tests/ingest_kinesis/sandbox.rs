//! A stream in a simulator, and workers that read it.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use weir_aws::{Accounts, AwsConfig, Connection, Endpoints, FollowedAccounts};
use weir_ingest::{IngestConfig, Input, InputKind, InputMeter, InputStatus, Report};
use weir_ingest_kinesis::{FanOutConfig, KinesisConfig, KinesisSource, Retrieval, StreamConfig};
use weir_inventory::log_formats::KnownFormats;
use weir_lease::{InitialPosition, LeaseConfig, LeaseRecord, Table, UnitId};
use weir_runtime::Shutdown;
use weir_store::{MemoryStore, Store};
use weir_testkit::{AwsDouble, KinesisServer, wait_for_async};

use crate::delivered::Delivered;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const STREAM: &str = "flows";
pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const CONSUMER: &str = "weir-test";
pub(crate) const KEY: &str = "AKIAKINESIS";

/// A stream and what is read of it.
pub(crate) struct Sandbox {
    /// Knows the account; and, without a simulator, plays Kinesis too.
    pub(crate) aws: AwsDouble,
    pub(crate) kinesis: String,
    pub(crate) client: Client,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) delivered: Delivered,
    /// The accounts that count: at first that of the double's first user.
    pub(crate) accounts: watch::Sender<Option<Arc<Accounts>>>,
    /// What discovery knows: at first nothing.
    pub(crate) formats: watch::Sender<Option<Arc<KnownFormats>>>,
    _server: Option<KinesisServer>,
}

impl Sandbox {
    /// A stream with so many shards in a simulator.
    pub(crate) async fn with_shards(shards: i32) -> Self {
        Self::in_simulator(KinesisServer::start(), shards).await
    }

    /// The same in this simulator.
    pub(crate) async fn in_simulator(server: KinesisServer, shards: i32) -> Self {
        let sandbox = Self::at(server.url(), Some(server)).await;
        let create = sandbox.client.create_stream().stream_name(STREAM).shard_count(shards);
        create.send().await.unwrap();
        sandbox.wait_until_active().await;
        sandbox
    }

    /// The double of AWS plays Kinesis.
    pub(crate) async fn with_double() -> Self {
        Self::at(String::new(), None).await
    }

    /// Kinesis is at this URL.
    pub(crate) async fn at(kinesis: String, server: Option<KinesisServer>) -> Self {
        let aws = AwsDouble::start();
        aws.add_user(KEY, ACCOUNT, "weir");
        let kinesis = if kinesis.is_empty() { aws.url() } else { kinesis };
        let accounts = Arc::new(accounts(&aws.url(), &kinesis));
        let account = accounts.resolve().await.accounts.remove(0);
        Self {
            accounts: watch::Sender::new(Some(accounts)),
            client: Client::new(&account.config(REGION)),
            aws,
            kinesis,
            store: Arc::new(MemoryStore::default()),
            delivered: Delivered::default(),
            formats: watch::Sender::new(Some(Arc::default())),
            _server: server,
        }
    }

    pub(crate) async fn wait_until_active(&self) {
        let is_active = async || {
            let call = self.client.describe_stream_summary().stream_name(STREAM).send().await;
            let summary = call.ok()?.stream_description_summary?;
            (summary.stream_status().as_str() == "ACTIVE").then_some(())
        };
        wait_for_async("the stream to be active", is_active).await;
    }

    /// Puts a record.
    pub(crate) async fn put(&self, key: &str, data: Vec<u8>) {
        let call = self.client.put_record().stream_name(STREAM).partition_key(key);
        call.data(Blob::new(data)).send().await.unwrap();
    }

    /// Puts gzip batches of ten lines, each with numbers of its own. The lines.
    pub(crate) async fn put_batches(&self, batches: std::ops::Range<u32>) -> Vec<String> {
        let mut all = Vec::new();
        for number in batches {
            let lines: Vec<_> = (0..10).map(|line| format!("2 batch{number} line{line}")).collect();
            let events =
                lines.iter().enumerate().map(|(line, text)| (number * 10 + line as u32, text));
            self.put(&number.to_string(), gzip(&batch(events))).await;
            all.extend(lines);
        }
        all
    }

    pub(crate) fn table(&self) -> Table {
        Table::new(Arc::clone(&self.store), "kinesis")
    }

    pub(crate) async fn leases(&self) -> Vec<(UnitId, LeaseRecord)> {
        let listing = self.table().list().await.unwrap();
        listing.units.into_iter().map(|(unit, record, _)| (unit, record)).collect()
    }

    /// Waits until the leases are so.
    pub(crate) async fn wait_for_leases(
        &self,
        what: &str,
        are_so: impl Fn(&[(UnitId, LeaseRecord)]) -> bool,
    ) {
        wait_for_async(what, async || are_so(&self.leases().await).then_some(())).await;
    }

    /// A worker that reads the stream from its start.
    pub(crate) fn worker(&self, name: &str) -> Worker {
        self.worker_of(name, stream())
    }

    pub(crate) fn worker_of(&self, name: &str, stream: StreamConfig) -> Worker {
        self.worker_with(name, stream, |_| {})
    }

    /// The same with a configuration that is changed.
    pub(crate) fn worker_with(
        &self,
        name: &str,
        stream: StreamConfig,
        change: impl FnOnce(&mut KinesisConfig),
    ) -> Worker {
        let leases = LeaseConfig {
            failover: Duration::from_millis(1500),
            scan: Duration::from_millis(100),
            hand_over: Duration::from_secs(20),
            ..LeaseConfig::new(name)
        };
        let mut config = KinesisConfig {
            leases,
            idle: Duration::from_millis(200),
            sync: Duration::from_millis(500),
            fan_out: FanOutConfig {
                between: Duration::from_millis(100),
                silence: Duration::from_secs(2),
            },
            ..KinesisConfig::new(name)
        };
        change(&mut config);
        let (streams, configured) = watch::channel(Arc::from([stream]));
        let accounts = FollowedAccounts::new(self.accounts.subscribe());
        let store = Arc::clone(&self.store);
        let formats = self.formats.subscribe();
        let source = KinesisSource::start_with(config, accounts, store, configured, formats);
        let (commits, is_committing) = watch::channel(true);
        let dispatch = self.delivered.exporter(is_committing);
        let meter = Arc::new(InputMeter::new("kinesis", InputKind::Kinesis, name));
        let input = Input { meter: Arc::clone(&meter), store: None };
        let shutdown = Shutdown::manual();
        let asked = shutdown.clone();
        let ingest =
            IngestConfig { commit_interval: Duration::from_millis(50), ..IngestConfig::default() };
        let task =
            tokio::spawn(
                async move { weir_ingest::run(source, dispatch, input, ingest, &asked).await },
            );
        Worker { task, shutdown, commits, meter, streams }
    }
}

pub(crate) fn stream() -> StreamConfig {
    StreamConfig {
        initial: InitialPosition::TrimHorizon,
        begin: true,
        ..StreamConfig::new(REGION, STREAM)
    }
}

/// The same stream, read with enhanced fan-out.
pub(crate) fn fanned_out() -> StreamConfig {
    let consumer = CONSUMER.to_owned();
    StreamConfig { retrieval: Retrieval::FanOut { consumer }, ..stream() }
}

pub(crate) fn accounts(aws: &str, kinesis: &str) -> Accounts {
    accounts_with(aws, kinesis, KEY)
}

/// The account of this access key.
pub(crate) fn accounts_with(aws: &str, kinesis: &str, key: &str) -> Accounts {
    let mut endpoints = Endpoints::one(aws);
    endpoints.services.insert("Kinesis", kinesis.to_owned());
    endpoints.services.insert("CloudWatch Logs", kinesis.to_owned());
    let connection = Connection { endpoints, ..Connection::default() };
    let region = Some(REGION.to_owned());
    let config = AwsConfig { region, connection, ..AwsConfig::default() };
    Accounts::with_own_credentials(config, own_keys(key))
}

/// weir's own identity.
pub(crate) fn own_keys(key: &str) -> SharedCredentialsProvider {
    let keys = Credentials::builder().access_key_id(key).secret_access_key("secret");
    SharedCredentialsProvider::new(keys.provider_name("test").build())
}

/// A worker.
pub(crate) struct Worker {
    task: JoinHandle<Report>,
    shutdown: Shutdown,
    /// Whether its exporter commits.
    pub(crate) commits: watch::Sender<bool>,
    meter: Arc<InputMeter>,
    /// What it reads.
    pub(crate) streams: watch::Sender<Arc<[StreamConfig]>>,
}

impl Worker {
    /// Ends it as SIGTERM does.
    pub(crate) async fn stop(self) -> Report {
        self.shutdown.trigger();
        self.task.await.unwrap()
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(self) -> Report {
        weir_testkit::soon("the worker's end", self.task).await.unwrap()
    }

    /// Ends it as SIGKILL does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        drop(self.task.await);
    }

    pub(crate) fn status(&self) -> InputStatus {
        self.meter.status()
    }
}

pub(crate) fn batch<'a>(events: impl Iterator<Item = (u32, &'a String)>) -> String {
    batch_of("eni-0a1b2c3d4e5f67890-all", events)
}

pub(crate) fn batch_of<'a>(
    log_stream: &str,
    events: impl Iterator<Item = (u32, &'a String)>,
) -> String {
    let event = |(id, message): (u32, &String)| {
        let id = format!("{id:056}");
        serde_json::json!({"id": id, "timestamp": 1_700_000_000_000_u64, "message": message})
    };
    let events: Vec<_> = events.map(event).collect();
    serde_json::json!({
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": "/vpc/flows",
        "logStream": log_stream,
        "subscriptionFilters": ["weir"],
        "logEvents": events,
    })
    .to_string()
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
