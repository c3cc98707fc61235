//! Too many calls, and calls that take too long.

use std::time::Duration;

use tonic::Code;
use tonic_types::StatusExt as _;
use weir_rpc::pb::{GetEnricherStatusRequest, LookupAddressRequest};
use weir_rpc::server::ServerConfig;
use weir_rpc::tls::Security;

use crate::support::{TestServer, admin_client, plaintext, soon};

fn admin() -> ServerConfig {
    ServerConfig::admin(plaintext().listen, Security::Plaintext)
}

#[tokio::test]
async fn one_call_too_many_is_refused_and_the_others_are_answered() {
    let mut config = admin();
    config.limits.max_calls = Some(1);
    let server = TestServer::start(config).await;
    let mut client = admin_client(server.channel(&Security::Plaintext));
    let mut other = client.clone();
    let held = tokio::spawn(async move {
        other.get_enricher_status(GetEnricherStatusRequest::default()).await
    });
    soon(server.gate.entered.notified()).await;
    let refused = client.lookup_address(LookupAddressRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let info = refused.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("TOO_MANY_CALLS", "weir"));
    server.gate.open.notify_one();
    soon(held).await.unwrap().unwrap();
    client.lookup_address(LookupAddressRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended() {
    let mut config = admin();
    config.limits.call_timeout = Some(Duration::from_millis(20));
    let server = TestServer::start(config).await;
    let mut client = admin_client(server.channel(&Security::Plaintext));
    let ended = soon(client.get_enricher_status(GetEnricherStatusRequest::default())).await;
    assert_eq!(ended.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_caller_s_own_deadline_is_kept() {
    let server = TestServer::start(admin()).await;
    let mut client = admin_client(server.channel(&Security::Plaintext));
    let mut request = tonic::Request::new(GetEnricherStatusRequest::default());
    // Only the header, so that it is the server that keeps it.
    request.metadata_mut().insert("grpc-timeout", "20m".parse().unwrap());
    let ended = soon(client.get_enricher_status(request)).await.unwrap_err();
    assert!(matches!(ended.code(), Code::DeadlineExceeded | Code::Cancelled), "{ended}");
}
