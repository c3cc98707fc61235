//! Serves ferrokinesis on a port of 127.0.0.1.

use ferrokinesis::store::StoreOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: weir-test-kinesis PORT")?.parse()?;
    let options = StoreOptions {
        create_stream_ms: 1,
        delete_stream_ms: 1,
        update_stream_ms: 1,
        shard_limit: 1000,
        ..StoreOptions::default()
    };
    let (app, _store) = ferrokinesis::create_app(options);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
