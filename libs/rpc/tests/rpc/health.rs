//! Health tells the truth.

use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use weir_rpc::health::{Health, ProbeError, probe};
use weir_rpc::tls::Security;

use crate::support::{TestServer, soon};

const NAMES: [&str; 4] =
    ["", "weir.v1.EnrichService", "weir.v1.EnricherAdminService", "weir.v1.NoService"];

#[tokio::test]
async fn a_server_serves_once_it_is_ready_and_all_conditions_hold() {
    let server = TestServer::data(Security::Plaintext).await;
    let is_serving = || async { probe(&server.target(), &Security::Plaintext).await.unwrap() };
    assert!(!is_serving().await);
    let exporter = server.health.wait_for("exporter");
    let inventory = server.health.wait_for("inventory");
    server.health.set_ready(true);
    assert!(!is_serving().await);
    exporter.set(true);
    assert!(!is_serving().await);
    assert_eq!(server.health.missing(), ["inventory"]);
    inventory.set(true);
    assert!(is_serving().await);
    exporter.set(false);
    assert!(!is_serving().await);
    exporter.set(true);
    server.health.draining();
    assert!(!is_serving().await);
    server.health.set_ready(true);
    exporter.set(true);
    assert!(!is_serving().await, "draining is for good");
}

#[tokio::test]
async fn each_service_is_known_by_its_name() {
    let server = TestServer::admin(Security::Plaintext).await;
    server.health.set_ready(true);
    let mut client = HealthClient::new(server.channel(&Security::Plaintext));
    for name in NAMES {
        let result = client.check(HealthCheckRequest { service: name.to_owned() }).await;
        let status = result.map(|answer| answer.into_inner().status());
        match name {
            "weir.v1.NoService" => assert_eq!(status.unwrap_err().code(), Code::NotFound),
            _ => assert_eq!(status.unwrap(), ServingStatus::Serving, "{name}"),
        }
    }
}

#[tokio::test]
async fn who_watches_is_told_and_holds_up_no_shutdown() {
    let mut server = TestServer::data(Security::Plaintext).await;
    let mut client = HealthClient::new(server.channel(&Security::Plaintext));
    let mut updates = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut next = async || updates.message().await.unwrap().map(|update| update.status());
    assert_eq!(soon(next()).await, Some(ServingStatus::NotServing));
    server.health.set_ready(true);
    assert_eq!(soon(next()).await, Some(ServingStatus::Serving));
    server.health.draining();
    assert_eq!(soon(next()).await, Some(ServingStatus::NotServing));
    server.shut_down();
    assert_eq!(soon(next()).await, None);
    soon(&mut server.serving).await.unwrap();
}

#[tokio::test]
async fn a_probe_of_nobody_says_so() {
    let target = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", free.local_addr().unwrap()).parse().unwrap()
    };
    let error = probe(&target, &Security::Plaintext).await.unwrap_err();
    assert!(matches!(error, ProbeError::Connect(_)), "{error}");
}

#[test]
fn health_starts_as_not_serving() {
    let health = Health::new();
    assert!(!health.is_serving());
    health.set_ready(true);
    assert!(health.is_serving());
}
