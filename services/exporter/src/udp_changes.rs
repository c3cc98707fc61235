//! How a UDP collector takes changes while it works.

use std::sync::Arc;

use weir_ipfix::LayoutPair;

use crate::collector_config::CollectorConfig;
use crate::error::ExportError;
use crate::output::Output as _;
use crate::segmentation::is_worth_segmenting;
use crate::udp::UdpCollector;

impl UdpCollector {
    /// Before a run: lets the sessions go by what the collector is to get now, and know the
    /// layouts of the run. New ones are made where that needs them.
    pub(crate) fn prepare(&mut self, layouts: &Arc<LayoutPair>) -> Result<(), ExportError> {
        if self.is_begun() {
            return Ok(());
        }
        if self.pace.is_changed() {
            self.adapt();
        }
        if !std::mem::take(&mut self.is_outdated) && Arc::ptr_eq(layouts, &self.layouts) {
            return Ok(());
        }
        self.layouts = Arc::clone(layouts);
        if self.is_padding != is_worth_segmenting(&self.config) || !self.learn()? {
            tracing::info!(collector = self.address(), "a new session for new templates");
            self.link.is_useless();
            self.ready(true)?;
        }
        Ok(())
    }

    /// Whether a run is sent in part: it goes on where it was.
    pub(crate) fn is_begun(&self) -> bool {
        self.done > 0 || self.is_amid || self.link.is_failing()
    }

    /// Whether all sessions can carry records of the layouts at hand.
    fn learn(&mut self) -> Result<bool, ExportError> {
        let Self { main, sources, layouts, config, .. } = self;
        let mut learned = Ok(true);
        for endpoint in main.iter_mut().chain(sources.endpoints()) {
            if let Ok(true) = learned {
                learned = endpoint.learn(layouts, config);
            }
        }
        learned.map_err(|source| ExportError::Packing { collector: self.address(), source })
    }

    /// Lets the sessions go by what the collector is to get now. A packet size that cannot be had
    /// is refused: the one before stays.
    pub(crate) fn adapt(&mut self) {
        let asked = self.pace.see();
        let before = self.config.max_packet_size;
        self.config = CollectorConfig { max_packet_size: before, ..CollectorConfig::clone(&asked) };
        if let Err(refused) = self.try_resize(asked.max_packet_size) {
            self.pace.meter().refuses(Some(refused.to_string()));
            self.resize(before);
            // They have had it before.
            self.set_limits().ok();
        }
        self.is_outdated = true;
    }

    fn try_resize(&mut self, size: usize) -> Result<(), ExportError> {
        if let Some(main) = self.main.as_ref().filter(|_| size != self.config.max_packet_size) {
            self.check_path(main.socket(), size)?;
        }
        self.resize(size);
        self.set_limits()
    }

    pub(crate) fn resize(&mut self, size: usize) {
        self.config.max_packet_size = size;
        self.pace.meter().packs(size);
    }

    fn set_limits(&mut self) -> Result<(), ExportError> {
        let Self { config, main, sources, .. } = self;
        let mut endpoints = main.iter_mut().chain(sources.endpoints());
        let set = endpoints.try_for_each(|endpoint| endpoint.set_limits(config));
        drop(endpoints);
        set.map_err(|source| ExportError::Packing { collector: self.address(), source })
    }
}
