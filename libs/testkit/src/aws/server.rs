//! Serving calls over HTTP/1.1, and HTTP/2 where TLS agrees on it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::octets::Octets;
use super::render::{Rendered, has_body, render};
use super::request;
use super::state::State;

/// Accepts connections until it is dropped.
pub(crate) async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&state)));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that is gone, or an answer that cuts.
            drop(connection.await);
        });
    }
}

/// The same over TLS.
pub(crate) async fn serve_over_tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    state: Arc<Mutex<State>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (state, acceptor) = (Arc::clone(&state), acceptor.clone());
        tokio::spawn(async move {
            // A client that does not trust the double.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let service = service_fn(move |request| answer(request, Arc::clone(&state)));
            let stream = TokioIo::new(stream);
            if is_http2 {
                let connection = http2::Builder::new(TokioExecutor::new());
                drop(connection.serve_connection(stream, service).await);
            } else {
                drop(http1::Builder::new().serve_connection(stream, service).await);
            }
        });
    }
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> io::Result<Response<Body>> {
    let has_body = has_body(request.method());
    let call = request::read(request).await.map_err(io::Error::other)?;
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let (call, answer) = lock().begin(call);
    tokio::time::sleep(answer.delay).await;
    if let Some(gate) = &answer.gate {
        gate.passed().await;
    }
    let rendered = render(answer, &call);
    let (status, error) = rendered
        .as_ref()
        .map_or((None, None), |rendered| (Some(rendered.status), rendered.error.clone()));
    lock().end(call.order, status, error);
    let rendered = rendered.ok_or_else(|| io::Error::other("cut"))?;
    response(rendered, has_body).map_err(io::Error::other)
}

fn response(rendered: Rendered, has_body: bool) -> Result<Response<Body>, hyper::http::Error> {
    let mut response = Response::builder().status(rendered.status);
    let is_typed = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
    if !rendered.headers.iter().any(is_typed) {
        response = response.header("content-type", rendered.content_type);
    }
    for (name, value) in &rendered.headers {
        response = response.header(name, value);
    }
    if let Some(events) = rendered.events {
        return response.body(events.body().boxed_unsync());
    }
    let body = if has_body { rendered.body } else { Bytes::new() };
    response.body(Octets::new(body, rendered.breaks_after).boxed_unsync())
}
