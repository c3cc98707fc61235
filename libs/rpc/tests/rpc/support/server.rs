//! A server that ends with its test.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::Target;
use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb::enrich_service_client::EnrichServiceClient;
use weir_rpc::pb::enrich_service_server::EnrichServiceServer;
use weir_rpc::pb::enricher_admin_service_client::EnricherAdminServiceClient;
use weir_rpc::pb::enricher_admin_service_server::EnricherAdminServiceServer;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;

use super::services::{Admin, Enrich, Gate};

/// A listener with both services of a test.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) health: Health,
    pub(crate) gate: Gate,
    pub(crate) shutdown: Option<oneshot::Sender<()>>,
    pub(crate) serving: JoinHandle<()>,
    is_tls: bool,
}

impl TestServer {
    pub(crate) async fn data(security: Security) -> Self {
        Self::start(ServerConfig::data(loopback(), security)).await
    }

    pub(crate) async fn admin(security: Security) -> Self {
        Self::start(ServerConfig::admin(loopback(), security)).await
    }

    pub(crate) async fn start(config: ServerConfig) -> Self {
        let is_tls = !config.security.is_plaintext();
        let server = Server::bind(config).await.unwrap();
        let address = server.local_addr();
        let (health, gate) = (Health::new(), Gate::default());
        let services = Services::new(&health)
            .with(limited!(EnrichServiceServer::new(Enrich)))
            .with(limited!(EnricherAdminServiceServer::new(Admin(gate.clone()))));
        let (shutdown, asked) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let shutdown = async { drop(asked.await) };
            server.serve(services, shutdown).await.unwrap();
        });
        Self { address, health, gate, shutdown: Some(shutdown), serving, is_tls }
    }

    pub(crate) fn target(&self) -> Target {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.address.port()).parse().unwrap()
    }

    /// A channel to it that connects with the first call.
    pub(crate) fn channel(&self, security: &Security) -> Channel {
        Connector::new(security).unwrap().connect_lazy(&self.target()).unwrap()
    }

    pub(crate) fn shut_down(&mut self) {
        self.shutdown.take().unwrap().send(()).unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A plaintext configuration to change.
pub(crate) fn plaintext() -> ServerConfig {
    ServerConfig::data(loopback(), Security::Plaintext)
}

pub(crate) fn admin_client(channel: Channel) -> EnricherAdminServiceClient<Channel> {
    limited!(EnricherAdminServiceClient::new(channel))
}

pub(crate) fn data_client(channel: Channel) -> EnrichServiceClient<Channel> {
    limited!(EnrichServiceClient::new(channel))
}
