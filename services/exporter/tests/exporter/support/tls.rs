//! Certificates, and receivers under TLS.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use weir_exporter::Peer;

use super::DEADLINE;
use super::receiver::{Connection, TcpReceiver};

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub(crate) struct Certificate {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority") }
    }

    /// A certificate for a name or an address.
    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        Certificate { certificate: params.signed_by(&key, &self.issuer).expect("is signed"), key }
    }

    /// A file with the authority's own certificate.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        written(name, &self.issuer.pem())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a certificate");
        roots
    }
}

impl Certificate {
    /// Files with the certificate and its key.
    pub(crate) fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = self.key.serialize_pem();
        (
            written(&format!("{name}.pem"), &self.certificate.pem()),
            written(&format!("{name}.key"), &key),
        )
    }
}

fn written(name: &str, text: &str) -> PathBuf {
    let path = super::file(name);
    fs::write(&path, text).expect("can be written");
    path
}

/// Takes connections and shakes hands.
pub(crate) struct TlsReceiver {
    peer: Peer,
    handshakes: Receiver<io::Result<Connection>>,
}

impl TlsReceiver {
    /// Shows `certificate`, and wants one of `clients` where given.
    pub(crate) fn new(certificate: &Certificate, clients: Option<&Authority>) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let roots = Arc::new(authority.roots());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let key = PrivateKeyDer::try_from(certificate.key.serialize_der()).expect("a key");
        let chain = vec![certificate.certificate.der().clone()];
        let config = Arc::new(builder.with_single_cert(chain, key).expect("a certificate"));
        let receiver = TcpReceiver::new();
        let peer = receiver.peer();
        let (sender, handshakes) = bounded(100);
        thread::spawn(
            move || {
                while sender.send(handshake(receiver.accept_stream(), &config)).is_ok() {}
            },
        );
        Self { peer, handshakes }
    }

    /// Where it listens, by name.
    pub(crate) fn peer(&self) -> Peer {
        Peer { host: "localhost".to_owned(), port: self.peer.port }
    }

    /// Where it listens, by address.
    pub(crate) fn address(&self) -> Peer {
        self.peer.clone()
    }

    /// The next connection, or why there was none.
    pub(crate) fn handshake(&self) -> io::Result<Connection> {
        self.handshakes.recv_timeout(DEADLINE).expect("a connection")
    }

    pub(crate) fn accept(&self) -> Connection {
        self.handshake().expect("hands were shaken")
    }

    /// The next connection on which hands were shaken.
    pub(crate) fn accepted(&self) -> Connection {
        loop {
            if let Ok(connection) = self.handshake() {
                return connection;
            }
        }
    }
}

fn handshake(socket: TcpStream, config: &Arc<ServerConfig>) -> io::Result<Connection> {
    let server = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(server, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    stream.flush()?;
    Ok(Connection::of(stream))
}
