//! Tells whether a peer has begun to speak HTTP/2.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The client's preface and the head of the SETTINGS frame that has to follow it (RFC 9113
/// sections 3.4 and 4.1).
const OPENING: usize = 24 + 9;

/// A connection that counts its first octets. From the opening on, keepalive watches over it;
/// before, nothing else does.
pub(super) struct Opening<I> {
    io: I,
    octets: Arc<AtomicUsize>,
}

/// Tells what an [`Opening`] has seen.
pub(super) struct Opened(Arc<AtomicUsize>);

impl<I> Opening<I> {
    pub(super) fn new(io: I) -> (Self, Opened) {
        let octets = Arc::new(AtomicUsize::new(0));
        (Self { io, octets: Arc::clone(&octets) }, Opened(octets))
    }
}

impl Opened {
    /// Whether the peer has sent the opening.
    pub(super) fn is_complete(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= OPENING
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Opening<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.io).poll_read(context, buffer);
        if self.octets.load(Ordering::Relaxed) < OPENING {
            self.octets.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        }
        result
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opening<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
