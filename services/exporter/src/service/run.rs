//! The life of the service: listen, serve, drain.

use std::sync::Arc;

use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb::export_service_server::ExportServiceServer;
use weir_rpc::server::{Server, ServerConfig, Services, serve_and_drain};
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;

use super::admin::with_admin_service;
use super::config::ServiceConfig;
use super::core::ExporterCore;
use super::data::DataService;
use super::metrics;

/// Runs the exporter until `shutdown`, then lets what is in flight leave within the grace.
///
/// # Errors
///
/// When it cannot start, or an output fails for good.
pub async fn run(config: ServiceConfig, shutdown: Shutdown) -> anyhow::Result<Drained> {
    let core = ExporterCore::start(&config.exporter, config.receiver, config.held_octets)?;
    let data = Server::bind(ServerConfig::data(config.listen, config.security.clone())).await?;
    let admin = Server::bind(ServerConfig::admin(config.admin_listen, config.security)).await?;
    tracing::info!(data = %data.local_addr(), admin = %admin.local_addr(), "exporter listens");
    metrics::observe(&core);
    let health = Health::new();
    let holding = tokio::spawn(hold(Arc::clone(&core)));
    let data_service = limited!(ExportServiceServer::new(DataService::new(Arc::clone(&core))));
    let data_services = Services::new(&health).with(data_service);
    let admin_services = with_admin_service(Services::new(&health), &core);
    health.set_ready(true);

    // People may look on until the end.
    let administering = tokio::spawn(admin.serve(admin_services, std::future::pending()));
    let closing = {
        let core = Arc::clone(&core);
        move || core.close()
    };
    let drained =
        serve_and_drain(data, data_services, &health, &shutdown, config.grace, closing).await?;
    administering.abort();
    holding.abort();
    finish(core, drained).await?;
    Ok(drained)
}

async fn hold(core: Arc<ExporterCore>) {
    core.hold().await;
}

/// Closes the outputs. What a cut leaves behind was not answered: its senders have it.
///
/// # Errors
///
/// What stopped the exporter.
pub async fn finish(core: Arc<ExporterCore>, drained: Drained) -> anyhow::Result<()> {
    report(&core);
    if drained != Drained::Complete {
        core.stopper().stop();
        return Ok(());
    }
    // A status call that is being answered at this moment may have it too: then it just ends.
    if let Some(core) = Arc::into_inner(core) {
        tokio::task::spawn_blocking(move || core.finish()).await??;
    }
    Ok(())
}

fn report(core: &ExporterCore) {
    let report = core.report();
    tracing::info!(
        runs = report.runs,
        records = report.tally.records,
        rejected = report.rejected_lines(),
        "the exporter has ended"
    );
}
