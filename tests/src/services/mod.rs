//! weir's services as processes of their own.

mod log;
mod memory;
mod metrics;
mod plan;
mod service;

pub use memory::MemoryWatch;
pub use metrics::Metrics;
pub use plan::{Pipeline, Plan, Protection};
pub use service::{Addresses, Service};
