//! What `weir discovery` sweeps, and the same as a stage of `weir run`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;
use weir_aws::{Accounts, AwsConfig};
use weir_control::accounts::{AtFirst, FileAccounts};
use weir_discovery::metrics;
use weir_discovery::published_ranges::PublishedRanges;
use weir_discovery::service::{
    DiscoveryCore, keep_inputs, with_control_services, with_discovery_service,
};
use weir_discovery::sweep::{AwsReader, SweepLimits};
use weir_rpc::health::Health;
use weir_rpc::server::Services;
use weir_runtime::drain::{Drained, with_grace};
use weir_store::Store;

use super::accounts;
use super::store::Settings;
use crate::config::{Config, DiscoverySettings};

/// Accounts and how they are swept, as configured.
pub(super) struct Sweeping {
    pub(super) settings: DiscoverySettings,
    pub(super) accounts: FileAccounts,
    pub(super) ranges: Arc<PublishedRanges>,
}

impl Sweeping {
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let mut settings = config.aws.discovery.clone().unwrap_or_default();
        settings.discovery.settings = config.file_settings();
        let ranges = Arc::new(PublishedRanges::new(settings.ip_ranges.open()?));
        let accounts = accounts::of_file(config);
        Ok(Self { settings, accounts, ranges })
    }

    /// Sweeps into `store` from now on, beside the stages that deliver.
    pub(super) fn start(self, store: Arc<dyn Store>, followed: Settings) -> Stage {
        let Self { settings, accounts, ranges } = self;
        let config = &settings.discovery;
        let reader = reader(&store, &accounts, followed);
        let core = DiscoveryCore::start(config, Arc::clone(&store), reader, Some(ranges));
        metrics::observe(&core.publisher, &config.clock);
        let _keeping = AbortOnDropHandle::new(keep_inputs(&core, &store));
        Stage { _keeping, core, store, accounts, grace: settings.grace }
    }
}

/// What reads the accounts that count, as the settings say. Made once telemetry has started: what
/// it counts is seen then.
pub(super) fn reader(
    store: &Arc<dyn Store>,
    accounts: &FileAccounts,
    settings: Settings,
) -> Arc<AwsReader> {
    let (store, file) = (Arc::clone(store), accounts.clone());
    let made = (AtFirst::Nothing, Accounts::new as fn(AwsConfig) -> Accounts);
    let accounts = weir_control::accounts::follow(store, file, settings, made);
    Arc::new(AwsReader::following(accounts, SweepLimits::default()))
}

/// Discovery in a process that does more. What it does by itself ends when it is dropped.
pub(super) struct Stage {
    _keeping: AbortOnDropHandle<()>,
    core: Arc<DiscoveryCore>,
    store: Arc<dyn Store>,
    accounts: FileAccounts,
    grace: Duration,
}

impl Stage {
    /// Adds its calls to the listener of the process, and its conditions to the health.
    pub(super) fn with_services(&self, services: Services, health: &Health) -> Services {
        self.core.follow_conditions(health);
        let services = with_discovery_service(services, &self.core, health);
        with_control_services(services, &self.core, &self.store, self.accounts.clone())
    }

    /// Gives what was found some time to be stored. Without it the next process sweeps anew: that
    /// is no failure of what was delivered.
    pub(super) async fn settle(self) {
        if with_grace(self.grace, self.core.publisher.settled()).await != Drained::Complete {
            tracing::warn!("the last sweep is not in the store: the next process sweeps anew");
        }
    }
}
