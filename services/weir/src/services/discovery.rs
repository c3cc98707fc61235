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
    let Sweeping { settings, ranges, aws } = Sweeping::new(&config)?;
    let DiscoverySettings { admin_listen, grace, discovery, .. } = settings;
    let service = ServiceConfig { admin_listen, security, discovery, grace };
    let file = config.file_settings();
    run("weir-discovery", &config.telemetry, log_level, |shutdown| async move {
        let followed = settings::follow(Arc::clone(&store), file);
        let reader = sweeping::reader(aws, followed);
        service::run(service, store, reader, Some(ranges), shutdown).await
    })
}
