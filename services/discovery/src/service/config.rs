//! What the service is asked to do.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use weir_control::accounts::FileAccounts;
use weir_control::settings::FileSettings;
use weir_inventory::region::DEFAULT_KEEP;
use weir_rpc::tls::Security;

use crate::clock::Clock;
use crate::schedule::{Schedule, Timing};

/// How discovery sweeps and publishes.
#[derive(Clone, Debug)]
pub struct DiscoveryConfig {
    /// When sweeps begin.
    pub timing: Timing,
    /// Regions that are read at a time.
    pub concurrency: NonZeroUsize,
    /// How long a region may take.
    pub region_timeout: Duration,
    /// How long what has vanished stays known.
    pub keep: Duration,
    /// How long a replaced content stays in the store.
    pub linger: Duration,
    /// The first wait after the store failed; the next ones are longer.
    pub backoff: Duration,
    /// What the file says of the settings; [`DiscoveryConfig::timing`] has its schedule too.
    pub settings: FileSettings,
    /// What time it is.
    pub clock: Clock,
}

impl DiscoveryConfig {
    /// Sweeps by this schedule, and else by default: 16 regions at a time, each for 5 minutes at
    /// most; what has vanished stays for a day.
    pub fn new(schedule: Schedule) -> Self {
        Self {
            timing: Timing { schedule, jitter: Duration::from_secs(30) },
            concurrency: NonZeroUsize::MIN.saturating_add(15),
            region_timeout: Duration::from_secs(300),
            keep: DEFAULT_KEEP,
            linger: Duration::from_secs(300),
            backoff: Duration::from_secs(1),
            settings: FileSettings::default(),
            clock: Clock::system(),
        }
    }
}

/// Everything that the service is asked to do.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Where people and their tools connect. There is no other listener.
    pub admin_listen: SocketAddr,
    /// How it is protected.
    pub security: Security,
    /// What the file says of accounts.
    pub accounts: FileAccounts,
    /// How it sweeps and publishes.
    pub discovery: DiscoveryConfig,
    /// How long a sweep's result may take to be published after a shutdown is asked for.
    pub grace: Duration,
}
