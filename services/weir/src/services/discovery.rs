//! `weir discovery`.

use std::sync::Arc;

use anyhow::anyhow;
use weir_control::settings;
use weir_discovery::published_ranges::PublishedRanges;
use weir_discovery::service::{self, DiscoveryConfig, FileAccounts, ServiceConfig};
use weir_discovery::sweep::{AwsReader, SweepLimits};
use weir_runtime::usage;

use super::{ServiceArgs, run, security, store};
use crate::config::{DiscoverySettings, StoreSettings};

/// Sweeps until a signal asks it to end.
pub(crate) fn discovery(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let DiscoverySettings { admin_listen, grace, ip_ranges, discovery } =
        config.aws.discovery.clone().unwrap_or_default();
    let discovery = DiscoveryConfig { settings: config.file_settings(), ..discovery };
    let StoreSettings::Redis(redis) = &config.services.store else {
        let file = args.path().display();
        return Err(usage(anyhow!(
            "{file}: store.url: missing: give the Redis server that enrichers share with \
             discovery, such as redis://127.0.0.1:6379"
        )));
    };
    let store = store::redis(redis)?;
    let accounts = FileAccounts {
        aws: config.aws.accounts.clone().unwrap_or_default(),
        is_locked: config.control.locked,
        key_file: config.control.key_file.clone(),
    };
    let security = security(&config, args)?;
    let service = ServiceConfig { admin_listen, security, discovery, accounts, grace };
    let ranges = Arc::new(PublishedRanges::new(ip_ranges.open()?));
    run("weir-discovery", &config.telemetry, log_level, |shutdown| async move {
        let settings = settings::follow(Arc::clone(&store), service.discovery.settings.clone());
        let accounts = service.accounts.clone();
        let accounts = service::follow_accounts(Arc::clone(&store), accounts, settings);
        // Made here: what it counts is seen once telemetry has started.
        let reader = Arc::new(AwsReader::following(accounts, SweepLimits::default()));
        service::run(service, store, reader, Some(ranges), shutdown).await
    })
}
