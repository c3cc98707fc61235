//! Mutual TLS: who is let in, who is not, and new certificates.

use tonic::Status;
use tonic::transport::Channel;
use weir_rpc::channel::Connector;
use weir_rpc::endpoints::{Endpoint, Target};
use weir_rpc::health::probe;
use weir_rpc::pb::LookupAddressRequest;
use weir_rpc::tls::{Callers, Security};

use crate::support::{Authority, TestServer, admin_client, chain, eventually};

/// Who the server says that calls.
async fn called_as(channel: Channel) -> Result<String, Status> {
    let answer = admin_client(channel).lookup_address(LookupAddressRequest::default()).await?;
    Ok(answer.into_inner().address)
}

#[tokio::test]
async fn both_ends_know_each_other_and_handlers_know_the_peer() {
    let authority = Authority::new();
    let (_server_files, server_security) = authority.issue("server").files();
    let (_client_files, client_security) = authority.issue("client-1").files();
    let server = TestServer::admin(server_security).await;
    let name = called_as(server.channel(&client_security)).await.unwrap();
    assert!(name.starts_with("spiffe://weir.example/client-1 at 127.0.0.1:"), "{name}");
    server.health.set_ready(true);
    assert!(probe(&server.target(), &client_security).await.unwrap());
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_called() {
    let (_server_files, server_security) = Authority::new().issue("server").files();
    let (_client_files, client_security) = Authority::new().issue("client").files();
    let server = TestServer::admin(server_security).await;
    let connector = Connector::new(&client_security).unwrap();
    let error = chain(&connector.connect(&server.target()).await.unwrap_err());
    assert!(error.contains("invalid peer certificate"), "{error}");
}

#[tokio::test]
async fn a_server_of_another_name_is_not_called() {
    let authority = Authority::new();
    let (_server_files, server_security) = authority.issue("server").files();
    let (_client_files, client_security) = authority.issue("client").files();
    let server = TestServer::admin(server_security).await;
    let target: Target = "https://exporter:1".parse().unwrap();
    let endpoint = Endpoint::new(server.address, target);
    let connector = Connector::new(&client_security).unwrap();
    let error = chain(&connector.connect(&endpoint).await.unwrap_err());
    assert!(error.contains("not valid for name"), "{error}");
    let target: Target = "https://server:1".parse().unwrap();
    let endpoint = Endpoint::new(server.address, target);
    called_as(connector.connect(&endpoint).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_client_of_another_authority_is_not_let_in() {
    let authority = Authority::new();
    let (_server_files, server_security) = authority.issue("server").files();
    let server = TestServer::admin(server_security).await;
    let mut stranger = Authority::new().issue("client");
    stranger.authority = authority.issue("x").authority;
    let (_client_files, client_security) = stranger.files();
    called_as(server.channel(&client_security)).await.unwrap_err();
}

#[tokio::test]
async fn an_expired_client_is_not_let_in_and_an_expired_server_is_not_called() {
    let authority = Authority::new();
    let (_good_files, good) = authority.issue("good").files();
    let (_expired_files, expired) = authority.issue_expired("expired").files();
    let server = TestServer::admin(good.clone()).await;
    called_as(server.channel(&expired)).await.unwrap_err();
    let server = TestServer::admin(expired).await;
    let error = Connector::new(&good).unwrap().connect(&server.target()).await.unwrap_err();
    assert!(chain(&error).contains("expired"), "{}", chain(&error));
}

#[tokio::test]
async fn those_alone_may_call_whose_names_are_given_and_all_may_ask_for_health() {
    let authority = Authority::new();
    let admin = vec!["spiffe://weir.example/operator".to_owned(), "tool".to_owned()];
    let callers = Callers { data: vec!["nobody".to_owned()], admin };
    let (_server_files, server_security) = authority.issue("server").files_for(callers);
    let server = TestServer::admin(server_security).await;
    server.health.set_ready(true);
    for name in ["operator", "tool"] {
        let (_files, security) = authority.issue(name).files();
        called_as(server.channel(&security)).await.unwrap();
    }
    let (_files, security) = authority.issue("enricher").files();
    let refused = called_as(server.channel(&security)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let message = refused.message();
    assert!(message.starts_with("spiffe://weir.example/enricher at 127.0.0.1:"), "{message}");
    assert!(probe(&server.target(), &security).await.unwrap());
}

#[tokio::test]
async fn plaintext_and_no_certificate_are_not_let_in() {
    let authority = Authority::new();
    let identity = authority.issue("server");
    let (_files, security) = identity.files();
    let server = TestServer::admin(security).await;
    let plaintext: Target = format!("http://{}", server.address).parse().unwrap();
    let connector = Connector::new(&Security::Plaintext).unwrap();
    called_as(connector.connect_lazy(&plaintext).unwrap()).await.unwrap_err();
    let anonymous = anonymous(&identity.authority, server.address).await;
    assert!(anonymous.is_err(), "{anonymous:?}");
}

/// Calls with TLS, and shows no certificate.
async fn anonymous(authority: &str, address: std::net::SocketAddr) -> std::io::Result<usize> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use tokio::io::AsyncReadExt as _;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = tokio::net::TcpStream::connect(address).await?;
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    stream.read(&mut [0; 1024]).await
}

#[tokio::test]
async fn new_certificates_of_a_server_are_used_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let (server_files, server_security) = old.issue("server").files();
    let (_old_files, old_security) = old.issue("client").files();
    let (_new_files, new_security) = new.issue("client").files();
    let server = TestServer::admin(server_security).await;
    let open = server.channel(&old_security);
    let name = called_as(open.clone()).await.unwrap();
    called_as(server.channel(&new_security)).await.unwrap_err();
    let issued = new.issue("server");
    // While the files do not fit together, the old ones are used.
    std::fs::write(server_files.path().join("key.pem"), &issued.key).unwrap();
    called_as(server.channel(&old_security)).await.unwrap();
    issued.write(&server_files);
    eventually(|| async { called_as(server.channel(&new_security)).await.ok() }).await;
    called_as(server.channel(&old_security)).await.unwrap_err();
    assert_eq!(called_as(open).await.unwrap(), name, "open connections stay");
}

#[tokio::test]
async fn new_certificates_of_a_client_are_used_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let (_server_files, server_security) = new.issue("server").files();
    let (client_files, client_security) = old.issue("client").files();
    let server = TestServer::admin(server_security).await;
    let channel = server.channel(&client_security);
    called_as(channel.clone()).await.unwrap_err();
    new.issue("client").write(&client_files);
    eventually(|| async { called_as(channel.clone()).await.ok() }).await;
}

#[test]
fn files_that_cannot_be_used_are_named_with_what_is_wrong() {
    let authority = Authority::new();
    let identity = authority.issue("server");
    let cases = [
        ("ca.pem", None, "cannot read"),
        ("ca.pem", Some(""), "ca.pem holds no certificate in PEM form"),
        ("cert.pem", Some("-----BEGIN CERTIFICATE-----\nMII"), "cert.pem is damaged"),
        ("key.pem", Some(identity.certificate.as_str()), "key.pem holds no private key"),
    ];
    for (name, text, expected) in cases {
        let (folder, security) = identity.files();
        let path = folder.path().join(name);
        match text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let error = chain(&Connector::new(&security).err().unwrap());
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_key_of_another_certificate_is_told_apart() {
    let authority = Authority::new();
    let mut identity = authority.issue("server");
    identity.key = authority.issue("other").key;
    let (_folder, security) = identity.files();
    let error = chain(&Connector::new(&security).err().unwrap());
    assert!(error.contains("is not the one of the certificate"), "{error}");
}

#[test]
fn a_scheme_that_does_not_fit_the_security_is_refused() {
    let (_folder, mutual) = Authority::new().issue("client").files();
    for (security, url) in [(mutual, "http://a:1"), (Security::Plaintext, "https://a:1")] {
        let target: Target = url.parse().unwrap();
        let error = Connector::new(&security).unwrap().connect_lazy(&target).err().unwrap();
        assert!(error.to_string().contains("does not fit"), "{error}");
    }
}
