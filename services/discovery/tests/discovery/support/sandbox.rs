//! Discovery on a listener of its own, with a client.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tonic::transport::Channel;
use weir_control::accounts::FileAccounts;
use weir_discovery::service::{
    DiscoveryConfig, DiscoveryCore, keep_inputs, with_control_services, with_discovery_service,
};
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::Target;
use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb;
use weir_rpc::pb::discovery_service_client::DiscoveryServiceClient;
use weir_rpc::pb::exporter_assignment_service_client::ExporterAssignmentServiceClient;
use weir_rpc::pb::ingest_service_client::IngestServiceClient;
use weir_rpc::pb::input_service_client::InputServiceClient;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_store::Store;

use super::{FakeReader, FlakyStore, schedule, store, until};

/// What a test may choose.
pub(crate) struct Setup {
    pub(crate) reader: Arc<FakeReader>,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) config: DiscoveryConfig,
}

impl Setup {
    pub(crate) fn new(reader: Arc<FakeReader>) -> Self {
        let config = DiscoveryConfig {
            concurrency: NonZeroUsize::new(4).unwrap(),
            region_timeout: Duration::from_secs(10),
            backoff: Duration::from_millis(10),
            ..DiscoveryConfig::new(schedule())
        };
        Self { reader, store: store(), config }
    }

    pub(crate) async fn start(self) -> Sandbox {
        let Self { reader, store, config } = self;
        let core = DiscoveryCore::start(&config, store.clone(), reader.clone(), None);
        let health = Health::new();
        core.follow_conditions(&health);
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(ServerConfig::admin(listen, Security::Plaintext)).await.unwrap();
        let address = format!("http://{}", server.local_addr());
        let services = with_discovery_service(Services::new(&health), &core, &health);
        let shared: Arc<dyn Store> = store.clone();
        let services = with_control_services(services, &core, &shared, FileAccounts::default());
        let services = weir_ingest::with_ingest_service(services, Arc::clone(&shared));
        let keeping = keep_inputs(&core, &shared);
        health.set_ready(true);
        let serving = tokio::spawn(async move {
            server.serve(services, std::future::pending()).await.unwrap();
        });
        let target: Target = address.parse().unwrap();
        let connector = Connector::new(&Security::Plaintext).unwrap();
        let channel = connector.connect(&target).await.unwrap();
        let client = limited!(DiscoveryServiceClient::new(channel.clone()));
        let assigning = limited!(ExporterAssignmentServiceClient::new(channel.clone()));
        let inputs = limited!(InputServiceClient::new(channel.clone()));
        let ingest = limited!(IngestServiceClient::new(channel));
        Sandbox { core, reader, store, health, client, assigning, inputs, ingest, serving, keeping }
    }
}

/// Discovery as its callers see it.
pub(crate) struct Sandbox {
    pub(crate) core: Arc<DiscoveryCore>,
    pub(crate) reader: Arc<FakeReader>,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) health: Health,
    pub(crate) client: DiscoveryServiceClient<Channel>,
    pub(crate) assigning: ExporterAssignmentServiceClient<Channel>,
    pub(crate) inputs: InputServiceClient<Channel>,
    pub(crate) ingest: IngestServiceClient<Channel>,
    serving: JoinHandle<()>,
    keeping: JoinHandle<()>,
}

impl Sandbox {
    /// Everything as it is by default, after the sweep of the start.
    pub(crate) async fn swept(reader: Arc<FakeReader>) -> Self {
        let sandbox = Setup::new(reader).start().await;
        sandbox.after_sweeps(1).await;
        sandbox
    }

    /// Waits until so many sweeps have ended, those of the start counted in.
    pub(crate) async fn after_sweeps(&self, count: usize) {
        let plans = &self.reader.plans;
        let sweeper = &self.core.sweeper;
        until("the sweep ends", async || {
            plans.load(std::sync::atomic::Ordering::SeqCst) >= count && sweeper.running().is_none()
        })
        .await;
    }

    /// A sweep from its call to its end: what was told.
    pub(crate) async fn run(&mut self) -> Vec<pb::run_discovery_response::Event> {
        let stream = self.client.run_discovery(pb::RunDiscoveryRequest {}).await.unwrap();
        events(stream.into_inner()).await
    }

    /// A sweep's summary.
    pub(crate) async fn summary(&mut self) -> pb::SweepSummary {
        match self.run().await.pop() {
            Some(pb::run_discovery_response::Event::Summary(summary)) => summary,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn status(&mut self) -> pb::GetDiscoveryStatusResponse {
        let asked = pb::GetDiscoveryStatusRequest {};
        self.client.get_discovery_status(asked).await.unwrap().into_inner()
    }
}

/// All that a stream tells.
pub(crate) async fn events(
    mut stream: tonic::Streaming<pb::RunDiscoveryResponse>,
) -> Vec<pb::run_discovery_response::Event> {
    let mut events = Vec::new();
    let reading = async {
        while let Some(message) = stream.message().await.unwrap() {
            events.extend(message.event);
        }
    };
    tokio::time::timeout(super::DEADLINE, reading).await.expect("the sweep ends");
    events
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
        self.keeping.abort();
    }
}
