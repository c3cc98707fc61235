//! The body of an answer, which may break off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// All octets at once; or some of those that were promised, and the connection breaks.
pub(crate) struct Octets {
    rest: Option<Bytes>,
    promised: u64,
    breaks: bool,
    /// Whether what came before the break had its chance to leave.
    is_flushed: bool,
}

impl Octets {
    pub(crate) fn new(mut octets: Bytes, breaks_after: Option<usize>) -> Self {
        let promised = octets.len() as u64;
        let breaks = breaks_after.is_some_and(|after| after < octets.len());
        octets.truncate(breaks_after.unwrap_or(octets.len()));
        let rest = Some(octets).filter(|octets| !octets.is_empty());
        Self { rest, promised, breaks, is_flushed: false }
    }
}

impl Body for Octets {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_none() && self.breaks && !self.is_flushed {
            self.is_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = match self.rest.take() {
            Some(octets) => Some(Ok(Frame::data(octets))),
            None if self.breaks => Some(Err(io::ErrorKind::ConnectionReset.into())),
            None => None,
        };
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
