//! The octets of an object: fetched by a task, read by a thread.

use std::io::{self, Read};
use std::time::Duration;

use aws_smithy_types::byte_stream::ByteStream;
use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;
use tokio::time::sleep;
use weir_ingest::{Backoff, Fault, SourceError};

use super::fault::is_waited_out;
use super::fetch::Fetch;

/// Pieces of a response that are fetched ahead. The largest that the HTTP client yields have some
/// 400 KiB.
const AHEAD: usize = 4;

/// Times that reading goes on after the connection broke, without an octet in between.
const RESUMES: u32 = 5;

/// Waits between them.
const BACKOFF: Backoff =
    Backoff { first: Duration::from_millis(200), most: Duration::from_secs(5) };

/// The octets of an object, in order. A connection that breaks is opened again where it broke, as
/// long as the object is the same: with a low rate limit an object may take minutes.
pub(crate) struct Body {
    pieces: mpsc::Receiver<Result<Bytes, SourceError>>,
    piece: Bytes,
}

impl Body {
    /// Must be called within a runtime, whose task fetches the octets.
    pub(super) fn start(
        fetch: Fetch,
        body: ByteStream,
        length: Option<u64>,
        etag: Option<String>,
    ) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let feed = Feed { fetch, length, etag, offset: 0, failures: 0, sender };
        tokio::spawn(feed.run(body));
        Self { pieces, piece: Bytes::new() }
    }
}

impl Read for Body {
    /// Blocks: it is for threads outside of the runtime.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => return Err(io::Error::other(error)),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

struct Feed {
    fetch: Fetch,
    length: Option<u64>,
    etag: Option<String>,
    offset: u64,
    /// Since the last octet.
    failures: u32,
    sender: mpsc::Sender<Result<Bytes, SourceError>>,
}

impl Feed {
    /// Ends when all is read, when nobody reads on, and when it cannot go on.
    async fn run(mut self, mut body: ByteStream) {
        loop {
            let failure = match body.next().await {
                Some(Ok(piece)) => {
                    self.offset += piece.len() as u64;
                    self.failures = 0;
                    self.fetch.metrics.fetched(piece.len() as u64);
                    if self.sender.send(Ok(piece)).await.is_err() {
                        return;
                    }
                    continue;
                }
                None if self.length.is_none_or(|length| self.offset >= length) => return,
                None => broken("it ended early"),
                Some(Err(error)) => broken("its octets cannot be read").because(error),
            };
            match self.resume(failure).await {
                Ok(rest) => body = rest,
                // Nobody reads on where this fails.
                Err(failure) => return drop(self.sender.send(Err(failure)).await),
            }
        }
    }

    async fn resume(&mut self, failure: SourceError) -> Result<ByteStream, SourceError> {
        let mut failure = failure;
        // With all octets there it is their checksum that is wrong.
        let is_whole = self.length.is_some_and(|length| self.offset >= length);
        while !is_whole && self.failures < RESUMES {
            self.failures += 1;
            self.fetch.metrics.retry(failure.fault());
            tokio::select! {
                () = sleep(BACKOFF.wait(self.failures)) => {}
                () = self.sender.closed() => return Err(failure),
            }
            match self.fetch.rest(self.offset, self.etag.as_deref()).await {
                Ok(rest) => {
                    self.fetch.metrics.resumed();
                    return Ok(rest);
                }
                Err(error) if is_waited_out(error.fault()) => failure = error,
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }
}

fn broken(what: &str) -> SourceError {
    SourceError::transient(Fault::Read, format!("the object's connection broke: {what}"))
}
