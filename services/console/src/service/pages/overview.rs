//! Overview: how everything goes, and the last hour.

mod charts;
mod sources;
mod targets;
mod tiles;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use maud::{Markup, html};
use tokio::time::timeout;

use crate::http::Caller;
use crate::service::feed::{Parts, feed};
use crate::service::live::Seen;
use crate::service::state::{Console, Shared, fine};
use crate::view::{Place, Shell, empty};

/// How long the first look may take before the page comes without it.
const FIRST_LOOK: Duration = Duration::from_secs(4);

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let seen = seen(&console).await;
    let lead = "What comes in, what goes out, and what waits.";
    let shell =
        Shell { live: Some("/live"), ..console.shell(&caller, Place::Overview, "Overview", lead) };
    let parts = parts(&seen).into_iter();
    let content = html! { @for (id, part) in parts { section id=(id) { (part) } } };
    fine(&shell, content)
}

/// The screen as it changes.
pub(in crate::service) async fn live(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    feed(&console, caller, console.seen.clone(), parts)
}

/// The last look, or the first one that is under way.
async fn seen(console: &Console) -> Option<Arc<Seen>> {
    let mut seen = console.seen.clone();
    match timeout(FIRST_LOOK, seen.wait_for(Option::is_some)).await {
        Ok(Ok(seen)) => seen.clone(),
        _ => None,
    }
}

fn parts(seen: &Option<Arc<Seen>>) -> Parts {
    match seen {
        None => vec![("tiles", waiting())],
        Some(seen) => vec![
            ("tiles", tiles::tiles(seen)),
            ("charts", charts::charts(seen)),
            ("sources", sources::sources(seen)),
            ("targets", targets::outputs(seen)),
            ("rejects", targets::rejects(seen)),
            ("enrichers", targets::enrichers(seen)),
        ],
    }
}

fn waiting() -> Markup {
    let advice = html! {
        "The console asks discovery, enrichers and exporters. If this stays, look whether their \
         addresses in " code { "[console]" } " are right."
    };
    empty("Nobody has answered yet", advice)
}
