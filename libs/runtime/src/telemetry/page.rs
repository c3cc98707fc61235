//! The page that Prometheus reads: `GET /metrics`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::VERSION;

/// The most connections at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 16;

/// How long a request's head may take to come.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may last: one request and its answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// The most octets of a request's head.
const MAX_HEAD: usize = 16 * 1024;

/// The pause after a connection that the system could not give, for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers on `listener` from now on. Returns where that is.
pub(super) fn serve(
    listener: TcpListener,
    runtime: &Handle,
    service: &'static str,
    registry: Registry,
) -> anyhow::Result<SocketAddr> {
    let context = "telemetry.metrics_listen: the socket cannot be used";
    listener.set_nonblocking(true).context(context)?;
    let address = listener.local_addr().context(context)?;
    let _entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener).context(context)?;
    drop(runtime.spawn(accept(listener, routes(service, registry))));
    Ok(address)
}

fn routes(service: &'static str, registry: Registry) -> Router {
    let start = move || async move { format!("weir {service} {VERSION}\nmetrics: /metrics\n") };
    Router::new()
        .route("/", get(start))
        .route("/metrics", get(move || async move { page(&registry) }))
}

fn page(registry: &Registry) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            warn!(%error, "the metrics page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn accept(listener: tokio::net::TcpListener, routes: Router) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Nobody closes the semaphore.
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let answer = timeout(CONNECTION_LIMIT, answer(stream, routes.clone()));
                tokio::spawn(async move {
                    drop(answer.await);
                    drop(slot);
                });
            }
            Err(error) => {
                debug!(%error, "a connection to the metrics page was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, routes: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    if let Err(error) = connection.await {
        debug!(%error, "a request to the metrics page was given up");
    }
}
