//! Opens one link and brings what comes over it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use weir_delivery::LinkId;

use super::Receivers;
use crate::link::{FromReceiver, HEARTBEAT, ToReceiver};

/// How long opening a link may take.
const OPENING: Duration = Duration::from_secs(10);

/// How long a receiver may say nothing, heartbeats counted in.
const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());

/// What happens to a link.
#[derive(Debug)]
pub(super) enum LinkEvent<T> {
    /// It is open.
    Opened(mpsc::Sender<ToReceiver<T>>),
    /// The receiver says something.
    Said(FromReceiver),
    /// It could not be opened, or nothing more comes; the reason is for logs.
    Lost(Option<String>),
}

/// Opens a link and reports what happens to it, in the end that it is lost.
pub(super) async fn run<T: Send + 'static, R: Receivers<T>>(
    receivers: Arc<R>,
    endpoint: R::Endpoint,
    link: LinkId,
    events: mpsc::Sender<(LinkId, LinkEvent<T>)>,
) {
    let reason = follow(&*receivers, &endpoint, link, &events).await;
    // Without the dispatcher there is nobody to tell.
    drop(events.send((link, LinkEvent::Lost(reason))).await);
}

/// Why the link has ended; `None` when the receiver ended it in good order.
async fn follow<T: Send + 'static, R: Receivers<T>>(
    receivers: &R,
    endpoint: &R::Endpoint,
    link: LinkId,
    events: &mpsc::Sender<(LinkId, LinkEvent<T>)>,
) -> Option<String> {
    let end = match timeout(OPENING, receivers.open(endpoint)).await {
        Ok(Ok(end)) => end,
        Ok(Err(status)) => return Some(crate::causes::causes(&status)),
        Err(_) => return Some(format!("no answer within {OPENING:?}")),
    };
    let mut responses = end.responses;
    events.send((link, LinkEvent::Opened(end.requests))).await.ok()?;
    loop {
        match timeout(SILENCE, responses.next()).await {
            Ok(Some(Ok(said))) => events.send((link, LinkEvent::Said(said))).await.ok()?,
            Ok(Some(Err(status))) => return Some(crate::causes::causes(&status)),
            Ok(None) => return None,
            Err(_) => return Some(format!("no sign of life for {SILENCE:?}")),
        }
    }
}
