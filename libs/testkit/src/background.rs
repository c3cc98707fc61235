//! A thread with a runtime of its own, so that a test with a paused clock or without any runtime
//! can have a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

/// What runs beside the test, until it is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Listens on a free port of 127.0.0.1 and gives the listener to `serve`, which is dropped
    /// with all tasks that it spawned when this is.
    pub(crate) fn listen<F: Future<Output = ()>>(
        serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
    ) -> (Self, SocketAddr) {
        let (listener, address) = bind().expect("a free port of 127.0.0.1");
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! { () = serve(listener) => {}, _ = stopped => {} }
            });
        });
        (Self { stop: Some(stop), thread: Some(thread) }, address)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic there was printed; a second one here would hide why the test failed.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn bind() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
