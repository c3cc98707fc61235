//! Which fields lines have that come in envelopes.

use std::sync::Arc;

use weir_flowlog::envelope::Batch;
use weir_inventory::log_formats::FlowLogFormat;

/// The formats that the lines of a batch may have, the most probable first; at least one.
pub type Formats = Arc<[Arc<FlowLogFormat>]>;

/// Knows which fields lines have that come in envelopes: nothing in an object tells.
pub trait EnvelopeFormats {
    /// The formats that the lines of a batch may have.
    fn of_batch(&self, batch: &Batch<'_>) -> Formats;

    /// The format of lines that nothing tells the origin of.
    fn of_lines(&self) -> Arc<FlowLogFormat>;
}

/// All lines have one format.
#[derive(Clone, Debug)]
pub struct OneFormat(Formats);

impl OneFormat {
    /// This one.
    pub fn new(format: Arc<FlowLogFormat>) -> Self {
        Self(Arc::new([format]))
    }
}

impl EnvelopeFormats for OneFormat {
    fn of_batch(&self, _: &Batch<'_>) -> Formats {
        Arc::clone(&self.0)
    }

    fn of_lines(&self) -> Arc<FlowLogFormat> {
        Arc::clone(&self.0[0])
    }
}
