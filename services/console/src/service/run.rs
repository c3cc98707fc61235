//! The life of the console: listen, ask, answer, end.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinHandle;
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::{InvalidTarget, SystemResolver, TargetSource, Targets};
use weir_rpc::health::Health;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::drain::{Drained, with_grace};
use weir_runtime::{Shutdown, usage};

use super::clients::{Clients, Peers};
use super::routes::routes;
use super::state::Console;
use super::{live, sweep};
use crate::access::Access;
use crate::config::{ConsoleConfig, Servers};
use crate::http::{Gate, Listener};
use crate::metrics::{self, Metrics};

/// Runs the console until `shutdown`, then lets answers under way end within the grace.
///
/// # Errors
///
/// When it cannot start.
pub async fn run(config: ConsoleConfig, shutdown: Shutdown) -> anyhow::Result<Drained> {
    let ConsoleConfig { security, servers, access, interval, grace, .. } = config;
    let metrics = Arc::new(Metrics::new());
    let accounts = Access::new(&access).context("[console]").map_err(usage)?;
    let accounts = Arc::new(accounts);
    metrics::observe(&accounts);
    let listener = Listener::bind(config.listen, &access).await?;
    let admin = Server::bind(ServerConfig::admin(config.admin_listen, security.clone())).await?;
    let clients = Arc::new(clients(servers, &security, &metrics)?);
    log_start(&listener, &admin);

    let gate = Gate { access: accounts, metrics: Arc::clone(&metrics) };
    let (seen, looking) = live::watch(Arc::clone(&clients), interval);
    let console = Arc::new(Console {
        gate,
        sweeps: sweep::Sweeps::new(Arc::clone(&clients)),
        clients,
        seen,
        feeds: super::feed::slots(),
        shutdown: shutdown.clone(),
    });
    let health = Health::new();
    let administering = tokio::spawn(admin.serve(Services::new(&health), std::future::pending()));
    let serving = tokio::spawn(listener.serve(routes(&console), metrics, shutdown.clone()));
    health.set_ready(true);

    shutdown.requested().await;
    health.draining();
    let drained = with_grace(grace, finished(serving)).await;
    looking.abort();
    administering.abort();
    tracing::info!("the console has ended");
    Ok(drained)
}

async fn finished(serving: JoinHandle<()>) {
    if let Err(error) = serving.await {
        tracing::error!(%error, "the listener ended unexpectedly");
    }
}

fn clients(
    servers: Servers,
    security: &Security,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<Clients> {
    let connector = Connector::new(security)?;
    let peers = |what, sources: Vec<TargetSource>| {
        let endpoints = Targets::new(sources, security)?.watch(Arc::new(SystemResolver));
        Ok::<_, InvalidTarget>(Peers::new(what, endpoints, connector.clone()))
    };
    Ok(Clients {
        discovery: peers("discovery", vec![servers.discovery])?,
        enrichers: peers("enrichers", servers.enrichers)?,
        exporters: peers("exporters", servers.exporters)?,
        metrics: Arc::clone(metrics),
    })
}

fn log_start(listener: &Listener, admin: &Server) {
    let data = listener.address();
    tracing::info!(%data, admin = %admin.local_addr(), "console listens");
    let scheme = if listener.is_tls() { "https" } else { "http" };
    tracing::info!("the console is at {scheme}://{data}/");
}
