//! The life of the service: listen, sweep, publish, end.

use std::sync::Arc;

use weir_control::accounts::FileAccounts;
use weir_control::settings::with_settings_service;
use weir_rpc::health::Health;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_runtime::Shutdown;
use weir_runtime::drain::{Drained, with_grace};
use weir_store::Store;

use super::account::with_account_service;
use super::assignments::with_assignment_service;
use super::calls::with_discovery_service;
use super::config::ServiceConfig;
use super::core::DiscoveryCore;
use super::inputs::{keep_inputs, with_input_service};
use crate::metrics;
use crate::reader::{RangesReader, RegionReader};

/// Runs discovery until `shutdown`. A sweep that is under way is given up: nothing of it was
/// published. A result that the store has not taken gets the grace to be.
///
/// # Errors
///
/// When it cannot start.
pub async fn run(
    config: ServiceConfig,
    store: Arc<dyn Store>,
    reader: Arc<dyn RegionReader>,
    ranges: Option<Arc<dyn RangesReader>>,
    shutdown: Shutdown,
) -> anyhow::Result<Drained> {
    let admin = Server::bind(ServerConfig::admin(config.admin_listen, config.security)).await?;
    tracing::info!(admin = %admin.local_addr(), "discovery listens");
    let core = DiscoveryCore::start(&config.discovery, Arc::clone(&store), reader, ranges);
    metrics::observe(&core.publisher, &config.discovery.clock);
    let health = Health::new();
    core.follow_conditions(&health);
    let services = with_discovery_service(Services::new(&health), &core, &health);
    let services = with_control_services(services, &core, &store, config.accounts);
    let services = with_settings_service(services, Arc::clone(&store), config.discovery.settings);
    let services = weir_ingest::with_ingest_service(services, Arc::clone(&store));
    let keeping = keep_inputs(&core, &store);
    health.set_ready(true);

    let serving = tokio::spawn(admin.serve(services, std::future::pending()));
    shutdown.requested().await;
    health.draining();
    let drained = with_grace(config.grace, core.publisher.settled()).await;
    keeping.abort();
    serving.abort();
    tracing::info!("discovery has ended");
    Ok(drained)
}

/// Adds the calls that change what is swept, what is read, and how it is exported.
pub fn with_control_services(
    services: Services,
    core: &Arc<DiscoveryCore>,
    store: &Arc<dyn Store>,
    accounts: FileAccounts,
) -> Services {
    let services = with_assignment_service(services, core, store);
    let services = with_input_service(services, core, store);
    with_account_service(services, Arc::clone(store), accounts, Arc::clone(&core.sweeper))
}
