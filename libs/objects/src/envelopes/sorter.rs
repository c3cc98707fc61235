//! The lines of a batch: those that are new, by their formats.

use std::sync::Arc;

use weir_flowlog::envelope::Batch;
use weir_inventory::log_formats::{FlowLogFormat, resource_of};

use super::split::Split;
use super::window::EventWindow;

/// Sorts the lines of batches by their formats, and leaves out events that came before. Its memory
/// is used again for each batch.
#[derive(Debug)]
pub struct BatchSorter {
    window: EventWindow,
    kept: Vec<u8>,
    split: Split,
}

/// What was left out of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Events that had come before.
    pub duplicates: u64,
    /// Lines that are no flow logs.
    pub not_flow_logs: u64,
}

impl BatchSorter {
    /// Remembers the last `remembered` events, each with some 60 octets; 0 leaves out none.
    pub fn new(remembered: usize) -> Self {
        Self { window: EventWindow::new(remembered), kept: Vec::new(), split: Split::default() }
    }

    /// Shows the lines of each format to `visit`, each with a line end, and whether another reading
    /// may have others in their place: it may remember other events, or know other formats.
    ///
    /// `carrier` tells apart what batches come in: an event that comes again in the same one was not
    /// sent twice but is read twice. `formats` are those that lines of the log stream may have: see
    /// [`weir_inventory::log_formats`].
    pub fn sort(
        &mut self,
        batch: &Batch<'_>,
        carrier: u64,
        formats: &[Arc<FlowLogFormat>],
        mut visit: impl FnMut(&Arc<FlowLogFormat>, &[u8], bool),
    ) -> Sorted {
        let duplicates = self.keep_new(batch, carrier);
        let lines = if duplicates > 0 { self.kept.as_slice() } else { batch.lines };
        let resource = resource_of(batch.log_stream);
        // All lines of an interface's stream have its only format, or are rejected.
        if let ([format], Some(_)) = (formats, resource) {
            visit(format, lines, duplicates > 0);
            return Sorted { duplicates, not_flow_logs: 0 };
        }
        let not_flow_logs = self.split.take(lines, formats, resource);
        self.split.parts().for_each(|(format, lines)| visit(format, lines, true));
        Sorted { duplicates, not_flow_logs }
    }

    /// Keeps the lines of events that were not seen before, if any were. How many were.
    fn keep_new(&mut self, batch: &Batch<'_>, carrier: u64) -> u64 {
        let (mut dropped, mut start) = (0, 0);
        self.kept.clear();
        for event in batch.events {
            let end = event.end as usize;
            if self.window.is_duplicate(event.id, carrier) {
                if dropped == 0 {
                    self.kept.extend_from_slice(batch.lines.get(..start).unwrap_or_default());
                }
                dropped += 1;
            } else if dropped > 0 {
                self.kept.extend_from_slice(batch.lines.get(start..end).unwrap_or_default());
            }
            start = end;
        }
        dropped
    }
}
