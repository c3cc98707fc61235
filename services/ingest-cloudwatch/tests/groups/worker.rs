//! A worker: the source and the loop in a task.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use weir_aws::{Access, Accounts, AwsConfig, Connection, Endpoints, FollowedAccounts};
use weir_flowlog::LogFormat;
use weir_ingest::{
    Backoff, DeliveryEvent, Dispatch, IngestConfig, Input, InputKind, InputMeter, Report,
};
use weir_ingest_cloudwatch::{
    CloudWatchConfig, CloudWatchSource, GroupInput, InitialPosition, Inputs,
};
use weir_inventory::log_formats::{FlowLogFormat, KnownFormats};
use weir_lease::LeaseConfig;
use weir_runtime::Shutdown;
use weir_store::{RedisConfig, RedisStore, Store, StoreOptions};
use weir_testkit::{RedisServer, soon};

use crate::cloud::{ACCOUNT, KEY, REGION};

/// How far each look reaches back, in seconds.
pub(crate) const OVERLAP: u64 = 4;

/// What a worker is asked to do.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The accounts that count.
    pub(crate) accounts: watch::Sender<Option<Arc<Accounts>>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) config: CloudWatchConfig,
    pub(crate) inputs: watch::Sender<Inputs>,
    /// What discovery knows: at first nothing.
    pub(crate) formats: watch::Sender<Option<Arc<KnownFormats>>>,
    starts: u32,
}

impl Plan {
    /// Reads groups of an endpoint from the oldest event on.
    pub(crate) fn new(url: String, store: Arc<dyn Store>, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|name| group(ACCOUNT, name)).collect();
        let config = CloudWatchConfig {
            rate: 500.0,
            lease: LeaseConfig {
                failover: Duration::from_secs(60),
                scan: Duration::from_millis(100),
                ..LeaseConfig::new("")
            },
            ..CloudWatchConfig::new("")
        };
        let inputs = inputs(groups);
        let formats = watch::Sender::new(Some(Arc::default()));
        let accounts = watch::Sender::new(Some(accounts(&url, KEY)));
        let inputs = watch::Sender::new(inputs);
        Self { accounts, store, config, inputs, formats, starts: 0 }
    }

    /// Leases of workers that end without a word are taken soon.
    pub(crate) fn with_short_leases(mut self) -> Self {
        self.config.lease.failover = Duration::from_secs(2);
        self
    }

    /// A source of a new worker.
    pub(crate) fn source(&mut self) -> CloudWatchSource {
        self.starts += 1;
        let lease =
            LeaseConfig { worker: format!("worker-{}", self.starts), ..self.config.lease.clone() };
        let config = CloudWatchConfig { lease, ..self.config.clone() };
        let accounts = FollowedAccounts::new(self.accounts.subscribe());
        let (inputs, formats) = (self.inputs.subscribe(), self.formats.subscribe());
        CloudWatchSource::open(config, accounts, inputs, formats, Arc::clone(&self.store))
    }

    /// Starts a worker.
    pub(crate) fn start(&mut self, dispatch: Dispatch<DeliveryEvent>) -> Worker {
        let source = self.source();
        let name = format!("worker-{}", self.starts);
        let meter = Arc::new(InputMeter::new("cloudwatch", InputKind::CloudWatch, name));
        let input = Input { meter: Arc::clone(&meter), store: None };
        let config = IngestConfig {
            commit_interval: Duration::from_millis(20),
            rewind_delay: Duration::from_millis(20),
            backoff: Backoff { first: Duration::from_millis(50), most: Duration::from_millis(500) },
            ..IngestConfig::default()
        };
        let shutdown = Shutdown::manual();
        let asked = shutdown.clone();
        let task =
            tokio::spawn(
                async move { weir_ingest::run(source, dispatch, input, config, &asked).await },
            );
        Worker { task, shutdown, meter }
    }
}

/// The account of this access key.
pub(crate) fn accounts(url: &str, key: &str) -> Arc<Accounts> {
    let connection = Connection { endpoints: Endpoints::one(url), ..Connection::default() };
    let aws = AwsConfig { connection, ..AwsConfig::default() };
    let own = Credentials::new(key, "secret", None, None, "test");
    Arc::new(Accounts::with_own_credentials(aws, SharedCredentialsProvider::new(own)))
}

/// A group that is read from its oldest event on, with lines of the default format.
pub(crate) fn group(account: &str, name: &str) -> GroupInput {
    let format = FlowLogFormat::new(Arc::new(LogFormat::vpc_default()), None);
    GroupInput {
        group: format!("arn:aws:logs:{REGION}:{account}:log-group:{name}").parse().unwrap(),
        access: Access::Account(account.to_owned()),
        formats: vec![Arc::new(format)],
        start: InitialPosition::TrimHorizon,
        begin: true,
        covered: Vec::new(),
    }
}

/// Looks at groups again and again.
pub(crate) fn inputs(groups: Vec<GroupInput>) -> Inputs {
    Inputs {
        groups,
        interval: Duration::from_millis(50),
        overlap: Duration::from_secs(OVERLAP),
        settle: Duration::ZERO,
    }
}

/// A running worker.
pub(crate) struct Worker {
    task: JoinHandle<Report>,
    shutdown: Shutdown,
    pub(crate) meter: Arc<InputMeter>,
}

impl Worker {
    /// Ends it well.
    pub(crate) async fn end(self) -> Report {
        self.shutdown.trigger();
        soon("the worker to end", self.task).await.unwrap()
    }

    /// Ends it without a word.
    pub(crate) async fn kill(self) {
        self.task.abort();
        drop(self.task.await);
    }

    /// How it ended by itself.
    pub(crate) async fn ended(self) -> Report {
        soon("the worker to end", self.task).await.unwrap()
    }
}

/// A store over a server, as workers have it.
pub(crate) async fn redis_store(server: &RedisServer) -> Arc<dyn Store> {
    let config = RedisConfig { timeout: Duration::from_secs(2), ..RedisConfig::new(server.url()) };
    let store = RedisStore::new(config, StoreOptions::default()).unwrap();
    Arc::new(store.pinned().await.unwrap())
}
