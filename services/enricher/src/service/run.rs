//! The life of the service: listen, serve, drain.

use std::sync::Arc;

use tokio::sync::watch;
use weir_control::settings::Effective;
use weir_delivery::Shards;
use weir_inventory::FallbackExporter;
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::{SystemResolver, TargetSource, Targets};
use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::link::Remote;
use weir_rpc::pb::enrich_service_server::EnrichServiceServer;
use weir_rpc::server::{Server, ServerConfig, Services, serve_and_drain};
use weir_rpc::tls::Security;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;

use super::admin::with_admin_service;
use super::config::ServiceConfig;
use super::core::EnricherCore;
use super::data::DataService;
use super::exporters::ExporterEnd;
use super::following::follow_settings;
use super::layouts::Question;
use super::{inventory, layouts, metrics};

/// Runs the enricher until `shutdown`, then lets what is in flight leave within the grace.
///
/// # Errors
///
/// When it cannot start.
pub async fn run(
    config: ServiceConfig,
    fallback: FallbackExporter,
    settings: watch::Receiver<Arc<Effective>>,
    shutdown: Shutdown,
) -> anyhow::Result<Drained> {
    let ServiceConfig { security, exporters, enricher, grace, .. } = config;
    let exporters = ends(exporters, &security)?;
    let data = Server::bind(ServerConfig::data(config.listen, security.clone())).await?;
    let admin = Server::bind(ServerConfig::admin(config.admin_listen, security)).await?;
    tracing::info!(data = %data.local_addr(), admin = %admin.local_addr(), "enricher listens");

    let inventory = inventory::follow(config.inventory, fallback);
    let core = EnricherCore::start(&enricher, exporters, inventory)?;
    metrics::observe(&core);
    follow_settings(&core, settings);
    let health = Health::new();
    follow_conditions(&core, &health);
    let data_service = limited!(EnrichServiceServer::new(DataService::new(Arc::clone(&core))));
    let data_services = Services::new(&health).with(data_service);
    let admin_services = with_admin_service(Services::new(&health), &core, &health);
    health.set_ready(true);

    // People may look on until the end.
    let administering = tokio::spawn(admin.serve(admin_services, std::future::pending()));
    let closing = {
        let core = Arc::clone(&core);
        move || core.close()
    };
    let drained = serve_and_drain(data, data_services, &health, &shutdown, grace, closing).await?;
    administering.abort();
    let (lines, records) = core.counts();
    tracing::info!(lines, records, "the enricher has ended");
    Ok(drained)
}

/// Begins to look for the exporters and to ask them for their layouts.
fn ends(
    exporters: Vec<TargetSource>,
    security: &Security,
) -> anyhow::Result<Vec<ExporterEnd<Remote>>> {
    let connector = Connector::new(security)?;
    let shards = Shards::new(exporters.len()).unwrap_or(Shards::ONE);
    let end = |source: TargetSource| {
        let target = source.to_string();
        let endpoints = Targets::new(vec![source], security)?.watch(Arc::new(SystemResolver));
        let receivers = Remote::new(endpoints.clone(), connector.clone());
        let connector = connector.clone();
        let question = Question { target: target.clone(), endpoints, connector, shards };
        Ok(ExporterEnd { target, receivers, layouts: layouts::follow(question) })
    };
    exporters.into_iter().map(end).collect()
}

/// Lets health say what is waited for.
pub fn follow_conditions(core: &EnricherCore, health: &Health) {
    let has_layouts = health.wait_for("exporter");
    let has_inventory = health.wait_for("inventory");
    let (mut layouts, mut inventory) = (core.layouts(), core.inventory());
    tokio::spawn(async move {
        loop {
            has_layouts.set(layouts.borrow_and_update().iter().all(Option::is_some));
            has_inventory.set(inventory.borrow_and_update().is_some());
            tokio::select! {
                Ok(()) = layouts.changed() => {}
                Ok(()) = inventory.changed() => {}
                else => return,
            }
        }
    });
}
