//! Asks a server for its health, as a health check does.

use std::time::Duration;

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::channel::{ConnectError, Connector};
use crate::endpoints::Target;
use crate::tls::Security;

/// How long a probe takes at most.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a server's health is not known.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It does not answer.
    #[error("{target} does not say how it is")]
    Call {
        /// The server.
        target: Target,
        /// Its word, or the transport's.
        source: Box<tonic::Status>,
    },
    /// It takes too long.
    #[error("{target} did not answer within {} s", TIMEOUT.as_secs())]
    Late {
        /// The server.
        target: Target,
    },
}

/// Whether the server says that it is serving; it has 5 s to say so.
///
/// # Errors
///
/// When it says nothing.
pub async fn probe(target: &Target, security: &Security) -> Result<bool, ProbeError> {
    let ask = async {
        let channel = Connector::new(security)?.connect(target).await?;
        let request = HealthCheckRequest { service: String::new() };
        let answer = crate::limited!(HealthClient::new(channel)).check(request).await;
        let failed = |status| ProbeError::Call { target: target.clone(), source: Box::new(status) };
        Ok(answer.map_err(failed)?.into_inner().status() == ServingStatus::Serving)
    };
    let late = |_| ProbeError::Late { target: target.clone() };
    tokio::time::timeout(TIMEOUT, ask).await.map_err(late)?
}
