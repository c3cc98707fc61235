//! `weir discovery`.

use std::sync::Arc;

use anyhow::anyhow;
use weir_control::settings;
use weir_discovery::service::{self, ServiceConfig};
use weir_runtime::usage;

use super::sweeping::{self, Sweeping};
use super::{ServiceArgs, run, security, store};
use crate::config::{DiscoverySettings, StoreSettings};

/// Sweeps until a signal asks it to end.
pub(crate) fn discovery(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let StoreSettings::Redis(redis) = &config.services.store else {
        let file = args.path().display();
        return Err(usage(anyhow!(
            "{file}: store.url: missing: give the Redis server that enrichers share with \
             discovery, such as redis://127.0.0.1:6379"
        )));
    };
    let store = store::redis(redis)?;
    let security = security(&config, args)?;
    let Sweeping { settings, accounts, ranges } = Sweeping::new(&config)?;
    let DiscoverySettings { admin_listen, grace, discovery, .. } = settings;
    let service = ServiceConfig { admin_listen, security, discovery, accounts, grace };
    run("weir-discovery", &config.telemetry, log_level, |shutdown| async move {
        let followed = settings::follow(Arc::clone(&store), service.discovery.settings.clone());
        let reader = sweeping::reader(&store, &service.accounts, followed);
        service::run(service, store, reader, Some(ranges), shutdown).await
    })
}
