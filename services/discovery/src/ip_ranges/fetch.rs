//! One GET over TLS: bounded in size and time, and without a body when nothing changed.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::header::{ETAG, HeaderValue, IF_NONE_MATCH, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioExecutor;
use weir_inventory::region::MAX_IP_RANGES_LENGTH;

use super::IpRangesError;

/// Where AWS publishes its ranges
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html>).
pub const DEFAULT_URL: &str = "https://ip-ranges.amazonaws.com/ip-ranges.json";

/// For all of a fetch: some two megabytes.
const TIME_LIMIT: Duration = Duration::from_secs(30);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Fetches one URL again and again.
#[derive(Debug)]
pub(super) struct Fetcher {
    url: String,
    uri: Uri,
    time_limit: Duration,
    /// The entity tag that was received last, and the ranges' token, once they were read.
    received: Option<HeaderValue>,
    accepted: Option<(HeaderValue, String)>,
}

/// What a fetch brought.
pub(super) enum Fetched {
    /// It is what was accepted last.
    Same,
    /// The whole document.
    Bytes(Vec<u8>),
}

impl Fetcher {
    pub(super) fn new(url: &str) -> Result<Self, IpRangesError> {
        let wrong = || IpRangesError::Url { url: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
        match uri.scheme_str() {
            Some("https") if uri.host().is_some() => {}
            Some("http") if is_loopback => {}
            _ => return Err(wrong()),
        }
        let url = url.to_owned();
        Ok(Self { url, uri, time_limit: TIME_LIMIT, received: None, accepted: None })
    }

    #[cfg(test)]
    pub(super) fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What was fetched last was read: it need not come again as long as `sync_token` is held.
    pub(super) fn accept(&mut self, sync_token: &str) {
        self.accepted = self.received.take().map(|tag| (tag, sync_token.to_owned()));
    }

    pub(super) async fn fetch(&mut self, held: &str) -> Result<Fetched, IpRangesError> {
        let fetch = tokio::time::timeout(self.time_limit, self.exchange(held));
        let (fetched, tag) = match fetch.await {
            Ok(result) => result?,
            Err(_) => return Err(self.failed("it took too long")),
        };
        self.received = tag;
        Ok(fetched)
    }

    async fn exchange(&self, held: &str) -> Result<(Fetched, Option<HeaderValue>), IpRangesError> {
        let answer = self.send(self.request(held)?).await?;
        match answer.status() {
            StatusCode::NOT_MODIFIED => return Ok((Fetched::Same, None)),
            StatusCode::OK => {}
            status => return Err(self.failed(&format!("the answer is {status}"))),
        }
        let tag = answer.headers().get(ETAG).cloned();
        let body = Limited::new(answer.into_body(), MAX_IP_RANGES_LENGTH).collect().await;
        let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => {
                IpRangesError::TooLong { place: self.url.clone(), limit: MAX_IP_RANGES_LENGTH }
            }
            None => self.failed(&causes(error.as_ref())),
        })?;
        Ok((Fetched::Bytes(body.to_bytes().to_vec()), tag))
    }

    fn request(&self, held: &str) -> Result<Request<Empty<Bytes>>, IpRangesError> {
        let agent = concat!("weir/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::get(self.uri.clone()).header(USER_AGENT, agent);
        if let Some((tag, token)) = &self.accepted
            && token == held
        {
            request = request.header(IF_NONE_MATCH, tag);
        }
        request.body(Empty::new()).map_err(|error| self.failed(&error.to_string()))
    }

    async fn send(
        &self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<hyper::body::Incoming>, IpRangesError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_LIMIT));
        match Matcher::from_env().intercept(&self.uri) {
            Some(proxy) => self.ask(tunnel(&proxy, tcp), request).await,
            None => self.ask(tcp, request).await,
        }
    }

    async fn ask<C>(
        &self,
        connector: C,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<hyper::body::Incoming>, IpRangesError>
    where
        HttpsConnector<C>: Connect + Clone + Send + Sync + 'static,
    {
        let tls = self.tls()?;
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let connector = builder.enable_http1().wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        client.request(request).await.map_err(|error| self.failed(&causes(&error)))
    }

    fn tls(&self) -> Result<rustls::ClientConfig, IpRangesError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| self.failed(&error.to_string()))?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }

    fn failed(&self, cause: &str) -> IpRangesError {
        IpRangesError::Fetch { url: self.url.clone(), cause: cause.to_owned() }
    }
}

fn tunnel(proxy: &Intercept, tcp: HttpConnector) -> Tunnel<HttpConnector> {
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    match proxy.basic_auth() {
        Some(auth) => tunnel.with_auth(auth.clone()),
        None => tunnel,
    }
}

/// An error with what is behind it, in one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
