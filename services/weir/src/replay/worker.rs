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
use weir_objects::{Buffers, Limits, LineReader};

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
        let mut lines = LineReader::open_with(opened.source, Limits::default(), buffers)?;
        let end = self.replay_lines(&object.name(), &opened.version, &mut lines);
        self.buffers = lines.into_buffers();
        end
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
