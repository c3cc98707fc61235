//! Collectors that keep every message.

mod arrivals;
mod tcp;
mod udp;

pub use arrivals::{Arrival, Arrivals};
pub use tcp::{TcpCollector, TcpMode};
pub use udp::UdpCollector;
