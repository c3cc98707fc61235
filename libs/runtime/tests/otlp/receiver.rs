//! A receiver of OTLP over gRPC, as small as it can be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const DEADLINE: Duration = Duration::from_secs(30);

/// Octets before a gRPC message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// One request.
#[derive(Debug)]
pub(crate) enum Export {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

/// Listens on a thread of its own for as long as the test's process lives.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    exports: Queue<Export>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::start_as(None)
    }

    /// One that speaks TLS.
    pub(crate) fn start_tls(config: ServerConfig) -> Self {
        Self::start_as(Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn start_as(tls: Option<TlsAcceptor>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, exports) = sync_channel(64);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(accept(listener, tls, sender));
        });
        Self { address, exports }
    }

    /// The next request.
    pub(crate) fn next(&self) -> Export {
        self.exports.recv_timeout(DEADLINE).unwrap()
    }
}

async fn accept(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    sender: SyncSender<Export>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        match &tls {
            None => drop(tokio::spawn(serve(stream, sender.clone()))),
            Some(tls) => {
                let stream = tls.accept(stream).await.unwrap();
                drop(tokio::spawn(serve(stream, sender.clone())));
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, sender: SyncSender<Export>) {
    let service = service_fn(move |request| take(request, sender.clone()));
    let connection = http2::Builder::new(TokioExecutor::new());
    // How the connection ends says nothing: what came is in the queue.
    drop(connection.serve_connection(TokioIo::new(stream), service).await);
}

/// Takes one request and answers with an empty message.
async fn take(
    request: Request<Incoming>,
    sender: SyncSender<Export>,
) -> hyper::Result<Response<impl hyper::body::Body<Data = Bytes, Error = std::convert::Infallible>>>
{
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let message = body.slice(PREFIX..);
    sender.send(decode(&path, message)).unwrap();
    let trailers = HeaderMap::from_iter([(
        hyper::header::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Full::new(Bytes::from_static(&[0; PREFIX]));
    let body = body.with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body);
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, grpc);
    Ok(response)
}

fn decode(path: &str, message: Bytes) -> Export {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => {
            Export::Traces(ExportTraceServiceRequest::decode(message).unwrap())
        }
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
            Export::Metrics(ExportMetricsServiceRequest::decode(message).unwrap())
        }
        other => panic!("no method of OTLP: {other}"),
    }
}
