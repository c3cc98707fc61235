//! One connection, from its handshake to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::calls::PeerCalls;
use super::config::ConnectionAge;
use super::opening::Opening;
use super::peer::Peer;
use crate::causes::causes;
use crate::limits::{
    CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_TIMEOUT, MAX_FRAME, MAX_HEADERS, STREAM_WINDOW,
};
use crate::tls::{Credentials, Identity};

/// Serves the peer at `address` until one of both ends it.
pub(super) async fn run(shared: &Shared, stream: TcpStream, address: SocketAddr) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%address, error = causes(&error), "TCP_NODELAY not set");
    }
    let closing = shared.closing.child_token();
    let peer = Peer { address, identity: None, may_call: true, closing };
    match &shared.credentials {
        None => serve(shared, stream, peer).await,
        Some(credentials) => serve_tls(shared, credentials, stream, peer).await,
    }
}

async fn serve_tls(shared: &Shared, credentials: &Credentials, stream: TcpStream, peer: Peer) {
    let handshake = async {
        let acceptor = TlsAcceptor::from(credentials.server().await);
        acceptor.accept(stream).await
    };
    let result = tokio::select! {
        () = peer.closing.cancelled() => return,
        result = timeout(shared.limits.handshake_timeout, handshake) => result,
    };
    let address = peer.address;
    match result {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let identity = certificate.map(|certificate| Arc::new(Identity::of(certificate)));
            let may_call =
                identity.as_ref().is_some_and(|identity| identity.is_one_of(&shared.callers));
            let peer = Peer { identity, may_call, ..peer };
            serve(shared, stream, peer).await;
        }
        Ok(Err(error)) => shared.refusals.tell(address, &causes(&error)),
        Err(_) => shared.refusals.tell(address, "its TLS handshake was not done in time"),
    }
}

/// Where a connection is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The peer has not spoken HTTP/2 yet.
    Opening,
    /// Calls come and go.
    Serving,
    /// The peer has been told to go.
    Leaving,
}

async fn serve<I>(shared: &Shared, io: I, peer: Peer)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = &shared.limits;
    let (io, opened) = Opening::new(io);
    let (calls, refusals) = (shared.calls.clone(), Arc::clone(&shared.refusals));
    let calls = PeerCalls { calls, peer: peer.clone(), refusals };
    let http = http(limits.max_streams);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), calls));
    let mut stage = Stage::Opening;
    let mut alarm = pin!(sleep_until(Instant::now() + limits.handshake_timeout));
    loop {
        let is_asked_to_go = tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(peer = %peer, error = causes(&error), "connection ended");
                }
                return peer.closing.cancel();
            }
            () = peer.closing.cancelled(), if stage != Stage::Leaving => true,
            () = &mut alarm => match stage {
                Stage::Opening if !opened.is_complete() => {
                    return shared.refusals.tell(peer.address, "it did not speak HTTP/2 in time");
                }
                Stage::Opening => false,
                Stage::Serving => true,
                Stage::Leaving => {
                    tracing::warn!(peer = %peer, "connection cut: its streams did not end in time");
                    return;
                }
            },
        };
        if is_asked_to_go && !opened.is_complete() {
            return;
        }
        let rest = if is_asked_to_go {
            connection.as_mut().graceful_shutdown();
            peer.closing.cancel();
            stage = Stage::Leaving;
            limits.age.grace
        } else {
            stage = Stage::Serving;
            lifetime(&limits.age, peer.address)
        };
        alarm.as_mut().reset(Instant::now() + rest);
    }
}

fn http(max_streams: u32) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(MAX_HEADERS)
        .max_concurrent_streams(max_streams)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    http
}

/// How long a connection serves: its peer's address scatters it.
fn lifetime(age: &ConnectionAge, address: SocketAddr) -> Duration {
    let share = fraction(xxhash_rust::xxh3::xxh3_64(address.to_string().as_bytes()));
    age.most + age.jitter.mul_f64(share)
}

/// A number from 0 up to 1.
fn fraction(hash: u64) -> f64 {
    f64::from((hash >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}
