//! What `weir discovery` sweeps, and the same as a stage of `weir run`.

use std::sync::Arc;
use std::time::Duration;

use weir_aws::Accounts;
use weir_discovery::metrics;
use weir_discovery::published_ranges::PublishedRanges;
use weir_discovery::service::{DiscoveryCore, with_discovery_service};
use weir_discovery::sweep::{AwsReader, SweepLimits};
use weir_rpc::health::Health;
use weir_rpc::server::Services;
use weir_runtime::drain::{Drained, with_grace};
use weir_store::Store;

use crate::config::{Config, DiscoverySettings};

/// Accounts and how they are swept, as configured.
pub(super) struct Sweeping {
    pub(super) settings: DiscoverySettings,
    pub(super) ranges: Arc<PublishedRanges>,
    pub(super) accounts: Accounts,
}

impl Sweeping {
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let settings = config.aws.discovery.clone().unwrap_or_default();
        let ranges = Arc::new(PublishedRanges::new(settings.ip_ranges.open()?));
        let accounts = Accounts::new(config.aws.accounts.clone().unwrap_or_default());
        Ok(Self { settings, ranges, accounts })
    }

    /// Sweeps into `store` from now on, beside the stages that deliver.
    pub(super) fn start(self, store: Arc<dyn Store>) -> Stage {
        let Self { settings, ranges, accounts } = self;
        let config = &settings.discovery;
        let core = DiscoveryCore::start(config, store, reader(accounts), Some(ranges));
        metrics::observe(&core.publisher, &config.clock);
        Stage { core, grace: settings.grace }
    }
}

/// What reads the accounts. Made once telemetry has started: what it counts is seen then.
pub(super) fn reader(accounts: Accounts) -> Arc<AwsReader> {
    Arc::new(AwsReader::new(accounts, SweepLimits::default()))
}

/// Discovery in a process that does more. What it does by itself ends when it is dropped.
pub(super) struct Stage {
    core: Arc<DiscoveryCore>,
    grace: Duration,
}

impl Stage {
    /// Adds its calls to the listener of the process, and its conditions to the health.
    pub(super) fn with_service(&self, services: Services, health: &Health) -> Services {
        self.core.follow_conditions(health);
        with_discovery_service(services, &self.core, health)
    }

    /// Gives what was found some time to be stored. Without it the next process sweeps anew: that
    /// is no failure of what was delivered.
    pub(super) async fn settle(self) {
        if with_grace(self.grace, self.core.publisher.settled()).await != Drained::Complete {
            tracing::warn!("the last sweep is not in the store: the next process sweeps anew");
        }
    }
}
