//! Which fields the lines of an object have that has no header line.

use std::sync::Arc;

use weir_flowlog::LogFormat;
use weir_flowlog::envelope::Batch;
use weir_inventory::log_formats::{FlowLogFormat, Knowledge, KnownFormats, LogPlace};
use weir_objects::{EnvelopeFormats, Formats};

use crate::inputs::QueueInput;

/// Knows the fields of an object's lines: those of the flow logs that discovery knows, else those of
/// the configuration, else AWS's default ones. What is known is the same for all of the object.
pub(crate) struct ObjectFormats {
    known: Arc<KnownFormats>,
    region: String,
    /// The fields of text without a header line, where it may be without one.
    of_text: Option<Arc<LogFormat>>,
    configured: Formats,
}

impl ObjectFormats {
    /// For an object in a region of which a queue tells.
    pub(crate) fn new(known: Arc<KnownFormats>, region: &str, input: &QueueInput) -> Self {
        let default = || Arc::new(LogFormat::vpc_default());
        let configured = input.log_format.clone().unwrap_or_else(default);
        let may_be_without = input.any_key || input.log_format.is_some();
        Self {
            known,
            region: region.to_owned(),
            of_text: may_be_without.then(|| Arc::clone(&configured)),
            configured: Arc::new([Arc::new(FlowLogFormat::new(configured, None))]),
        }
    }

    /// The fields of text without a header line; none where that is damage.
    pub(crate) fn of_text(&self) -> Option<&Arc<LogFormat>> {
        self.of_text.as_ref()
    }

    /// The region that the object is in.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

impl EnvelopeFormats for ObjectFormats {
    fn of_batch(&self, batch: &Batch<'_>) -> Formats {
        let place = LogPlace {
            account_id: batch.owner,
            region: &self.region,
            log_group: batch.log_group,
            log_stream: batch.log_stream,
        };
        match self.known.of_stream(&place) {
            Knowledge::Formats(formats) => formats,
            Knowledge::NoFlowLog { .. } => Arc::clone(&self.configured),
        }
    }

    fn of_lines(&self) -> Arc<FlowLogFormat> {
        Arc::clone(&self.configured[0])
    }
}
