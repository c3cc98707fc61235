//! Reads objects, enriches their runs and hands them to the exporter.

use std::io::{Read, Seek};
use std::mem;
use std::sync::Arc;

use anyhow::Context as _;
use crossbeam_channel::Receiver;
use weir_delivery::{Origin, Run, RunId};
use weir_enricher::Enricher;
use weir_exporter::Stopped;
use weir_flowlog::{LogFormat, ObjectKey};
use weir_inventory::log_formats::FlowLogFormat;
use weir_objects::{
    Buffers, EnvelopeBlock, EnvelopeBlocks, Limits, LineReader, ObjectReader, OneFormat,
};

use super::inputs::Object;
use super::{Next, Shared};

/// One thread's work.
pub(super) struct Worker<'a> {
    shared: &'a Shared<'a>,
    enricher: Enricher,
    /// Goes from object to object.
    buffers: Buffers,
}

/// How an object ended.
enum End {
    /// It was read to its end.
    Complete,
    /// The replay is being stopped.
    Stopped,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, enricher: Enricher) -> Self {
        Self { shared, enricher, buffers: Buffers::new() }
    }

    /// Reads objects until there are no more, or the exporter or a person stops the replay.
    pub(super) fn work(&mut self, objects: &Receiver<Next>) {
        for object in objects {
            let (name, end) = match object {
                Ok(object) => (object.name(), self.replay(&object)),
                Err(unreadable) => (unreadable.path, Err(unreadable.cause)),
            };
            match end {
                Ok(End::Complete) => self.shared.ledger.file_done(),
                Ok(End::Stopped) => return,
                Err(error) => {
                    self.shared.ledger.file_failed();
                    self.shared.progress.report(&error.context(name));
                }
            }
        }
    }

    fn replay(&mut self, object: &Object) -> anyhow::Result<End> {
        let opened = object.open()?;
        let buffers = mem::take(&mut self.buffers);
        let mut reader = ObjectReader::open_with(opened.source, Limits::default(), buffers)?;
        let (name, version) = (object.name(), opened.version);
        let end = match &mut reader {
            ObjectReader::Lines(lines) => self.replay_lines(&name, &version, lines),
            ObjectReader::Envelopes(blocks) => {
                let end = self.replay_envelopes(&name, &version, blocks);
                self.shared.ledger.events_read(&blocks.tally());
                end
            }
        };
        self.buffers = reader.into_buffers();
        end
    }

    /// Documents have no header line: their lines have the configured fields.
    fn replay_envelopes(
        &mut self,
        source: &str,
        version: &[u8],
        blocks: &mut EnvelopeBlocks<impl Read + Seek>,
    ) -> anyhow::Result<End> {
        let format = self.shared.log_format.map(Arc::clone).context(
            "these are batches or messages, which tell nothing of their lines' fields: name them \
             with --log-format",
        )?;
        self.shared.ledger.note_unknown_fields(&format);
        let formats = OneFormat::new(Arc::new(FlowLogFormat::new(format, None)));
        while let Some(block) = blocks.next_block(&formats)? {
            let run = Run {
                id: RunId::of_object(source.as_bytes(), &block.version(version), block.offset),
                origin: Arc::new(origin_of_block(source, &block)),
                format: Arc::clone(block.format.format()),
                first_line: block.first_line,
                text: &block.text,
            };
            if self.deliver(&run) == Err(Stopped) || self.shared.shutdown.is_requested() {
                return Ok(End::Stopped);
            }
        }
        Ok(End::Complete)
    }

    fn replay_lines(
        &mut self,
        source: &str,
        version: &[u8],
        lines: &mut LineReader<impl Read + Seek>,
    ) -> anyhow::Result<End> {
        let format = self.format(lines)?;
        self.shared.ledger.note_unknown_fields(&format);
        let origin = Arc::new(origin_of(source));
        let mut is_empty = true;
        while let Some(block) = lines.next_block()? {
            let run = Run {
                id: RunId::of_object(source.as_bytes(), version, block.offset),
                origin: Arc::clone(&origin),
                format: Arc::clone(&format),
                first_line: block.first_line,
                text: block.text,
            };
            is_empty = false;
            if self.deliver(&run) == Err(Stopped) || self.shared.shutdown.is_requested() {
                return Ok(End::Stopped);
            }
        }
        anyhow::ensure!(!is_empty, "there is a header line and no records");
        Ok(End::Complete)
    }

    /// The fields of the object's lines: its header line says, else the configuration.
    fn format(&self, lines: &mut LineReader<impl Read + Seek>) -> anyhow::Result<Arc<LogFormat>> {
        let first = lines.first_line()?.context("the file is empty")?;
        if let Some(format) = LogFormat::from_header(first) {
            let format = format.context("the header line")?;
            lines.skip_line()?;
            return Ok(Arc::new(format));
        }
        self.shared.log_format.map(Arc::clone).context(
            "the first line is not a header of flow log fields; if it is a flow log without a \
             header, name its fields with --log-format",
        )
    }

    fn deliver(&mut self, run: &Run<'_>) -> Result<(), Stopped> {
        self.enricher.recycle(self.shared.exporter.take_spare());
        let enriched = self.enricher.enrich(run);
        let records = enriched.records();
        self.shared.ledger.run_sent(records);
        self.shared.exporter.submit(enriched)?;
        self.shared.progress.update(self.shared.ledger.progress());
        Ok(())
    }
}

/// The object's name says more where it is laid out as AWS does in S3.
fn origin_of(source: &str) -> Origin {
    let key = ObjectKey::parse(source);
    Origin {
        source: source.to_owned(),
        account_id: key.map(|key| key.account_id.to_owned()),
        region: key.map(|key| key.region.to_owned()),
        flow_log_id: key.and_then(|key| key.flow_log_id.map(str::to_owned)),
    }
}

/// A batch tells its account and its log stream.
fn origin_of_block(source: &str, block: &EnvelopeBlock) -> Origin {
    let origin = origin_of(source);
    let Some(stream) = &block.stream else { return origin };
    Origin {
        source: format!("{source} {} {}", stream.log_group, stream.log_stream),
        account_id: (!stream.owner.is_empty()).then(|| stream.owner.clone()),
        ..origin
    }
}
