//! A weir without the feature `aws` sweeps nothing.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::anyhow;
use weir_rpc::health::Health;
use weir_rpc::server::Services;
use weir_runtime::usage;
use weir_store::Store;

use super::store::Settings;
use crate::config::Config;

/// There is none.
pub(super) struct Sweeping {
    never: Infallible,
}

/// There is none.
pub(super) struct Stage {
    never: Infallible,
}

impl Sweeping {
    pub(super) fn new(_config: &Config) -> anyhow::Result<Self> {
        Err(usage(anyhow!(
            "inventory.store: this weir was built without the feature aws and sweeps nothing: give \
             the url of a Redis server in [store] that weir discovery publishes to, or a file in \
             [inventory]"
        )))
    }

    pub(super) fn start(self, _store: Arc<dyn Store>, _settings: Settings) -> Stage {
        match self.never {}
    }
}

impl Stage {
    pub(super) fn with_services(&self, _services: Services, _health: &Health) -> Services {
        match self.never {}
    }

    pub(super) async fn settle(self) {
        match self.never {}
    }
}
