//! Generated code, and the only place that builds gRPC servers and channels.

pub mod balancer;
mod budget;
mod causes;
pub mod channel;
pub mod codec;
pub mod dispatcher;
pub mod endpoints;
pub mod health;
mod limits;
pub mod link;
pub mod pb;
pub mod receiver;
mod seldom;
pub mod server;
pub mod status;
pub mod tls;
pub mod wire;

pub use causes::causes;
pub use limits::MAX_MESSAGE_OCTETS;
