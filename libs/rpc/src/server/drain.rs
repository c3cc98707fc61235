//! The life of a data listener: serve, then let what is in flight leave.

use std::time::Duration;

use weir_runtime::Shutdown;
use weir_runtime::drain::{Drained, with_grace};

use super::{Server, ServerError, Services};
use crate::health::Health;

/// Serves until `shutdown`. Then health says NOT_SERVING, `close` asks the peers to end their
/// streams, and these get `grace` to do so; what is left after that is cut.
///
/// # Errors
///
/// When the services cannot be described.
pub async fn serve_and_drain(
    server: Server,
    services: Services,
    health: &Health,
    shutdown: &Shutdown,
    grace: Duration,
    close: impl FnOnce(),
) -> Result<Drained, ServerError> {
    let asked = async {
        shutdown.requested().await;
        tracing::info!("draining: no more is taken, what is in flight may leave");
        health.draining();
        close();
    };
    let mut serving = std::pin::pin!(server.serve(services, asked));
    tokio::select! {
        result = &mut serving => return result.map(|()| Drained::Complete),
        () = shutdown.requested() => {}
    }
    let mut result = Ok(());
    let drained = with_grace(grace, async { result = serving.await }).await;
    result.map(|()| drained)
}
