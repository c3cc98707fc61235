//! The life of the service: listen, serve, drain.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb::export_service_server::ExportServiceServer;
use weir_rpc::server::{Server, ServerConfig, Services, serve_and_drain};
use weir_runtime::Shutdown;
use weir_runtime::drain::{Drained, with_grace};

use super::admin::with_admin_service;
use super::config::ServiceConfig;
use super::core::ExporterCore;
use super::data::DataService;
use super::following::{FollowedSettings, follow_settings};
use super::metrics;
use crate::collector_config::CollectorConfig;
use crate::config::ExporterConfig;

/// How long outputs that have nothing more to do may take to close.
const CLOSING: Duration = Duration::from_secs(1);

/// Runs the exporter until `shutdown`, then lets what is in flight leave within the grace.
///
/// # Errors
///
/// When it cannot start, or an output fails for good.
pub async fn run(
    config: ServiceConfig,
    followed: FollowedSettings,
    shutdown: Shutdown,
) -> anyhow::Result<Drained> {
    let core = ExporterCore::start(&config.exporter, config.receiver, config.held_octets)?;
    let data = Server::bind(ServerConfig::data(config.listen, config.security.clone())).await?;
    let admin = Server::bind(ServerConfig::admin(config.admin_listen, config.security)).await?;
    tracing::info!(data = %data.local_addr(), admin = %admin.local_addr(), "exporter listens");
    tell_limits(&config.exporter);
    metrics::observe(&core);
    follow_settings(&core, followed);
    let health = Health::new();
    let holding = tokio::spawn(hold(Arc::clone(&core)));
    let data_service = limited!(ExportServiceServer::new(DataService::new(
        Arc::clone(&core),
        config.receiver.in_flight_octets
    )));
    let data_services = Services::new(&health).with(data_service);
    let admin_services = with_admin_service(Services::new(&health), &core);
    health.set_ready(true);

    // People may look on until the end.
    let administering = tokio::spawn(admin.serve(admin_services, std::future::pending()));
    let asked = Arc::new(OnceLock::new());
    let closing = {
        let (core, asked) = (Arc::clone(&core), Arc::clone(&asked));
        move || {
            core.close();
            asked.get_or_init(Instant::now);
        }
    };
    let drained =
        serve_and_drain(data, data_services, &health, &shutdown, config.grace, closing).await?;
    let taken = asked.get().map(Instant::elapsed).unwrap_or_default();
    let drained = settle(&core, drained, config.grace.saturating_sub(taken)).await;
    administering.abort();
    holding.abort();
    // Each of them has the exporter until it has ended.
    drop((administering.await, holding.await));
    close(core, drained).await?;
    Ok(drained)
}

/// Rate limits as they are in effect here. Each change is told too.
fn tell_limits(config: &ExporterConfig) {
    let exporters = config.exporters.count();
    for CollectorConfig { address, records_per_second, .. } in &config.collectors {
        let unlimited = *records_per_second == 0;
        tracing::info!(%address, records_per_second, unlimited, exporters, "rate limit");
    }
}

async fn hold(core: Arc<ExporterCore>) {
    core.hold().await;
}

/// Lets all runs that were taken be written within `rest`: their senders may be gone. What a cut
/// leaves behind was not answered: its senders have it.
pub async fn settle(core: &ExporterCore, drained: Drained, rest: Duration) -> Drained {
    let drained = match drained {
        Drained::Complete => with_grace(rest, core.settled()).await,
        cut @ Drained::Cut { .. } => cut,
    };
    report(core);
    drained
}

/// Closes the outputs, unless they still have something to do or it takes too long.
///
/// # Errors
///
/// What stopped the exporter.
pub async fn close(core: Arc<ExporterCore>, drained: Drained) -> anyhow::Result<()> {
    let stopper = core.stopper();
    // A call that is being answered at this moment may have it too: then it just ends.
    if drained == Drained::Complete
        && let Some(core) = Arc::into_inner(core)
    {
        let closing = tokio::task::spawn_blocking(move || core.finish());
        if let Ok(closed) = tokio::time::timeout(CLOSING, closing).await {
            closed??;
        }
    }
    stopper.stop();
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
