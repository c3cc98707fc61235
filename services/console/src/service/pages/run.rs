//! Run now: a sweep, as it goes.

mod progress;
mod result;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Change, see_other};
use crate::service::clients::SHORT;
use crate::service::feed::{Parts, feed};
use crate::service::moments::{span_text, when};
use crate::service::state::{Console, Shared, fine};
use crate::service::sweep::Sweep;
use crate::view::{
    Mood, Place, Problem, Shell, badge, count, csrf, empty, mono, notice, or_dash, pair, trouble,
};

const TITLE: &str = "Run now";
const LEAD: &str = "Reads all accounts and regions anew: VPCs, instances, flow logs and what \
    carries them.";

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let shell = shell(&console, &caller);
    fine(&shell, content(&console, &caller, None).await)
}

/// Begins a sweep, or joins the one that is under way.
pub(in crate::service) async fn begin(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, .. } = change;
    let begun = console.sweeps.begin().await;
    console.gate.metrics.changed(begun.is_ok());
    let who = caller.who();
    match begun {
        Ok(()) => {
            tracing::info!(target: "audit", who, what = "RunDiscovery", "a change was made");
            see_other("/run")
        }
        Err(problem) => {
            let reason = &problem.message;
            tracing::info!(target: "audit", who, what = "RunDiscovery", reason, "a change was refused");
            let content = content(&console, &caller, Some(&problem)).await;
            shell(&console, &caller).page(problem.status(), content)
        }
    }
}

/// The sweep as it goes.
pub(in crate::service) async fn live(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    feed(&console, caller, console.sweeps.follow(), live_parts)
}

fn shell<'a>(console: &Console, caller: &'a Caller) -> Shell<'a> {
    let shell = console.shell(caller, Place::Run, TITLE, LEAD);
    let is_running = console.sweeps.follow().borrow().as_ref().is_some_and(Sweep::is_running);
    Shell { live: is_running.then_some("/run/live"), ..shell }
}

/// The button that begins a sweep is not on a screen that has followed one.
fn live_parts(sweep: &Option<Sweep>) -> Parts {
    let has_ended = sweep.as_ref().is_some_and(|sweep| !sweep.is_running());
    let again = html! {
        @if has_ended { p { a.button.quiet href="/run" { "Back to the schedule" } } }
    };
    let parts = parts(sweep).into_iter();
    parts.map(|(id, part)| (id, html! { (part) (again) })).collect()
}

fn parts(sweep: &Option<Sweep>) -> Parts {
    vec![("sweep", sweep.as_ref().map_or_else(|| html! {}, progress::progress))]
}

async fn content(console: &Console, caller: &Caller, refused: Option<&Problem>) -> Markup {
    let status = status(console).await;
    let sweep = console.sweeps.follow().borrow().clone();
    html! {
        @if let Some(problem) = refused { (trouble("The sweep", problem)) }
        @match &status {
            Err(problem) => { (trouble("Discovery", problem)) }
            Ok(status) => {
                (state(status))
                @if sweep.as_ref().is_some_and(Sweep::is_running) {}
                @else if caller.is_admin() {
                    form method="post" action="/run" {
                        (csrf(caller))
                        button type="submit" {
                            @if status.running_since.is_some() { "Follow the sweep" }
                            @else { "Run discovery now" }
                        }
                    }
                } @else {
                    p.muted { "Admins can begin a sweep." }
                }
            }
        }
        @for (id, part) in parts(&sweep) { section id=(id) { (part) } }
        @if sweep.is_none() {
            @if let Ok(pb::GetDiscoveryStatusResponse { last_sweep: Some(last), .. }) = &status {
                section { (result::result("The last sweep", last)) }
            } @else if status.is_ok() {
                (empty("No sweep has ended since discovery was started", html! {
                    "Run one, or wait for the schedule. What was found before counts meanwhile."
                }))
            }
        }
    }
}

async fn status(console: &Console) -> Result<pb::GetDiscoveryStatusResponse, Problem> {
    let mut client = console.clients.sweeps()?;
    let request = pb::GetDiscoveryStatusRequest {};
    console.clients.ask(SHORT, client.get_discovery_status(request)).await
}

/// What discovery is doing.
fn state(status: &pb::GetDiscoveryStatusResponse) -> Markup {
    let (age, next) = (span_text(status.inventory_age.as_ref()), when(status.next_run.as_ref()));
    html! {
        @if !status.store_error.is_empty() {
            (notice(Mood::Bad, html! {
                strong { "The store does not take what was found" } p { (status.store_error) }
            }))
        }
        dl.facts {
            (pair("State", html! {
                @if status.running_since.is_some() {
                    (badge(Mood::Plain, "sweeping"))
                    @if status.running_regions > 0 {
                        " " (count(status.running_regions_done.into())) " of "
                        (count(status.running_regions.into())) " regions"
                    }
                } @else if status.is_ready { (badge(Mood::Good, "ready")) }
                @else {
                    (badge(Mood::Warn, "waits")) " for " (status.waiting_for.join(", "))
                }
            }))
            (pair("Schedule", html! { (mono(&status.cron)) " " (status.timezone) }))
            (pair("Next sweep", or_dash(&next)))
            (pair("Inventory", html! {
                @if status.revision == 0 { "none yet" } @else { (age) " old" }
            }))
            (pair("Found", html! {
                (count(status.vpcs)) " VPCs, " (count(status.instances)) " instances, "
                (count(status.interfaces)) " interfaces"
            }))
            (pair("Regions", html! {
                (count(status.regions.into()))
                @if status.regions_stale > 0 {
                    ", " (badge(Mood::Warn, &format!("{} stale", count(status.regions_stale.into()))))
                }
            }))
        }
    }
}
