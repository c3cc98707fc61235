//! A weir without the feature `aws` reads no streams.

use std::sync::Arc;
use std::time::Duration;

use weir_rpc::health::Health;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::ServiceArgs;
use super::drive::Deliveries;
use crate::config::Config;

/// There is none.
pub(super) enum Kinesis {}

impl Kinesis {
    #[allow(clippy::unnecessary_wraps, reason = "the other one may fail")]
    pub(super) fn of(_: &Config, _: &ServiceArgs) -> anyhow::Result<Option<Self>> {
        Ok(None)
    }

    pub(super) fn in_flight(&self) -> u64 {
        match *self {}
    }

    pub(super) fn grace(&self) -> Duration {
        match *self {}
    }

    pub(super) async fn read(
        self,
        _: &Config,
        _: Arc<dyn Store>,
        _: Deliveries,
        _: &Health,
        _: &Shutdown,
    ) -> anyhow::Result<Drained> {
        match self {}
    }
}
