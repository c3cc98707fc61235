//! Which address leads where.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::pages::{
    accounts, explain, exporters, inputs, inventory, leases, overview, run, settings, sign_in,
};
use super::state::Console;
use crate::http::{add_headers, asset, require_session};
use crate::metrics::Refusal;
use crate::view::refused_page;

/// All screens. What is not on the list before `route_layer` is for who has signed in.
pub(super) fn routes(console: &Arc<Console>) -> Router {
    let gate = console.gate.clone();
    Router::new()
        .route("/", get(overview::show))
        .route("/live", get(overview::live))
        .route("/accounts", get(accounts::show))
        .route("/accounts/profile", post(accounts::add_profile))
        .route("/accounts/roles", post(accounts::add_roles))
        .route("/accounts/test", post(accounts::test))
        .route("/accounts/remove", post(accounts::remove))
        .route("/run", get(run::show).post(run::begin))
        .route("/run/live", get(run::live))
        .route("/exporters", get(exporters::show))
        .route("/exporters/set", post(exporters::set))
        .route("/exporters/clear", post(exporters::clear))
        .route("/inputs", get(inputs::show))
        .route("/inputs/enable", post(inputs::enable))
        .route("/inputs/disable", post(inputs::disable))
        .route("/inputs/rules/set", post(inputs::set_rule))
        .route("/inputs/rules/delete", post(inputs::delete_rule))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/settings/reset", post(settings::reset))
        .route("/inventory", get(inventory::show))
        .route("/explain", get(explain::show).post(explain::line))
        .route("/leases", get(leases::show))
        .route("/leases/release", post(leases::release))
        .route("/leases/position", post(leases::set_position))
        .route("/sign-out", post(sign_in::sign_out))
        .fallback(|| async { refused_page(StatusCode::NOT_FOUND, Refusal::Malformed) })
        .layer(from_fn_with_state(gate.clone(), require_session))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/assets/{name}", get(asset))
        .layer(from_fn_with_state(gate, add_headers))
        .with_state(Arc::clone(console))
}
