//! Parts of a screen, sent as they change (server-sent events).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, Sse};
use futures_util::stream::unfold;
use maud::Markup;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::state::Console;
use crate::http::Caller;
use crate::metrics::Refusal;
use crate::view::refused_page;

/// The most live views.
const MAX_FEEDS: usize = 64;

/// How long nothing is sent at most; then it is looked whether the session lasts, too.
const LOOK: Duration = Duration::from_secs(5);

/// The least time between two events.
const PAUSE: Duration = Duration::from_millis(250);

/// Parts of a screen: the ids of elements and what they show now.
pub(super) type Parts = Vec<(&'static str, Markup)>;

/// Room for live views.
pub(super) fn slots() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_FEEDS))
}

struct Feed<T, F> {
    console: Arc<Console>,
    caller: Caller,
    changes: watch::Receiver<T>,
    render: F,
    is_first: bool,
    _slot: OwnedSemaphorePermit,
}

/// Sends what `render` makes of a value, at once and each time that it changes, until the session
/// or the process ends.
pub(super) fn feed<T, F>(
    console: &Arc<Console>,
    caller: Caller,
    changes: watch::Receiver<T>,
    render: F,
) -> Response<Body>
where
    T: Send + Sync + 'static,
    F: Fn(&T) -> Parts + Send + 'static,
{
    let Ok(slot) = Arc::clone(&console.feeds).try_acquire_owned() else {
        console.gate.metrics.refused(Refusal::TooMany);
        return refused_page(StatusCode::SERVICE_UNAVAILABLE, Refusal::TooMany);
    };
    let console = Arc::clone(console);
    let feed = Feed { console, caller, changes, render, is_first: true, _slot: slot };
    let events = unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok::<_, Infallible>(event), feed))
    });
    Sse::new(events).into_response()
}

impl<T, F: Fn(&T) -> Parts> Feed<T, F> {
    /// The next event; none when it is over.
    async fn next(&mut self) -> Option<Event> {
        if self.is_first {
            self.is_first = false;
            return Some(self.event());
        }
        tokio::select! {
            () = self.console.shutdown.requested() => return None,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let (access, key) = (&self.console.gate.access, self.caller.session.key);
        if !access.is_open(key, Instant::now()) {
            return None;
        }
        tokio::select! {
            () = self.console.shutdown.requested() => None,
            changed = timeout(LOOK, self.changes.changed()) => match changed {
                Ok(Ok(())) => Some(self.event()),
                Ok(Err(_)) => None,
                // A sign of life: a screen that gets none says so.
                Err(_) => Some(Event::default().data("{}")),
            }
        }
    }

    fn event(&mut self) -> Event {
        let parts = (self.render)(&self.changes.borrow_and_update());
        let parts = parts.into_iter().map(|(id, part)| (id.to_owned(), part.into_string().into()));
        let object: serde_json::Map<String, serde_json::Value> = parts.collect();
        Event::default().data(serde_json::Value::Object(object).to_string())
    }
}
