//! An attempt to connect that may take long: it runs on a thread of its own.

use std::io;
use std::thread;

use crossbeam_channel::{Receiver, bounded, select};

use crate::clock::{Clock, stopped};

/// The attempt. Dropped, it runs on until its own timeouts end it.
pub(crate) struct Attempt<T> {
    result: Receiver<io::Result<T>>,
}

impl<T: Send + 'static> Attempt<T> {
    /// Starts an attempt.
    pub(crate) fn start(
        connect: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, result) = bounded(1);
        // Where nobody waits for the result any more, it is dropped.
        let run = move || drop(sender.send(connect()));
        thread::Builder::new().name("connect".to_owned()).spawn(run)?;
        Ok(Self { result })
    }

    /// Its result, if it has come to an end.
    pub(crate) fn poll(&self) -> Option<io::Result<T>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(crossbeam_channel::TryRecvError::Empty) => None,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Some(Err(ended())),
        }
    }

    /// Its result, which is waited for unless the exporter is to stop.
    pub(crate) fn wait(&self, clock: &Clock) -> io::Result<T> {
        select! {
            recv(self.result) -> result => result.unwrap_or_else(|_| Err(ended())),
            recv(clock.stop()) -> _ => Err(stopped()),
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the attempt to connect ended without a result")
}
