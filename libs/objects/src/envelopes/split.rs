//! Tells apart the lines of a batch by their formats.

use std::sync::Arc;

use weir_flowlog::BlockParser;
use weir_inventory::log_formats::{Choice, FlowLogFormat, choose};

/// The lines of a batch, by their formats. Its memory is used again for each batch.
#[derive(Debug, Default)]
pub(super) struct Split {
    parser: BlockParser,
    parts: Vec<(Arc<FlowLogFormat>, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Split {
    /// Takes the lines of a batch; `resource` is what its log stream is of. How many of them are
    /// no flow logs: these are left out.
    pub(super) fn take(
        &mut self,
        lines: &[u8],
        formats: &[Arc<FlowLogFormat>],
        resource: Option<&str>,
    ) -> u64 {
        for (_, mut text) in self.parts.drain(..) {
            text.clear();
            self.spare.push(text);
        }
        let mut left_out = 0;
        for line in lines.split_inclusive(|octet| *octet == b'\n') {
            // What is no text fits no format.
            let text = str::from_utf8(line).unwrap_or_default();
            match choose(formats, resource, text, &mut self.parser) {
                Choice::Format(format) => self.part(format).extend_from_slice(line),
                Choice::NoFlowLog => left_out += 1,
            }
        }
        left_out
    }

    /// The lines of each format that has any.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&Arc<FlowLogFormat>, &[u8])> {
        self.parts.iter().map(|(format, text)| (format, text.as_slice()))
    }

    fn part(&mut self, format: &Arc<FlowLogFormat>) -> &mut Vec<u8> {
        let known = self.parts.iter().position(|(known, _)| Arc::ptr_eq(known, format));
        let place = known.unwrap_or_else(|| {
            self.parts.push((Arc::clone(format), self.spare.pop().unwrap_or_default()));
            self.parts.len() - 1
        });
        &mut self.parts[place].1
    }
}
