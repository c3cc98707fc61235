//! The end of a server.

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use weir_rpc::pb::enrich_request::Message as Asked;
use weir_rpc::pb::enrich_response::Message;
use weir_rpc::pb::{EnrichRequest, EnrichResponse, RawBatch};
use weir_rpc::tls::Security;

use crate::support::{TestServer, data_client, eventually, soon};

async fn open(server: &TestServer) -> (mpsc::Sender<EnrichRequest>, Streaming<EnrichResponse>) {
    let (sender, requests) = mpsc::channel(1);
    let mut client = data_client(server.channel(&Security::Plaintext));
    let answers = client.enrich(ReceiverStream::new(requests)).await.unwrap().into_inner();
    (sender, answers)
}

async fn is_refused(server: &TestServer) {
    eventually(|| async { TcpStream::connect(server.address).await.err() }).await;
}

#[tokio::test]
async fn a_server_without_calls_ends_at_once() {
    let mut server = TestServer::data(Security::Plaintext).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    server.shut_down();
    soon(&mut server.serving).await.unwrap();
    drop(idle);
}

#[tokio::test]
async fn open_streams_are_told_finish_and_then_the_server_ends() {
    let mut server = TestServer::data(Security::Plaintext).await;
    let (requests, mut answers) = soon(open(&server)).await;
    server.shut_down();
    let told = soon(answers.message()).await.unwrap().unwrap();
    assert!(matches!(told.message, Some(Message::Closing(_))), "{told:?}");
    is_refused(&server).await;
    // What was begun is still answered.
    let batch = EnrichRequest { message: Some(Asked::Batch(RawBatch::default())) };
    requests.send(batch).await.unwrap();
    let answer = soon(answers.message()).await.unwrap().unwrap();
    assert!(matches!(answer.message, Some(Message::Answers(_))), "{answer:?}");
    assert!(!server.serving.is_finished());
    drop(requests);
    assert!(soon(answers.message()).await.unwrap().is_none());
    soon(&mut server.serving).await.unwrap();
}

#[tokio::test]
async fn who_does_not_wait_cuts_the_streams() {
    let mut server = TestServer::data(Security::Plaintext).await;
    let (_requests, mut answers) = soon(open(&server)).await;
    server.shut_down();
    soon(answers.message()).await.unwrap().unwrap();
    server.serving.abort();
    soon(answers.message()).await.unwrap_err();
}
