//! Unwraps what is in memory.

use weir_flowlog::envelope::{Batch, Envelope, EnvelopeError, EnvelopeReader};

use super::error::Unwrapping;
use crate::member::GzipUnpacker;

/// How deep gzip and deliveries may stand in each other: a batch of CloudWatch Logs, which is gzip,
/// in a delivery of Firehose, which is gzip too, has three.
const MAX_DEPTH: usize = 3;

/// What lines come in, with nothing around it any more.
#[derive(Debug)]
pub enum Content<'t> {
    /// A batch of a subscription of CloudWatch Logs.
    Batch(Batch<'t>),
    /// A message by which CloudWatch Logs finds out whether a subscription works. It has no lines.
    Control,
    /// Lines that nothing tells the origin of.
    Lines(&'t [u8]),
}

/// Shown each content, with the number of its document. An error ends the unwrapping.
type Visit<'v, E> = &'v mut dyn FnMut(u64, Content<'_>) -> Result<(), E>;

/// Unwraps data that is in memory. Its memory is used again for what comes next.
#[derive(Debug, Default)]
pub struct Unwrapper {
    unpacker: GzipUnpacker,
    reader: EnvelopeReader,
    /// Documents so far, those that hold others counted in.
    documents: u64,
    /// Octets that may yet be unpacked.
    room: usize,
}

impl Unwrapper {
    /// An unwrapper that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins something new, which may unpack to `limit` octets with all that is in it. Documents
    /// are counted from 0 again.
    pub fn begin(&mut self, limit: usize) {
        (self.documents, self.room) = (0, limit);
    }

    /// Shows all that is in `data` to `visit`: first what stands in it, then what stands in the
    /// deliveries in it. May be called again for another part of the same thing.
    ///
    /// # Errors
    ///
    /// When some of it is no flow log, or damaged. All else is shown: what stands before the damage,
    /// and what is in other records of a delivery. When `visit` wants no more, at once.
    pub fn unwrap<E>(&mut self, data: &[u8], visit: Visit<'_, E>) -> Result<(), Unwrapping<E>> {
        self.unwrap_at(0, data, visit)
    }

    /// The same for the first document of `text`, which is not compressed; tells its length. `None`
    /// when `text` ends before the document does, or has none: nothing was shown then.
    ///
    /// # Errors
    ///
    /// As [`Self::unwrap`].
    pub fn unwrap_document<E>(
        &mut self,
        text: &[u8],
        visit: Visit<'_, E>,
    ) -> Result<Option<usize>, Unwrapping<E>> {
        let mut inside = Vec::new();
        let (reader, documents) = (&mut self.reader, &mut self.documents);
        let show = |show: &mut dyn FnMut(Envelope<'_>)| reader.read_document(text, show);
        let length = show_level(documents, &mut inside, visit, show)?;
        self.unwrap_inside(0, &inside, visit)?;
        Ok(length?)
    }

    fn unwrap_at<E>(
        &mut self,
        depth: usize,
        data: &[u8],
        visit: Visit<'_, E>,
    ) -> Result<(), Unwrapping<E>> {
        if depth > MAX_DEPTH {
            return Err(EnvelopeError::Unknown.into());
        }
        let is_packed = GzipUnpacker::is_gzip(data);
        let text = if is_packed { self.unpacker.unpack(data, self.room)? } else { data };
        self.room -= if is_packed { text.len() } else { 0 };
        let mut inside = Vec::new();
        // Where Firehose packs what came packed.
        if is_packed && GzipUnpacker::is_gzip(text) && depth < MAX_DEPTH {
            inside.push(text.to_vec());
            return self.unwrap_inside(depth, &inside, visit);
        }
        let (reader, documents) = (&mut self.reader, &mut self.documents);
        let show = |show: &mut dyn FnMut(Envelope<'_>)| reader.read(text, show);
        let read = show_level(documents, &mut inside, visit, show)?;
        // What stands before damage is shown.
        match (self.unwrap_inside(depth, &inside, visit), read) {
            (Err(Unwrapping::Stopped(stop)), _) => Err(Unwrapping::Stopped(stop)),
            (_, Err(damage)) => Err(damage.into()),
            (inside, Ok(())) => inside,
        }
    }

    /// Unwraps what stood in something else, as much of it as can be read.
    fn unwrap_inside<E>(
        &mut self,
        depth: usize,
        inside: &[Vec<u8>],
        visit: Visit<'_, E>,
    ) -> Result<(), Unwrapping<E>> {
        let mut end = Ok(());
        for data in inside {
            match self.unwrap_at(depth + 1, data, visit) {
                Err(Unwrapping::Stopped(stop)) => return Err(Unwrapping::Stopped(stop)),
                unwrapped => end = end.and(unwrapped),
            }
        }
        end
    }
}

/// Shows what `show` finds to `visit`, and keeps what stands in it for later.
fn show_level<E, T>(
    documents: &mut u64,
    inside: &mut Vec<Vec<u8>>,
    visit: Visit<'_, E>,
    show: impl FnOnce(&mut dyn FnMut(Envelope<'_>)) -> T,
) -> Result<T, Unwrapping<E>> {
    let mut stopped = None;
    let shown = show(&mut |envelope| {
        let number = *documents;
        *documents += 1;
        if stopped.is_some() {
            return;
        }
        let content = match envelope {
            Envelope::Delivered(data) => return inside.push(data.to_vec()),
            Envelope::Batch(batch) => Content::Batch(batch),
            Envelope::Control => Content::Control,
            Envelope::Lines(lines) => Content::Lines(lines),
        };
        stopped = visit(number, content).err();
    });
    stopped.map_or(Ok(shown), |stop| Err(Unwrapping::Stopped(stop)))
}
