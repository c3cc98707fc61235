//! Peers that say nothing, stay too long, or are too many.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use weir_rpc::pb::enrich_response::Message;
use weir_rpc::pb::{EnrichRequest, LookupAddressRequest};
use weir_rpc::server::{ConnectionAge, ServerConfig};
use weir_rpc::tls::Security;

use crate::support::{
    Authority, TestServer, admin_client, data_client, eventually, plaintext, soon,
};

const SHORT: Duration = Duration::from_millis(100);

/// Long enough for an honest peer on a busy machine.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// Sends `octets` and nothing more; ends when the server closes the connection.
async fn is_closed(address: SocketAddr, octets: &[u8]) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(octets).await.unwrap();
    let mut rest = Vec::new();
    // A reset is an end as well.
    drop(soon(stream.read_to_end(&mut rest)).await);
}

fn impatient(security: Security) -> ServerConfig {
    let mut config = ServerConfig::data(plaintext().listen, security);
    config.limits.handshake_timeout = IMPATIENCE;
    config
}

#[tokio::test]
async fn a_peer_that_does_not_begin_is_closed() {
    let server = TestServer::start(impatient(Security::Plaintext)).await;
    for opening in [&b""[..], b"PRI * HTTP/2.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        is_closed(server.address, opening).await;
    }
}

#[tokio::test]
async fn a_peer_that_does_not_begin_tls_is_closed() {
    let (_folder, security) = Authority::new().issue("server").files();
    let server = TestServer::start(impatient(security)).await;
    for opening in [&b""[..], &[0x16, 0x03, 0x01]] {
        is_closed(server.address, opening).await;
    }
}

#[tokio::test]
async fn a_peer_that_has_begun_may_be_idle() {
    let server = TestServer::start(impatient(Security::Plaintext)).await;
    let mut client = admin_client(server.channel(&Security::Plaintext));
    let mut address =
        async || client.lookup_address(LookupAddressRequest::default()).await.unwrap().into_inner();
    let first = address().await;
    // These came later and are gone: the time is over for the first, too.
    is_closed(server.address, b"").await;
    is_closed(server.address, b"").await;
    assert_eq!(address().await, first);
}

#[tokio::test]
async fn a_connection_too_many_is_closed_at_once() {
    let mut config = plaintext();
    config.limits.max_connections = 1;
    let server = TestServer::start(config).await;
    let mut client = admin_client(server.channel(&Security::Plaintext));
    client.lookup_address(LookupAddressRequest::default()).await.unwrap();
    is_closed(server.address, b"").await;
    client.lookup_address(LookupAddressRequest::default()).await.unwrap();
    drop(client);
    let again = eventually(|| async {
        let mut client = admin_client(server.channel(&Security::Plaintext));
        client.lookup_address(LookupAddressRequest::default()).await.ok()
    });
    again.await;
}

#[tokio::test]
async fn an_old_connection_is_left_for_a_new_one_and_its_streams_are_told() {
    let mut config = plaintext();
    config.limits.handshake_timeout = IMPATIENCE;
    config.limits.age = ConnectionAge { most: SHORT, jitter: SHORT, grace: SHORT };
    let server = TestServer::start(config).await;
    let channel = server.channel(&Security::Plaintext);
    let mut client = admin_client(channel.clone());
    let first = client.lookup_address(LookupAddressRequest::default()).await.unwrap().into_inner();
    let (sender, requests) = mpsc::channel::<EnrichRequest>(1);
    let stream = data_client(channel).enrich(ReceiverStream::new(requests)).await;
    let mut answers = stream.unwrap().into_inner();
    let told = soon(answers.message()).await.unwrap().unwrap();
    assert!(matches!(told.message, Some(Message::Closing(_))), "{told:?}");
    // The stream stays open in spite of that, and is cut after the grace.
    soon(answers.message()).await.unwrap_err();
    drop(sender);
    eventually(|| {
        let mut client = client.clone();
        let first = first.clone();
        async move {
            let answer = client.lookup_address(LookupAddressRequest::default()).await.ok()?;
            (answer.into_inner() != first).then_some(())
        }
    })
    .await;
}
