//! Messages at the limit and above.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};
use weir_rpc::MAX_MESSAGE_OCTETS;
use weir_rpc::pb::enrich_request::Message;
use weir_rpc::pb::enrich_service_client::EnrichServiceClient;
use weir_rpc::pb::enricher_admin_service_client::EnricherAdminServiceClient;
use weir_rpc::pb::{EnrichRequest, EnrichResponse, ExplainLineRequest, RawBatch, RawRun};
use weir_rpc::tls::Security;

use crate::support::{TestServer, admin_client, soon};

/// A message with this many octets when it is encoded.
fn line(octets: usize) -> ExplainLineRequest {
    // One octet for the field and four for the length.
    ExplainLineRequest { line: "x".repeat(octets - 5), ..Default::default() }
}

fn batch(octets: usize) -> EnrichRequest {
    let run = RawRun { text: vec![b'x'; octets].into(), ..Default::default() };
    EnrichRequest { message: Some(Message::Batch(RawBatch { runs: vec![run] })) }
}

/// A stream over `client`, whose owner may send anything.
async fn open(
    client: &mut EnrichServiceClient<tonic::transport::Channel>,
) -> (mpsc::Sender<EnrichRequest>, Streaming<EnrichResponse>) {
    let (sender, requests) = mpsc::channel(1);
    let answers = client.enrich(ReceiverStream::new(requests)).await.unwrap().into_inner();
    (sender, answers)
}

#[tokio::test]
async fn a_message_of_4_mib_passes_and_one_octet_more_does_not() {
    let server = TestServer::admin(Security::Plaintext).await;
    // A foreign client, which knows no limit.
    let mut client = EnricherAdminServiceClient::new(server.channel(&Security::Plaintext));
    let answer = client.explain_line(line(MAX_MESSAGE_OCTETS)).await.unwrap().into_inner();
    assert_eq!(answer.outcome, (MAX_MESSAGE_OCTETS - 5).to_string());
    let refused = client.explain_line(line(MAX_MESSAGE_OCTETS + 1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    let mut client = admin_client(server.channel(&Security::Plaintext));
    let refused = client.explain_line(line(MAX_MESSAGE_OCTETS + 1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
}

#[tokio::test]
async fn a_message_of_5_mib_ends_its_stream_and_no_other() {
    let server = TestServer::data(Security::Plaintext).await;
    let channel = server.channel(&Security::Plaintext);
    let mut client = EnrichServiceClient::new(channel.clone());
    let (good, mut good_answers) = soon(open(&mut client)).await;
    let (bad, mut bad_answers) = soon(open(&mut client)).await;
    good.send(batch(1000)).await.unwrap();
    assert!(soon(good_answers.message()).await.unwrap().is_some());
    bad.send(batch(5 * 1024 * 1024)).await.unwrap();
    let refused = soon(bad_answers.message()).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    good.send(batch(1024 * 1024)).await.unwrap();
    assert!(soon(good_answers.message()).await.unwrap().is_some());
}
