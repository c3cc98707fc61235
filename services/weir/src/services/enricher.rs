//! `weir enricher`.

use std::sync::Arc;
use std::thread;

use anyhow::anyhow;
use weir_enricher::service::{self, EnricherConfig, InventorySource, ServiceConfig};
use weir_rpc::receiver::ReceiverConfig;
use weir_runtime::usage;

use super::exporter::octets;
use super::{ServiceArgs, required, run, security, store};
use crate::commands::load_geo_database;
use crate::config::{Config, StoreSettings};

/// Runs an enricher until a signal asks it to end.
pub(crate) fn enricher(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let settings = config.services.enricher.clone();
    let service = ServiceConfig {
        listen: settings.listeners.listen,
        admin_listen: settings.listeners.admin_listen,
        security: security(&config, args)?,
        exporters: required(
            Some(settings.exporters).filter(|exporters| !exporters.is_empty()),
            args,
            "enricher.exporter",
            "give the exporter's address, such as https://exporter:4480, or those of several as \
             exporters",
        )?,
        inventory: inventory(&config, args)?,
        enricher: enricher_config(&config)?,
        grace: settings.listeners.grace,
    };
    let fallback = config.fallback_exporter.clone();
    let telemetry = config.telemetry.clone();
    run("weir-enricher", &telemetry, log_level, |shutdown| async move {
        let settings = store::settings(&config)?;
        service::run(service, fallback, settings, shutdown).await
    })
}

/// Where the inventory comes from, where somebody else keeps it.
pub(super) fn inventory(config: &Config, args: &ServiceArgs) -> anyhow::Result<InventorySource> {
    match (&config.services.store, config.inventory_store) {
        (StoreSettings::Redis(redis), true) => Ok(InventorySource::Store(store::redis(redis)?)),
        (_, true) => {
            let file = args.path().display();
            Err(usage(anyhow!(
                "{file}: inventory.store: needs a store that is shared: give url in [store]; one \
                 of its own goes with weir run, which sweeps itself"
            )))
        }
        (_, false) => {
            let advice =
                "give the inventory's JSON file, or store = true for what weir discovery finds";
            let file = required(config.inventory.clone(), args, "inventory.file", advice)?;
            Ok(InventorySource::File(file))
        }
    }
}

pub(super) fn enricher_config(config: &Config) -> anyhow::Result<EnricherConfig> {
    let settings = &config.services.enricher;
    let geo_database = config.geo_database.as_deref().map(load_geo_database).transpose()?;
    let in_flight_octets = octets(settings.in_flight);
    Ok(EnricherConfig {
        threads: settings.threads.unwrap_or_else(|| {
            thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN)
        }),
        receiver: ReceiverConfig {
            in_flight_octets,
            stream_octets: in_flight_octets,
            // What was committed is remembered by the exporter alone.
            memory: 0,
            ..ReceiverConfig::default()
        },
        dispatcher: service::records_of(in_flight_octets),
        geo_database: geo_database.map(Arc::new),
    })
}
