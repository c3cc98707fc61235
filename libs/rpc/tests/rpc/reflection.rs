//! Reflection, as grpcurl and its like use it.

use tokio_stream::{StreamExt as _, iter};
use tonic::Code;
use tonic_reflection::pb::{v1, v1alpha};
use weir_rpc::tls::Security;

use crate::support::TestServer;

const SERVICES: [&str; 3] =
    ["grpc.health.v1.Health", "weir.v1.EnrichService", "weir.v1.EnricherAdminService"];

/// Asks over one version of the protocol for all services, and for what describes one of them.
macro_rules! ask {
    ($version:ident, $server:expr) => {{
        use $version::server_reflection_client::ServerReflectionClient;
        use $version::server_reflection_request::MessageRequest;
        use $version::server_reflection_response::MessageResponse;
        let request = |message_request| $version::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message_request),
        };
        let symbol = "weir.v1.EnricherAdminService".to_owned();
        let requests = iter([
            request(MessageRequest::ListServices(String::new())),
            request(MessageRequest::FileContainingSymbol(symbol)),
        ]);
        let mut client = ServerReflectionClient::new($server.channel(&Security::Plaintext));
        let answers = client.server_reflection_info(requests).await;
        answers.map(|answers| async {
            let answers: Vec<_> = answers.into_inner().collect().await;
            let mut names = Vec::new();
            let mut files = 0;
            for answer in answers {
                match answer.unwrap().message_response.unwrap() {
                    MessageResponse::ListServicesResponse(list) => {
                        names.extend(list.service.into_iter().map(|service| service.name));
                    }
                    MessageResponse::FileDescriptorResponse(found) => {
                        files += found.file_descriptor_proto.len();
                    }
                    other => panic!("{other:?}"),
                }
            }
            names.sort_unstable();
            (names, files)
        })
    }};
}

#[tokio::test]
async fn an_admin_listener_describes_itself_in_both_versions() {
    let server = TestServer::admin(Security::Plaintext).await;
    let (names, files) = ask!(v1, server).unwrap().await;
    assert_eq!((names, files), (SERVICES.map(str::to_owned).to_vec(), 1));
    let (names, files) = ask!(v1alpha, server).unwrap().await;
    assert_eq!((names, files), (SERVICES.map(str::to_owned).to_vec(), 1));
}

#[tokio::test]
async fn a_data_listener_does_not() {
    let server = TestServer::data(Security::Plaintext).await;
    assert_eq!(ask!(v1, server).err().unwrap().code(), Code::Unimplemented);
    assert_eq!(ask!(v1alpha, server).err().unwrap().code(), Code::Unimplemented);
}
