//! Who changed what, for audits: lines of the log with the target `audit`.

use weir_rpc::server::Peer;

/// Who makes a call: the name in its certificate and its address, or that it has shown none.
pub fn who<T>(request: &tonic::Request<T>) -> String {
    match Peer::of(request) {
        Some(peer) if peer.identity().is_some() => peer.to_string(),
        Some(peer) if peer.address().ip().is_loopback() => {
            format!("unauthenticated local at {}", peer.address())
        }
        Some(peer) => format!("unauthenticated at {}", peer.address()),
        None => "unauthenticated local".to_owned(),
    }
}
