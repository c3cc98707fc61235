//! Files that are complete when they are read: gzip, zstd, Parquet, JSON documents.

use std::fs::File;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use weir_delivery::{Origin, RawRun, RunId};
use weir_flowlog::{LogFormat, ObjectKey};
use weir_objects::{Limits, LineReader, ObjectError, ObjectReader};
use xxhash_rust::xxh3::xxh3_64;

use super::file::{FilePosition, Known, Phase};
use super::message::Message;
use super::plain::{bad_header, damaged};
use super::reader::{Halt, Reader};
use super::region::Place;
use crate::error::{Fault, SourceError};

/// What the runs of a file share.
pub(super) struct Lines {
    format: Arc<LogFormat>,
    pub(super) origin: Arc<Origin>,
}

impl Lines {
    pub(super) fn of(known: &Known, format: Arc<LogFormat>) -> Self {
        let source = known.path().display().to_string();
        let key = ObjectKey::parse(&source);
        let origin = Origin {
            account_id: key.map(|key| key.account_id.to_owned()),
            region: key.map(|key| key.region.to_owned()),
            flow_log_id: key.and_then(|key| key.flow_log_id.map(str::to_owned)),
            source,
        };
        Self { format, origin: Arc::new(origin) }
    }
}

impl Reader {
    /// Reads the file from its position to its end.
    pub(super) fn read_packed(&mut self, known: &mut Known, file: &File) -> Result<(), Halt> {
        // One that has grown goes on where its last run started.
        known.position.is_end = false;
        self.begin(known)?;
        let buffers = mem::take(&mut self.buffers);
        let reader = ObjectReader::open_with(file, Limits::default(), buffers);
        let mut reader = reader.map_err(Halt::of_object)?;
        let read = match &mut reader {
            ObjectReader::Lines(lines) => self.read_blocks(known, lines),
            ObjectReader::Envelopes(blocks) => {
                let read = self.read_envelopes(known, blocks);
                self.events.read(&blocks.tally());
                read
            }
        };
        self.buffers = reader.into_buffers();
        read?;
        known.read_size = known.stat.size;
        known.phase = Phase::Done;
        Ok(self.close(known)?)
    }

    fn read_blocks(
        &mut self,
        known: &mut Known,
        reader: &mut LineReader<&File>,
    ) -> Result<(), Halt> {
        let lines = Lines::of(known, self.format_of(reader)?);
        // A run is held until the next block, or the end, tells where it ends.
        let mut held: Option<(Place, Bytes)> = None;
        let mut is_empty = true;
        let end = loop {
            let block = match reader.next_block() {
                Ok(Some(block)) => block,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            is_empty = false;
            let place = Place { offset: block.offset, line: block.first_line };
            let next = FilePosition { offset: place.offset, line: place.line, is_end: false };
            if place.offset < known.position.offset {
                continue;
            }
            let text = Bytes::copy_from_slice(block.text);
            if let Some((place, text)) = held.replace((place, text)) {
                self.send_run(known, &lines, place, text, next)?;
            }
        };
        if let Some((place, text)) = held {
            // What was cut off may go on in the middle of this run: it is read again then.
            let is_end = end.is_ok();
            let position = FilePosition { offset: place.offset, line: place.line, is_end };
            self.send_run(known, &lines, place, text, position)?;
        }
        end.map_err(Halt::of_object)?;
        known.position.is_end = true;
        if is_empty { Err(damaged("there is a header line and no records")) } else { Ok(()) }
    }

    /// The fields of the file's lines: its header line says, else the configuration.
    fn format_of(&self, reader: &mut LineReader<&File>) -> Result<Arc<LogFormat>, Halt> {
        let Some(first) = reader.first_line().map_err(Halt::of_object)? else {
            return Err(damaged("there is no text in the file"));
        };
        let header = LogFormat::from_header(first).transpose();
        let header = header.map_err(|error| Halt::Error(bad_header(error)))?;
        let Some(format) = header else { return self.configured() };
        reader.skip_line().map_err(Halt::of_object)?;
        Ok(Arc::new(format))
    }

    /// Hands on a run, unless the file is to be read again.
    pub(super) fn send_run(
        &mut self,
        known: &mut Known,
        lines: &Lines,
        place: Place,
        text: Bytes,
        position: FilePosition,
    ) -> Result<(), Halt> {
        let id = known.run_id(place.offset, &text);
        self.send_run_as(id, known, lines, place, text, position)
    }

    /// The same with an id that more than the text is in.
    pub(super) fn send_run_as(
        &mut self,
        id: RunId,
        known: &mut Known,
        lines: &Lines,
        place: Place,
        text: Bytes,
        position: FilePosition,
    ) -> Result<(), Halt> {
        if self.shared.is_unwanted(&known.part) {
            return Err(Halt::Unwanted);
        }
        let run = RawRun {
            id,
            origin: Arc::clone(&lines.origin),
            format: Arc::clone(&lines.format),
            first_line: place.line,
            text,
        };
        let (part, generation, age) = (known.part.clone(), known.generation, known.age());
        self.send(Message::Run { part, generation, run, position, age })?;
        known.position = position;
        Ok(())
    }
}

impl Known {
    /// See the module's documentation.
    pub(super) fn run_id(&self, offset: u64, text: &[u8]) -> RunId {
        let inode = self.part.key().inode.to_be_bytes();
        let incarnation = self.incarnation.to_be_bytes();
        let hash = xxh3_64(text).to_be_bytes();
        let version = [inode.as_slice(), &incarnation, &hash].concat();
        RunId::of_object(&self.place.to_be_bytes(), &version, offset)
    }

    /// How long ago it was written to.
    fn age(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(Duration::from_nanos(self.stat.modified()))
    }
}

impl Halt {
    pub(super) fn of_object(error: ObjectError) -> Self {
        Self::Error(object_error(error))
    }
}

pub(super) fn object_error(error: ObjectError) -> SourceError {
    let fault = Fault::of_object(&error);
    SourceError::transient(fault, "the file cannot be read to its end").because(error)
}
