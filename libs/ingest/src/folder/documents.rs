//! Files of JSON documents, as Firehose writes them.

use std::fs::File;
use std::sync::Arc;

use weir_delivery::Origin;
use weir_inventory::log_formats::FlowLogFormat;
use weir_objects::{EnvelopeBlock, EnvelopeBlocks, OneFormat};

use super::file::{FilePosition, Known};
use super::packed::Lines;
use super::reader::{Halt, Reader};
use super::region::Place;

impl Reader {
    /// Documents have no header line: their lines have the configured fields.
    pub(super) fn read_envelopes(
        &mut self,
        known: &mut Known,
        blocks: &mut EnvelopeBlocks<&File>,
    ) -> Result<(), Halt> {
        let format = Arc::new(FlowLogFormat::new(self.configured()?, None));
        let formats = OneFormat::new(format);
        // A block is held until the next one, or the end, tells where it ends.
        let mut held: Option<EnvelopeBlock> = None;
        let end = loop {
            let block = match blocks.next_block(&formats) {
                Ok(Some(block)) => block,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            // Of a document that makes several blocks, all are read again.
            if block.offset < known.position.offset {
                continue;
            }
            let next = FilePosition { offset: block.offset, line: block.first_line, is_end: false };
            if let Some(block) = held.replace(block) {
                self.send_block(known, block, next)?;
            }
        };
        if let Some(block) = held {
            let is_end = end.is_ok();
            let position = FilePosition { offset: block.offset, line: block.first_line, is_end };
            self.send_block(known, block, position)?;
        }
        end.map_err(Halt::of_object)?;
        known.position.is_end = true;
        Ok(())
    }

    fn send_block(
        &mut self,
        known: &mut Known,
        block: EnvelopeBlock,
        position: FilePosition,
    ) -> Result<(), Halt> {
        let lines = Lines::of(known, Arc::clone(block.format.format())).of_block(&block);
        let place = Place { offset: block.offset, line: block.first_line };
        let id = known.run_id(block.offset, &block.version(&[]));
        self.send_run_as(id, known, &lines, place, block.text.into(), position)
    }
}

impl Lines {
    /// A batch tells its account and its log stream.
    fn of_block(mut self, block: &EnvelopeBlock) -> Self {
        let Some(stream) = &block.stream else { return self };
        let origin = Origin {
            source: format!("{} {} {}", self.origin.source, stream.log_group, stream.log_stream),
            account_id: (!stream.owner.is_empty()).then(|| stream.owner.clone()),
            ..(*self.origin).clone()
        };
        self.origin = Arc::new(origin);
        self
    }
}
