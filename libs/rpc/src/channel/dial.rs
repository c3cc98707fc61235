//! TCP, and TLS over it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;

use super::{ConnectError, Destination};
use crate::tls::{ALPN, Credentials};

/// A connection of either kind.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Makes the connections of a channel.
#[derive(Clone)]
pub(super) struct Dial {
    address: Arc<str>,
    tls: Option<(Credentials, ServerName<'static>)>,
}

impl Dial {
    pub(super) fn new(
        destination: Destination,
        credentials: Option<Credentials>,
    ) -> Result<Self, ConnectError> {
        let Destination { dial, host, .. } = destination;
        let tls = match credentials {
            None => None,
            Some(credentials) => {
                let invalid = |_| ConnectError::Name { name: host.clone() };
                Some((credentials, ServerName::try_from(host.clone()).map_err(invalid)?))
            }
        };
        Ok(Self { address: dial.into(), tls })
    }

    async fn connect(self) -> io::Result<TokioIo<Box<dyn Io>>> {
        let stream = TcpStream::connect(&*self.address).await?;
        stream.set_nodelay(true)?;
        let Some((credentials, name)) = self.tls else { return Ok(TokioIo::new(Box::new(stream))) };
        let connector = TlsConnector::from(credentials.client().await);
        let stream = connector.connect(name, stream).await?;
        if stream.get_ref().1.alpn_protocol() != Some(ALPN) {
            return Err(io::Error::other("the server speaks no HTTP/2 over TLS"));
        }
        Ok(TokioIo::new(Box::new(stream)))
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<Box<dyn Io>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The address is known already; the URI only names it.
    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}
