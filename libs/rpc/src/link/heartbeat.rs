//! A sign of life where nothing else is said.

use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::Status;

use super::FromReceiver;

/// How long a receiver says nothing at most.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// What comes over `messages`, and an empty list of answers whenever nothing has come for
/// [`HEARTBEAT`].
pub(super) fn with_heartbeats(
    messages: mpsc::Receiver<FromReceiver>,
) -> impl Stream<Item = Result<FromReceiver, Status>> {
    stream::unfold(messages, |mut messages| async move {
        let message = match timeout(HEARTBEAT, messages.recv()).await {
            Ok(message) => message?,
            Err(_) => FromReceiver::Answers(Vec::new()),
        };
        Some((Ok(message), messages))
    })
}
