//! From an object's octets to runs of lines, on a thread of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use memchr::memchr_iter;
use tokio::sync::oneshot;
use weir_delivery::{Origin, RawRun};
use weir_flowlog::{LogFormat, ObjectKey};
use weir_ingest::{Fault, SourceError};
use weir_objects::{Buffers, Limits, LineReader, ObjectError, ObjectReader, Stream};

use super::body::Body;
use super::formats::ObjectFormats;
use super::id::ObjectId;
use crate::metrics::Metrics;

/// Memory that is kept for the next objects, at most: of so many threads.
const KEPT: usize = 4;

/// Takes runs; false when it wants no more.
pub(crate) type Job = Box<dyn FnMut(RawRun) -> bool + Send>;

/// How reading ended.
#[derive(Debug)]
pub(crate) enum Lines {
    /// The object was read to its end.
    All,
    /// Nobody wants more.
    Stopped,
}

/// Reads objects, each on a thread of its own: at most as many as there are slots.
#[derive(Debug)]
pub(crate) struct LineThread {
    pub(super) metrics: Arc<Metrics>,
    /// Memory of threads that are done. Reusing it saves a page fault for each 4 KiB.
    buffers: Mutex<Vec<Buffers>>,
}

impl LineThread {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, buffers: Mutex::default() }
    }

    /// Hands each run to `job`.
    pub(crate) async fn read(
        self: &Arc<Self>,
        id: ObjectId,
        formats: ObjectFormats,
        body: Body,
        job: Job,
    ) -> Result<Lines, SourceError> {
        let (told, result) = oneshot::channel();
        let this = Arc::clone(self);
        let work = move || {
            // Where nobody waits any more, nobody is to be told.
            drop(told.send(this.read_here(&id, &formats, body, job)));
        };
        let started = thread::Builder::new().name("s3-object".to_owned()).spawn(work);
        started.map_err(|error| {
            SourceError::transient(Fault::Unreachable, "no thread can be started").because(error)
        })?;
        result.await.unwrap_or_else(|_| {
            Err(SourceError::transient(Fault::Read, "the thread that reads the object has ended"))
        })
    }

    fn read_here(
        &self,
        id: &ObjectId,
        formats: &ObjectFormats,
        body: Body,
        mut job: Job,
    ) -> Result<Lines, SourceError> {
        let buffers = self.buffers().pop().unwrap_or_default();
        let reader = ObjectReader::open_with(Stream(body), Limits::default(), buffers);
        let mut reader = reader.map_err(unreadable)?;
        let read = match &mut reader {
            ObjectReader::Lines(lines) => self.read_blocks(id, formats, lines, &mut job),
            ObjectReader::Envelopes(blocks) => {
                let read = self.read_envelopes(id, formats, blocks, &mut job);
                self.metrics.events(&blocks.tally());
                read
            }
        };
        let buffers = reader.into_buffers();
        let mut kept = self.buffers();
        if kept.len() < KEPT {
            kept.push(buffers);
        }
        read
    }

    fn read_blocks(
        &self,
        id: &ObjectId,
        formats: &ObjectFormats,
        reader: &mut LineReader<Stream<Body>>,
        job: &mut Job,
    ) -> Result<Lines, SourceError> {
        let format = format_of(reader, formats)?;
        let origin = Arc::new(origin_of(&id.uri));
        let mut is_empty = true;
        while let Some(block) = reader.next_block().map_err(unreadable)? {
            is_empty = false;
            self.metrics.lines(memchr_iter(b'\n', block.text).count() as u64);
            let run = RawRun {
                id: id.run_id(block.offset),
                origin: Arc::clone(&origin),
                format: Arc::clone(&format),
                first_line: block.first_line,
                text: Bytes::copy_from_slice(block.text),
            };
            if !job(run) {
                return Ok(Lines::Stopped);
            }
        }
        // An upload that was cut off looks just like that.
        if is_empty {
            Err(damaged("there is a header line and no records"))
        } else {
            Ok(Lines::All)
        }
    }

    fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Buffers>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fields of the object's lines. AWS writes a header line into each object; Firehose does not.
fn format_of(
    reader: &mut LineReader<Stream<Body>>,
    formats: &ObjectFormats,
) -> Result<Arc<LogFormat>, SourceError> {
    let first = reader.first_line().map_err(unreadable)?;
    let first = first.ok_or_else(|| damaged("there is no text in the object"))?;
    let Some(format) = LogFormat::from_header(first) else {
        let what =
            "the first line is not a header of flow log fields, and the queue has no log_format";
        let missing = || SourceError::transient(Fault::LogFormat, what);
        return formats.of_text().map(Arc::clone).ok_or_else(missing);
    };
    let format = format.map_err(|error| {
        SourceError::transient(Fault::LogFormat, "the header line").because(error)
    })?;
    reader.skip_line().map_err(unreadable)?;
    Ok(Arc::new(format))
}

pub(super) fn origin_of(uri: &str) -> Origin {
    let key = ObjectKey::parse(uri);
    Origin {
        source: uri.to_owned(),
        account_id: key.map(|key| key.account_id.to_owned()),
        region: key.map(|key| key.region.to_owned()),
        flow_log_id: key.and_then(|key| key.flow_log_id.map(str::to_owned)),
    }
}

fn damaged(what: &str) -> SourceError {
    SourceError::transient(Fault::Damaged, what)
}

/// What the body says of its octets goes before what the reader makes of it.
pub(super) fn unreadable(error: ObjectError) -> SourceError {
    let fault = match &error {
        ObjectError::Read { source, .. } => source
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<SourceError>())
            .map_or(Fault::Read, SourceError::fault),
        other => Fault::of_object(other),
    };
    SourceError::transient(fault, "the object cannot be read to its end").because(error)
}
