//! A source as a process of its own, before enrichers in others.

use std::sync::Arc;

use weir_rpc::channel::Connector;
use weir_rpc::endpoints::{SystemResolver, Targets};
use weir_rpc::health::Health;
use weir_rpc::link::Remote;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::drive::{Deliveries, deliveries};
use super::store;
use crate::config::{Config, SourceService};

/// Serves people, and has `read` read until it ends: with the store, the way to the enrichers and
/// the health of the process.
pub(super) async fn serve(
    name: &'static str,
    service: &SourceService,
    config: &Config,
    security: Security,
    read: impl AsyncFnOnce(Arc<dyn Store>, Deliveries, &Health) -> anyhow::Result<Drained>,
) -> anyhow::Result<Drained> {
    let targets = Targets::new(service.enrichers.clone(), &security)?;
    let endpoints = targets.watch(Arc::new(SystemResolver));
    let receivers = Remote::new(endpoints, Connector::new(&security)?);
    let deliveries = deliveries(receivers, service.in_flight);

    let store = store::open(&config.services.store).await?;
    let admin = Server::bind(ServerConfig::admin(service.admin_listen, security)).await?;
    tracing::info!(admin = %admin.local_addr(), "{name} listens");
    let health = Health::new();
    let services = weir_ingest::with_ingest_service(Services::new(&health), Arc::clone(&store));
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);
    let drained = read(store, deliveries, &health).await?;
    administering.abort();
    Ok(drained)
}
