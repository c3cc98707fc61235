//! What every server and channel is held to.

use std::time::Duration;

/// The most octets of a message, encoded: 4 MiB. A batch is cut at 1 MiB.
pub const MAX_MESSAGE_OCTETS: usize = 4 * 1024 * 1024;

/// How much a peer may send on one stream before it is read: 4 MiB. Measured: on loopback 16 KiB
/// frames and the defaults' windows do as well; a window divided by the round-trip time is what a
/// stream can carry.
pub(crate) const STREAM_WINDOW: u32 = 4 * 1024 * 1024;

/// How much a peer may send on all streams of a connection before it is read: 8 MiB.
pub(crate) const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// The most octets of an HTTP/2 frame: 64 KiB, a third faster than 16 KiB for the batches here.
pub(crate) const MAX_FRAME: u32 = 64 * 1024;

/// The most octets of the headers of a call.
pub(crate) const MAX_HEADERS: u32 = 16 * 1024;

/// How long a connection is silent before its peer is asked for a sign of life.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(30);

/// How long a peer may take to give that sign.
pub(crate) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Holds a generated server or client to [`MAX_MESSAGE_OCTETS`]: who receives a longer message
/// fails that call with OUT_OF_RANGE, and no other. Who sends is not held to it, for a message
/// that its sender refuses reaches nobody as a status: tonic resets the stream with INTERNAL.
///
/// ```
/// use weir_rpc::{limited, pb::enrich_service_client::EnrichServiceClient};
///
/// fn client(channel: tonic::transport::Channel) -> EnrichServiceClient<tonic::transport::Channel> {
///     limited!(EnrichServiceClient::new(channel))
/// }
/// ```
#[macro_export]
macro_rules! limited {
    ($generated:expr) => {
        $generated.max_decoding_message_size($crate::MAX_MESSAGE_OCTETS)
    };
}
