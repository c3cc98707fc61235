//! Serves ferrokinesis on a port of 127.0.0.1; subscriptions last for so many milliseconds, by
//! default for 5 minutes.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use ferrokinesis::actions::subscribe_to_shard;
use ferrokinesis::store::{Store, StoreOptions};

/// The largest call of a subscription.
const MOST: usize = 64 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: weir-test-kinesis PORT [MILLISECONDS]";
    let port: u16 = arguments.next().ok_or(usage)?.parse()?;
    let session: Option<u64> = arguments.next().map(|text| text.parse()).transpose()?;
    let default = StoreOptions::default();
    let options = StoreOptions {
        subscribe_to_shard_session_ms: session.unwrap_or(default.subscribe_to_shard_session_ms),
        create_stream_ms: 1,
        delete_stream_ms: 1,
        update_stream_ms: 1,
        shard_limit: 1000,
        ..default
    };
    let (app, store) = ferrokinesis::create_app(options);
    let app = app.layer(from_fn_with_state(store, subscribe));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

/// Hands a subscription on as it came. What ferrokinesis 0.7 checks calls with drops the sequence
/// number and the time of their starting position, so that each would begin at the oldest record.
async fn subscribe(State(store): State<Store>, request: Request, next: Next) -> Response {
    let target = request.headers().get("x-amz-target");
    if target.is_none_or(|target| target != "Kinesis_20131202.SubscribeToShard") {
        return next.run(request).await;
    }
    let Ok(body) = to_bytes(request.into_body(), MOST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(call) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match subscribe_to_shard::execute_streaming(&store, call, "application/x-amz-json-1.1").await {
        Ok(events) => answer(StatusCode::OK, "application/vnd.amazon.eventstream", events),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code).unwrap_or(StatusCode::BAD_REQUEST);
            let body = serde_json::to_vec(&error.body).unwrap_or_default();
            answer(status, "application/x-amz-json-1.1", body.into())
        }
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    (status, [("content-type", content_type)], body).into_response()
}
